# Kata-kata bersama semua layar. Bahasa petugas Dukcapil; alat yang salah, bukan orangnya.

app-name = rekam
app-subtitle = Stasiun perekaman KTP-el

# Tombol dan isian umum
action-next = Lanjut
action-back = Kembali
action-save = Simpan
action-cancel = Batal
action-close = Tutup
action-retry = Ulangi
action-clear = Hapus
action-undo = Urungkan goresan terakhir
action-park = Tunda sesi
action-print = Cetak
action-choose = Pilih
action-increase = Tambah
action-decrease = Kurangi
action-confirm = Ya, lanjutkan
yes = Ya
no = Tidak
field-reason = Alasan
field-reason-hint = Tulis alasan singkat
field-no-kk = Nomor KK
field-name = Nama lengkap
field-secret = Kata sandi
field-occupation = Pekerjaan
field-filter = Ketik untuk mencari
field-digits = { $count } dari { $total } angka
field-none-found = Tidak ada yang cocok. Periksa ejaannya.
field-found = { $count } pilihan
field-temperature = Suhu tubuh
field-required = Wajib diisi
key-enter = Enter
key-escape = Esc
key-tab = Tab
key-space = Spasi
hint-next-field = isian berikutnya
hint-choose = pilih
hint-go-on = lanjut
hint-cancel = batal

# Bahasa
language-id = Bahasa Indonesia
language-en = Inggris

# Bulan
month-1 = Januari
month-2 = Februari
month-3 = Maret
month-4 = April
month-5 = Mei
month-6 = Juni
month-7 = Juli
month-8 = Agustus
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Desember

# Nada pemberitahuan
tone-info = Keterangan
tone-good = Berhasil
tone-warning = Perhatian
tone-error = Gangguan
error-code = Kode: { $code }

# Bagian-bagian gambar
picture-hands = Sepuluh jari pemohon
picture-eyes = Kedua mata pemohon
picture-item = { $name }: { $state }
quality-score = Mutu { $score } dari 100
quality-unknown = Mutu tidak terukur
quality-good = baik
quality-fair = cukup
quality-poor = kurang
signature-pad = Bidang tanda tangan
signature-here = Tanda tangan di sini
countdown-left = Sisa { $time }
countdown-over = Waktu tunggu selesai

# Langkah
step-health = Pemeriksaan kesehatan
step-identity = Identitas
step-urgency = Keperluan mendesak
step-approval = Persetujuan
step-biodata = Biodata
step-photo = Foto wajah
step-signature = Tanda tangan
step-fingers = Sidik jari
step-irises = Iris mata
step-verification = Verifikasi jari
step-statement = Pernyataan
step-seal = Simpan perekaman
step-proof = Bukti perekaman

# Keadaan langkah
state-empty = belum dimulai
state-busy = sedang berjalan
state-retry = perlu diulang
state-done = selesai
state-excepted = dikecualikan
state-failed = terganggu

# Lingkungan
environment-training = Latihan
environment-production = Perekaman sesungguhnya

# Peran
role-operator = Operator
role-supporting = Petugas pendukung
role-supervisor = Penyelia
role-auditor = Pemeriksa

# Keadaan rekaman, dengan apa yang harus dilakukan
record-BIO_CAPTURED = Tersimpan di stasiun, belum dikirim
record-BIO_CAPTURED-do = Tidak perlu apa-apa. Rekaman dikirim sendiri begitu ada jaringan; jangan dihapus, dan buat cadangan setiap hari.
record-PROCESSING = Sedang dikirim
record-PROCESSING-do = Biarkan stasiun menyala dan tersambung sampai pengiriman selesai.
record-SENT_FOR_ENROLLMENT = Terkirim, tanda terima sudah ada
record-SENT_FOR_ENROLLMENT-do = Tunggu jawaban pusat. Bila lebih dari 14 hari tidak berubah, laporkan ke admin kabupaten/kota.
record-RECEIVED_AT_CENTRAL = Diterima di pusat
record-RECEIVED_AT_CENTRAL-do = Tidak perlu apa-apa. Pusat memeriksa ketunggalan data.
record-ENROLL_FAILURE_AT_CENTRAL = Ditolak pusat: biometrik kurang atau tidak terbaca
record-ENROLL_FAILURE_AT_CENTRAL-do = Kirim ulang rekaman dari stasiun. Bila gagal lagi, undang pemohon untuk perekaman ulang.
record-ENROLL_FAILURE_AT_REGIONAL = Ditolak di wilayah: biometrik kurang atau tidak terbaca
record-ENROLL_FAILURE_AT_REGIONAL-do = Kirim ulang rekaman dari stasiun. Bila gagal lagi, laporkan ke admin provinsi.
record-SEARCH_FAILURE_AT_CENTRAL = Pencarian di pusat gagal
record-SEARCH_FAILURE_AT_CENTRAL-do = Tunggu. Pusat mengulang pencarian; pemohon tidak perlu datang lagi.
record-SENT_FOR_DEDUP = Menunggu pemeriksaan ketunggalan
record-SENT_FOR_DEDUP-do = Tunggu hasil pencarian satu banding banyak dari pusat.
record-ADJUDICATE_RECORD = Sidik jari mirip orang lain, diputus oleh pemeriksa pusat
record-ADJUDICATE_RECORD-do = Tunggu keputusan. Bila diminta hapus, ajukan penghapusan NIK lalu rekam ulang.
record-REQUEST_VALIDATION = Dikembalikan: data dan gambar tidak sesuai
record-REQUEST_VALIDATION-do = Cocokkan jenis kelamin dan foto dengan KK, ajukan penghapusan, lalu rekam ulang.
record-DUPLICATE_RECORD = Ganda: biometrik sudah ada pada NIK lain
record-DUPLICATE_RECORD-do = Minta pemohon memilih satu NIK, lalu ajukan penghapusan NIK yang lain.
record-PRINT_READY_RECORD = Tunggal, siap cetak
record-PRINT_READY_RECORD-do = Cetak kartu bila pemohon sudah 17 tahun dan blangko tersedia.
record-SENT_FOR_CARD_PRINTING = Antre cetak
record-SENT_FOR_CARD_PRINTING-do = Tunggu sampai kartu dicetak.
record-CARD_PRINTED = Kartu sudah dicetak
record-CARD_PRINTED-do = Beri tahu pemohon untuk mengambil kartu, dengan pencocokan jari.
record-CARD_ISSUED = Kartu sudah diserahkan
record-CARD_ISSUED-do = Selesai. Tidak ada yang perlu dilakukan.

# Akhir sesi
outcome-sealed = Tersimpan
outcome-parked = Ditunda
outcome-refused = Tidak dapat dilayani hari ini
outcome-redirected = Dialihkan ke layanan lain
outcome-abandoned = Dibatalkan oleh petugas
outcome-open = Masih berjalan

# Pengecualian
exception-missing = Tidak ada
exception-bandaged = Dibalut atau luka
exception-deformed = Bentuknya tidak memungkinkan
exception-unreadable = Ada, tetapi tidak terbaca oleh alat
exception-cannot_cooperate = Pemohon tidak dapat diarahkan
exception-no_device = Stasiun tidak mempunyai alat yang berfungsi
term-permanent = Menetap
term-permanent-do = Dicatat sebagai pengecualian seumur hidup.
term-temporary = Sementara
term-temporary-do = Minta pemohon datang lagi setelah pulih, kecuali penyelia menyetujui.

# Syarat sebelum disimpan
requirement-supervisor_approval = Persetujuan penyelia
requirement-second_person = Konfirmasi petugas kedua
requirement-evidence = Dokumen pendukung diperiksa
requirement-evidence_photo = Foto dokumen atau keadaan

# Jari, tangan, mata
digit-thumb = Ibu jari
digit-index = Telunjuk
digit-middle = Tengah
digit-ring = Manis
digit-little = Kelingking
finger-right_thumb = Ibu jari kanan
finger-right_index = Telunjuk kanan
finger-right_middle = Jari tengah kanan
finger-right_ring = Jari manis kanan
finger-right_little = Kelingking kanan
finger-left_thumb = Ibu jari kiri
finger-left_index = Telunjuk kiri
finger-left_middle = Jari tengah kiri
finger-left_ring = Jari manis kiri
finger-left_little = Kelingking kiri
slap-right_four = Empat jari kanan
slap-left_four = Empat jari kiri
slap-thumbs = Kedua ibu jari
hand-right = Kanan
hand-left = Kiri
eye-right = Mata kanan
eye-left = Mata kiri

# Alat
device-camera = Kamera
device-fingerprint = Pemindai sidik jari
device-iris = Pemindai iris
device-card = Pembaca kartu
device-signature-pad = Papan tanda tangan
device-thermometer = Termometer
device-printer = Pencetak
device-present = siap
device-absent = tidak terhubung

# Gangguan alat: alat yang disebut, tidak pernah orangnya
fault-of-device = { $device }: { $what }
fault-not-found = alat tidak ditemukan
fault-not-found-do = Sambungkan kabel USB dan nyalakan alat. Sesi ini tidak hilang.
fault-busy = alat sedang dipakai program lain
fault-busy-do = Tutup program lain yang memakai alat ini, lalu tekan Ulangi.
fault-unplugged = kabel alat terlepas
fault-unplugged-do = Pasang kembali kabelnya. Langkah ini dilanjutkan dari tempat terakhir.
fault-hung = alat tidak menjawab
fault-hung-do = Cabut dan pasang kembali alat, lalu tekan Ulangi. Pemohon tidak perlu berbuat apa-apa.
fault-crashed = program alat berhenti
fault-crashed-do = Tekan Ulangi untuk menjalankannya kembali. Bila terulang, ganti alat.
fault-protocol = jawaban alat tidak sesuai
fault-protocol-do = Tekan Ulangi. Bila terulang, catat kodenya dan laporkan ke admin.
fault-bad-data = data dari alat tidak terbaca
fault-bad-data-do = Tekan Ulangi. Bila terulang, bersihkan atau ganti alat.
fault-unsupported = alat tidak dapat melakukan tugas ini
fault-unsupported-do = Pilih alat lain untuk langkah ini.
fault-training-only = alat ini hanya untuk latihan
fault-training-only-do = Sambungkan alat yang sesungguhnya. Alat latihan ditolak pada perekaman sesungguhnya.
fault-reported = alat melaporkan gangguan
fault-reported-do = Tekan Ulangi. Bila terulang, mulai ulang alat, catat kodenya dan laporkan ke admin.
fault-service-missing = layanan alat tidak berjalan
fault-service-missing-do = Tunggu sebentar: layanan dicoba lagi dengan sendirinya. Bila tetap begini, minta admin menjalankan layanannya.
fault-untrusted = alat tidak dapat dipastikan keasliannya
fault-untrusted-do = Jangan pakai alat ini. Ganti alat, catat kodenya dan laporkan ke admin.
fault-not-permitted = stasiun tidak diberi izin membuka alat
fault-not-permitted-do = Minta admin memberi izin (lihat rekam doctor), lalu tekan Ulangi.
fault-clock-wrong = jam alat dan jam stasiun berbeda
fault-clock-wrong-do = Betulkan jam stasiun atau alat, lalu tekan Ulangi.
fault-cannot-print = dokumen belum tercetak
fault-cannot-print-do = Periksa kertas, tinta dan kabel pencetak. Dokumen disimpan dan dapat dicetak nanti.
fault-in-clear = dokumen akan dikirim ke komputer lain tanpa enkripsi
fault-in-clear-do = Minta admin membuat antrean di komputer ini yang meneruskan lewat ipps dan menghapus `server` dari konfigurasi. Dokumen disimpan dan dapat dicetak nanti.
permit-camera = Masukkan pengguna ini ke grup video (usermod -aG video NAMA), lalu masuk kembali.
permit-thermometer = Masukkan pengguna ini ke grup dialout (usermod -aG dialout NAMA), lalu masuk kembali.
permit-fingerprint = Beri pengguna ini izin atas pemindai dengan aturan udev (docs/devices/libfprint.md), lalu pasang ulang alat.
permit-card = Izinkan pengguna ini memakai layanan pcscd (aturan polkit, docs/devices/card.md).
permit-printer = Izinkan pengguna ini mencetak pada pengaturan CUPS (cupsd.conf).

# Mutu tangkapan
reason-too-dry = Jari kering
reason-too-dry-do = Usap ujung jari ke kain lembap atau ke dahi, lalu tekan lagi pada kaca.
reason-too-wet = Jari basah atau tekanan terlalu kuat
reason-too-wet-do = Keringkan jari dengan tisu, lalu letakkan pelan tanpa menekan.
reason-too-little-area = Kurang tekan
reason-too-little-area-do = Letakkan ruas jari sampai rata pada kaca, jangan hanya ujungnya.
reason-off-centre = Tidak di tengah
reason-off-centre-do = Geser ke tengah bidang, ikuti tanda pada alat.
reason-smudged = Jari bergeser
reason-smudged-do = Tahan jari tetap diam sampai bunyi selesai.
reason-ghost-print = Ada bekas sidik jari orang sebelumnya
reason-ghost-print-do = Bersihkan dan keringkan kaca, lalu letakkan jari lagi.
reason-platen-wet = Kaca basah
reason-platen-wet-do = Keringkan kaca dengan kain bersih, lalu periksa lagi.
reason-platen-dirty = Kaca kotor
reason-platen-dirty-do = Bersihkan kaca dengan cairan yang dianjurkan, keringkan, lalu periksa lagi.
reason-blank = Tidak ada yang tertangkap
reason-blank-do = Pastikan jari menyentuh kaca dan kaca bersih.
reason-few-minutiae = Garis jari terlalu sedikit untuk dibandingkan
reason-few-minutiae-do = Tekan lebih rata dan ulangi. Bila tetap kurang, catat sebagai pengecualian.
reason-too-dark = Gambar terlalu gelap
reason-too-dark-do = Tambah cahaya dari depan pemohon.
reason-too-bright = Gambar terlalu terang
reason-too-bright-do = Kurangi lampu atau jauhkan dari jendela.
reason-low-contrast = Gambar pudar
reason-low-contrast-do = Bersihkan kaca alat, lalu ulangi.
reason-blurred = Gambar tidak tajam
reason-blurred-do = Bersihkan lensa dan minta pemohon diam sejenak.
reason-too-small = Gambar terlalu kecil
reason-too-small-do = Dekatkan pemohon ke alat atau pilih resolusi yang lebih besar.
reason-wrong-resolution = Resolusi alat bukan 500 ppi
reason-wrong-resolution-do = Atur alat ke 500 ppi atau pakai pemindai lain.
reason-no-face = Wajah tidak ditemukan
reason-no-face-do = Minta pemohon menghadap kamera dengan wajah terbuka.
reason-several-faces = Lebih dari satu wajah
reason-several-faces-do = Pastikan hanya pemohon yang ada di depan kamera.
reason-face-too-far = Wajah terlalu jauh
reason-face-too-far-do = Minta pemohon maju sedikit.
reason-face-too-near = Wajah terlalu dekat
reason-face-too-near-do = Minta pemohon mundur sedikit.
reason-background-uneven = Latar belakang tidak rata
reason-background-uneven-do = Rapikan kain latar atau hilangkan bayangan di belakang pemohon.
reason-background-colour = Warna latar belum sesuai
reason-background-colour-do = Ganti kain latar: merah untuk tahun lahir ganjil, biru untuk genap.
reason-head-cut-off = Kepala terpotong
reason-head-cut-off-do = Atur kamera sampai seluruh kepala terlihat.
reason-head-turned = Wajah menoleh
reason-head-turned-do = Minta pemohon melihat lurus ke kamera.
reason-head-tilted = Kepala miring
reason-head-tilted-do = Minta pemohon menegakkan kepala.
reason-chin-up = Dagu terlalu tinggi
reason-chin-up-do = Minta pemohon menurunkan dagu sedikit.
reason-chin-down = Dagu terlalu rendah
reason-chin-down-do = Minta pemohon mengangkat dagu sedikit.
reason-eyes-closed = Mata tertutup
reason-eyes-closed-do = Minta pemohon membuka mata dan melihat lurus.
reason-mouth-open = Mulut terbuka
reason-mouth-open-do = Minta pemohon menutup mulut dengan wajar.
reason-shadow-on-face = Ada bayangan di wajah
reason-shadow-on-face-do = Ratakan cahaya dari kiri dan kanan.
reason-unnatural-colour = Warna wajah tidak wajar
reason-unnatural-colour-do = Pakai cahaya putih dan jauhkan pantulan berwarna.
reason-face-moving = Wajah bergerak
reason-face-moving-do = Minta pemohon diam sejenak.
reason-mask-suspected = mungkin masih memakai masker
reason-mask-suspected-do = Bila ya, minta pemohon melepasnya sebentar lalu ambil ulang.
reason-glare-suspected = mungkin ada pantulan di kacamata
reason-glare-suspected-do = Bila ya, miringkan kacamata sedikit atau lepaskan, lalu ambil ulang.
reason-no-iris = Iris tidak ditemukan
reason-no-iris-do = Minta pemohon membuka mata dan melepas kacamata atau lensa kontak.
reason-lids-cover = Kelopak menutupi iris
reason-lids-cover-do = Minta pemohon membuka mata lebih lebar dan melihat lurus ke alat.
reason-empty-signature = Belum ada tanda tangan
reason-empty-signature-do = Minta pemohon menandatangani di dalam kotak.
reason-accidental-marks = Hanya titik atau coretan tidak sengaja
reason-accidental-marks-do = Hapus, lalu minta pemohon menandatangani lagi.

# Ulangi: dapat diperbaiki bersama pemohon
retry-nothing-presented = Belum ada yang diletakkan pada alat
retry-nothing-presented-do = Tunjukkan letaknya kepada pemohon, lalu ulangi.
retry-too-few-fingers = Jumlah jari kurang
retry-too-few-fingers-do = Letakkan semua jari yang diminta bersamaan. Jari yang tidak ada dicatat sebagai pengecualian.
retry-too-many-fingers = Jumlah jari lebih
retry-too-many-fingers-do = Letakkan hanya jari yang diminta.
retry-wrong-finger = Jari atau tangan tertukar
retry-wrong-finger-do = Lihat gambar tangan, lalu letakkan jari yang berwarna.
retry-too-dry = Jari kering
retry-too-dry-do = Lembapkan ujung jari sedikit, lalu tekan lagi.
retry-too-wet = Jari basah atau tekanan terlalu kuat
retry-too-wet-do = Keringkan jari dengan tisu, lalu letakkan pelan.
retry-off-centre = Tidak di tengah
retry-off-centre-do = Geser ke tengah bidang alat.
retry-moved = Bergerak saat ditangkap
retry-moved-do = Tahan diam sampai bunyi selesai.
retry-too-short = Diangkat terlalu cepat
retry-too-short-do = Biarkan jari pada kaca sampai bunyi selesai.
retry-lift-finger = Gambar jari belum jelas
retry-lift-finger-do = Angkat jari, tunggu sebentar, lalu letakkan lagi dan angkat setelah terbaca.
retry-eyes-closed = Mata tertutup
retry-eyes-closed-do = Minta pemohon membuka mata dan melihat lurus.
retry-no-face = Wajah tidak terlihat
retry-no-face-do = Minta pemohon menghadap kamera.
retry-empty-signature = Belum ada tanda tangan
retry-empty-signature-do = Minta pemohon menandatangani di dalam kotak.
retry-card-removed = Kartu diangkat terlalu cepat
retry-card-removed-do = Letakkan kartu dan biarkan sampai selesai dibaca.
retry-not-ktp = Kartu ini bukan KTP-el
retry-not-ktp-do = Letakkan KTP-el saja; jauhkan kartu lain dan dompet.
retry-several-cards = Ada lebih dari satu kartu
retry-several-cards-do = Letakkan satu kartu saja pada pembaca.
