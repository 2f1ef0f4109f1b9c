# Kata-kata layar sesi, halaman awal, dan pertanyaan. Bahasa petugas Dukcapil.

# Bilah atas
training-banner = LATIHAN – bukan perekaman sesungguhnya
station-name = Stasiun { $id }
sign-out = Keluar

# Masuk
sign-in-title = Masuk sebagai petugas
sign-in-station = Stasiun perekaman { $station }
sign-in-who = Siapa yang bertugas?
sign-in = Masuk
sign-in-checking = Memeriksa kata sandi …
sign-in-nobody = Belum ada petugas terdaftar di stasiun ini.
sign-in-nobody-do = Minta penyelia mendaftarkan petugas dengan perintah “rekam officer add”.

# Halaman awal
new-applicant = Pemohon baru
new-applicant-hint = Dimulai dengan pemeriksaan kesehatan. Sesi yang sedang berjalan ditunda, tidak hilang.
limits-title = Aturan hari ini
limits-policy = Kebijakan yang berlaku
limits-temperature = Batas suhu tubuh
limits-at-most = paling tinggi { $value }
limits-quota = Kuota harian
limits-quota-value = { $count } orang
limits-no-quota = tanpa kuota
waiting-title = Sesi yang menunggu ({ $count })
waiting-at = { $step } · { $time } · { $why }
waiting-parked = ditunda petugas
waiting-interrupted = terputus
waiting-not-before = Pengukuran kedua mulai pukul { $time }
take-up = Lanjutkan { $name }
discard = Buang { $name }
applicant-unknown = Pemohon tanpa nama
queue-title = Antrean kirim ({ $count })
queue-empty = Belum ada rekaman di stasiun ini.
queue-name-expired = Nama sudah dihapus dari stasiun
page-newer = Lebih baru
page-older = Lebih lama
page-of = Halaman { $page } dari { $pages }

# Bingkai sesi
abandon = Batalkan
please-wait = Mohon tunggu …
judge-and-go-on = Periksa dan lanjut
look-up = Cari data
seal-now = Simpan perekaman
blocked-by = Belum: { $list }
blocked-by-more = Belum: { $list }; dan { $count } lainnya
unkept = Langkah terakhir belum tersimpan di diska.
unkept-do = Kosongkan ruang diska atau periksa izinnya. Sesi tetap berjalan dan penyimpanan dicoba lagi sendiri.
unkept-retry = Simpan lagi sekarang
applicant = Pemohon
applicant-photo = Foto pemohon
requirements-title = Syarat yang belum terpenuhi
requirement-denied = Ditolak penyelia
devices-title = Alat
device-working = sedang bekerja
device-opening = sedang dibuka
restart-device = Mulai ulang { $device }

# Tangkapan
capture-cancel = Hentikan
capture-cancelling = Sedang dihentikan …
capture-running = { $what }: sedang berjalan
capture-temperature-applicant = Ukur suhu pemohon
capture-temperature-officer = Ukur suhu petugas
capture-face = Ambil foto
capture-signature = Mulai di papan tanda tangan
capture-slap = Rekam { $name }
capture-finger = Rekam { $name }
capture-irises = Rekam kedua iris
capture-verify = Verifikasi { $name }
capture-reverify = Cocokkan { $name }
capture-exception-photo = Foto keadaan pengecualian
capture-evidence-photo = Foto dokumen pendukung
during-temperature = Arahkan termometer ke dahi dari jarak yang tertulis pada alat.
during-face = Pemohon melihat lurus ke kamera, wajah terbuka, mulut tertutup.
during-signature = Pemohon menandatangani pada papan, lalu menekan selesai.
during-slap = Pemohon meletakkan jari-jari rata pada kaca dan menahan diam.
during-finger = Pemohon meletakkan jari yang diminta pada kaca dan menahan diam.
during-irises = Pemohon melihat ke alat dengan mata terbuka lebar.
during-document = Letakkan dokumen atau tunjukkan keadaannya di depan kamera.
retry-of = { $name }: { $what }
retry-found = { $what } (cocok dengan { $name })
retry-wrong-hand = Tangan tertukar
retry-wrong-hand-do = Jari-jari ini sudah direkam untuk tangan yang lain. Lihat gambar tangan, lalu ulangi dengan tangan yang benar.
retry-duplicate-finger = Jari ini sudah direkam
retry-duplicate-finger-do = Letakkan jari yang diminta, bukan jari yang sama dua kali.
retry-no-match = Jari tidak cocok dengan rekaman
retry-no-match-do = Pastikan orangnya sama dan jarinya benar, bersihkan kaca, lalu ulangi.
retry-replay = Gambar yang sama persis sudah pernah diterima
retry-replay-do = Tangkap ulang dari orangnya langsung. Bila terulang, laporkan alatnya.
retry-low-quality = Mutu belum cukup
retry-low-quality-do = Ulangi dengan tenang. Setelah tiga kali, hasil terbaik dapat diterima dengan alasan.
accept-best = Terima yang terbaik
accept-best-title = Terima hasil terbaik?
accept-best-body = Mutu masih di bawah batas. Alasan dicatat dalam rekaman.
accept-best-yes = Terima
come-back = Datang lagi setelah pulih
quality-enough = cukup baik

# Gangguan alat
fault-title = { $device } terganggu
fault-nothing-lost = Ini gangguan alat, bukan kesalahan pemohon. Yang sudah direkam tidak hilang.
fault-without-thermometer = Ketik suhu sendiri
fault-without-thermometer-do = Suhu dari termometer genggam boleh diketik.
fault-without-pad = Tanda tangan di layar
fault-without-pad-do = Pemohon menandatangani dengan pena atau tetikus pada kotak di layar.
fault-without-reader = Lanjut dengan pengecualian
fault-without-reader-do = Pengecualian “tidak ada alat” perlu foto keadaan dan persetujuan penyelia.
fault-without-other = Kembali ke langkah ini
fault-without-other-do = Ganti atau perbaiki alat, lalu ulangi; sesi dapat ditunda sementara itu.
reverify-title = Pastikan orangnya sama
reverify-why = Sesi ini dilanjutkan setelah ditunda. Cocokkan { $finger } pemohon dengan rekamannya.
reverify-failed = Percobaan yang tidak cocok: { $count }. Setelah empat kali, petugas kedua dapat memastikan.

# Akhir sesi
next-applicant = Pemohon berikutnya
serve-another = Layani pemohon lain
take-up-now = Ukur lagi sekarang
parked-title = Sesi ditunda
parked-why = Semua langkah yang selesai tersimpan di stasiun ini. Lanjutkan dari halaman awal kapan saja.
second-reading-title = Menunggu pengukuran suhu kedua
second-reading-from = Pengukuran kedua mulai pukul { $time }
second-reading-what = Persilakan pemohon beristirahat di tempat teduh. Sementara itu, layani pemohon lain; sesi ini menunggu di halaman awal.
way-on = Yang dapat dilakukan pemohon
way-on-ask = Tanyakan pada petugas informasi kantor ini.
come-back-from = Datang kembali mulai
abandoned-what = Sesi ini dibatalkan petugas. Rancangannya dihapus; pemohon dapat dilayani dari awal.
rule-nik-in-queue = NIK ini sudah direkam dan menunggu di antrean stasiun ini.
rule-nik-in-queue-do = Jangan merekam dua kali. Berikan kode rekaman dari antrean, atau arahkan ke loket pembetulan data.
rule-temporary-exception = Ada keadaan sementara yang menghalangi perekaman.
rule-temporary-exception-do = Minta pemohon datang lagi setelah pulih.
rule-supervisor-denied = Penyelia tidak menyetujui permohonan ini.
rule-supervisor-denied-do = Jelaskan alasannya dan saluran layanan lain.
rule-abandoned = Sesi dibatalkan oleh petugas.
rule-abandoned-do = Alasannya tercatat dalam jejak audit.
document-proof = Bukti perekaman
document-slip = Lembar pemberitahuan
document-saved = Tersimpan sebagai { $name } ({ $size } KiB). Cetak dan serahkan kepada pemohon, gratis.
document-printed = Sudah dikirim ke pencetak. Serahkan kepada pemohon, gratis.
proof-again = Buat bukti lagi
proof-making = Bukti perekaman sedang dibuat …
proof-failed = Bukti perekaman gagal dibuat; rekamannya sendiri sudah aman.
proof-failed-do = Periksa pencetak, lalu buat lagi.
record-code = Kode rekaman
what-next = Yang terjadi selanjutnya
disinfect-title = Sebelum pemohon berikutnya, bersihkan

# Pertanyaan
abandon-title = Batalkan sesi ini?
abandon-body = Semua yang sudah direkam dalam sesi ini dihapus. Untuk melanjutkan lain waktu, pilih Tunda sesi.
abandon-yes = Batalkan sesi
discard-draft-title = Buang sesi yang terputus?
discard-draft-body = Semua yang sudah direkam dalam sesi itu dihapus dan tidak dapat dikembalikan.
discard-draft-yes = Buang
decide = Minta keputusan
decide-here = Putuskan di stasiun ini
decide-now = Putuskan: { $what }
decide-for = Putuskan sekarang: { $what }
decide-title = Keputusan petugas lain
decide-rule = Yang memutuskan bukan petugas yang melayani dan bukan pemohon, dengan kata sandinya sendiri.
decide-nobody = Tidak ada petugas lain yang berwenang di stasiun ini.
decide-nobody-do = Tunda sesi ini sampai penyelia hadir.
decide-secret = Kata sandi yang memutuskan
decide-note = Catatan keputusan
decide-note-hint = Boleh kosong
decide-approve = Setujui
decide-deny = Tolak
exception-title = Tidak dapat direkam?
exception-why = Alasan
exception-term = Berlaku
exception-declare = Catat pengecualian
exception-follows = Pengecualian perlu foto keadaan dan persetujuan petugas lain sebelum disimpan.
exception-declared = Pengecualian: { $reason } ({ $term })
exception-declared-do = Bila ternyata dapat direkam, cabut pengecualian ini.
exception-withdraw = Cabut pengecualian
exception-photo-name = Foto pengecualian { $number }
cannot-sign = Tidak dapat menandatangani
cannot-sign-what = Tanda tangan diganti keterangan alasan dan konfirmasi petugas kedua.
cannot-sign-missing = Tidak mempunyai tangan atau jari untuk menulis
cannot-sign-bandaged = Tangan dibalut atau luka
cannot-sign-deformed = Bentuk tangan tidak memungkinkan
cannot-sign-unreadable = Tanda tangan tidak terbaca oleh alat
cannot-sign-cannot_cooperate = Pemohon tidak dapat diarahkan
cannot-sign-no_device = Tidak ada papan tanda tangan yang berfungsi
cannot-sign-declared = Dicatat sebagai pengecualian; petugas kedua mengonfirmasi sebelum disimpan.
can-sign = Ternyata dapat menandatangani

# Yang belum ada
blocker-evidence = bukti { $name }
blocker-warning = alasan untuk “{ $name }”
blocker-approval = persetujuan: { $name }
blocker-field = periksa { $name }
blocker-verify = verifikasi { $name }
blocker-step = langkah { $name }
blocker-fingers = { $count } jari belum direkam
blocker-temperature-officer = suhu petugas
blocker-temperature-applicant = suhu pemohon
blocker-symptoms-officer = jawaban gejala petugas
blocker-symptoms-applicant = jawaban gejala pemohon
blocker-second-reading-officer = pengukuran kedua petugas
blocker-second-reading-applicant = pengukuran kedua pemohon
blocker-second-reading-wait-officer = waktu tunggu pengukuran kedua petugas
blocker-second-reading-wait-applicant = waktu tunggu pengukuran kedua pemohon
blocker-recorded-before = jawaban “pernah direkam?”
blocker-urgency-class = jenis keperluan
blocker-correction-document = dokumen dasar pembetulan
blocker-read-aloud = membacakan biodata
blocker-applicant-confirms = pernyataan benar dari pemohon
blocker-photo = foto
blocker-photo-quality = foto yang cukup baik
blocker-photo-background = alasan latar belakang, atau latar dari perangkat lunak
blocker-photo-approval = persetujuan pemohon atas foto
blocker-signature = tanda tangan
blocker-hands-swapped = tangan yang tertukar direkam ulang
blocker-exception-photo = foto keadaan pengecualian
blocker-statement-confirmed = pemohon membaca pernyataan
blocker-statement-signature = tanda tangan pernyataan
blocker-identical-sample = tangkapan ulang jari yang sebenarnya
blocker-other = isian lain pada langkah ini
requirement-reason-biodata-correction = pembetulan biodata
requirement-reason-cannot-sign = pemohon tidak dapat menandatangani
requirement-reason-verification = jari tanpa verifikasi
requirement-reason-reverify = memastikan orang yang sama
requirement-reason-quota-jump = dilayani di luar kuota
requirement-reason-outside-domicile = domisili di luar wilayah
requirement-reason-exception = { $name } tidak direkam
requirement-reason-other = keperluan lain

# Kesehatan
venue = Tempat layanan
person-applicant = Pemohon
person-officer = Petugas
temperature-applicant = Suhu pemohon
temperature-officer = Suhu petugas
temperature-note-applicant = Catat suhu pemohon
temperature-note-officer = Catat suhu petugas
temperature-at = diukur pukul { $time }
temperature-above = Di atas batas { $limit }
symptoms-no-applicant = Pemohon tanpa gejala
symptoms-yes-applicant = Pemohon ada gejala
symptoms-no-officer = Petugas tanpa gejala
symptoms-yes-officer = Petugas ada gejala
door-ticket = Nomor tiket petugas pintu
door-ticket-hint = Bila suhu sudah diukur di pintu
treating-doctor-when = Pasien demam tetap dilayani bila dokter yang merawat disebut dan alat pelindung diri dipakai.
health-passed = Pemeriksaan kesehatan selesai.
health-passed-do = Lanjutkan ke langkah berikutnya.

# Identitas
identity-first = Ketik NIK dan Nomor KK
identity-first-do = Keduanya ada pada Kartu Keluarga. Setelah lengkap, cari data pemohon.
identity-bound = NIK dan Nomor KK tidak dapat diubah lagi
identity-bound-do = Biometrik pemohon sudah direkam dalam sesi ini. Bila orangnya lain, mulai sesi baru.
look-up-running = Mencari dalam antrean dan daftar pemohon …
look-up-failed = Pencarian tidak menjawab
look-up-failed-do = Tekan Cari data sekali lagi.
look-up-found = Ada dalam daftar pemohon
look-up-found-do = Cocokkan nama dengan KK yang dibawa pemohon.
look-up-not-found = Tidak ada dalam daftar pemohon
look-up-not-found-do = Ketik data berikut sesuai KK.
recorded-before = Pernah direkam KTP-el?
recorded-before-no = Belum pernah
recorded-before-yes = Pernah direkam
birth-date-digits = Tanggal lahir (hari, bulan, tahun)
date-impossible = Tanggal ini tidak pernah ada.
warning-answer = Alasan petugas: { $what }

# Keperluan
urgency-class = Untuk keperluan apa?
urgency-none = Tidak mendesak
urgency-none-what = Pemohon diarahkan ke saluran layanan lain dan mendapat lembar pemberitahuan.
urgency-needs-supervisor = Keperluan ini memerlukan persetujuan penyelia.
urgency-passed = Keperluan mendesak sudah diperiksa.
urgency-passed-do = Lanjutkan ke langkah berikutnya.
evidence-title = Bukti yang harus dilihat
evidence-choose-first = Pilih jenis keperluan lebih dulu.
evidence-seen = Aslinya sudah saya lihat
evidence-photo-hint = Bila perlu, paling banyak lima foto.
evidence-photo-name = Foto dokumen { $number }
quota-jump = Minta layanan di luar kuota hari ini
quota-jump-do = Kuota hari ini sudah habis; penyelia memutuskan.

# Persetujuan
approval-none = Tidak ada persetujuan yang diperlukan
approval-none-do = Lanjutkan ke langkah berikutnya.
approval-given = Sudah disetujui.
approval-waits = Menunggu keputusan. Panggil penyelia, atau tunda sesi ini dan layani pemohon lain.
approval-being-asked = Permintaan sedang disiapkan …

# Biodata
biodata-person = Diri
biodata-address = Alamat
biodata-status = Keterangan lain
biodata-locked = Biodata sudah ditandatangani
biodata-locked-do = Untuk mengubahnya, batalkan dulu pernyataan pada langkah Pernyataan.
corrections-title = Pembetulan
corrections-what = Berbeda dari daftar pemohon: perlu dokumen dan konfirmasi petugas kedua.
correction-empty = (kosong)
correction-document = Dokumen dasar pembetulan
correction-document-hint = misalnya akta kelahiran dan nomornya
read-aloud-open = Tampilkan untuk dibacakan
read-aloud-title = Bacakan kepada pemohon
read-aloud-how = Bacakan perlahan, satu per satu, dan minta pemohon membetulkan bila keliru.
read-aloud-done = Sudah dibacakan
read-aloud = Biodata sudah dibacakan
read-aloud-do = Setiap isian, bukan hanya nama
biodata-confirmed = Pemohon menyatakan biodata benar
biodata-confirmed-do = Setelah dibacakan atau dibaca sendiri

# Foto
photo-live = Gambar langsung dari kamera
photo-guide = Wajah di dalam garis, melihat lurus, masker dilepas hanya sekarang.
photo-captured = Foto yang diambil
photo-none = Belum ada foto.
photo-again = Ambil ulang foto
photo-taken = Foto sudah diambil
photo-approved = Pemohon setuju dengan foto ini.
approve-photo = Pemohon setuju
photo-chosen = Terbaik dari { $count } gambar
background-red = Latar merah: tahun lahir ganjil
background-blue = Latar biru: tahun lahir genap
background-free = Di tempat ini latar belakang tidak diwajibkan.
background-right = Latar belakang sesuai aturan
background-wrong = Latar belakang tidak sesuai aturan
background-excepted = Latar belakang tidak sesuai, alasannya dicatat
background-unknown = Latar belakang tidak dapat diukur
background-unknown-do = Periksa dengan mata: harus { $rule }.
background-replaced = Latar diganti oleh perangkat lunak
background-replaced-do = Foto asli tetap disimpan.
background-measured = Terukur
background-rule = Aturan
background-swatch = { $name }: { $colour }
background-software = Pakai latar dari perangkat lunak
background-camera = Kembali ke latar asli
background-reason = Alasan latar belakang berbeda
background-reason-hint = atau alasan lain
background-reason-missing-cloth = Kain latar tidak ada
background-reason-damaged-cloth = Kain latar rusak
background-reason-place = Tempat tidak memungkinkan
colour-red = merah
colour-blue = biru
colour-orange = jingga
colour-yellow = kuning
colour-green = hijau
colour-purple = ungu
colour-white = putih
colour-grey = abu-abu
colour-black = hitam
suspicion = Periksa dengan mata: { $what }

# Panduan langsung untuk foto: satu kalimat, untuk diucapkan kepada pemohon
guide-wait = Menunggu gambar dari kamera …
guide-take = Bagus. Ambil foto sekarang.
guide-hold = Bagus. Tahan, jangan bergerak.
guide-no-face = Hadapkan wajah ke kamera
guide-several-faces = Hanya pemohon di depan kamera
guide-face-too-far = Maju sedikit
guide-face-too-near = Mundur sedikit
guide-off-centre = Geser ke tengah garis
guide-too-dark = Wajah terlalu gelap: tambah cahaya
guide-too-bright = Wajah terlalu terang: kurangi cahaya
guide-low-contrast = Wajah kurang jelas: ratakan cahaya
guide-blurred = Gambar kabur: jangan bergerak
guide-too-small = Maju lebih dekat ke kamera
guide-head-cut-off = Kepala terpotong: atur kamera
guide-head-turned = Lihat lurus ke kamera
guide-head-tilted = Tegakkan kepala
guide-chin-up = Turunkan dagu sedikit
guide-chin-down = Angkat dagu sedikit
guide-eyes-closed = Buka mata
guide-mouth-open = Tutup mulut
guide-face-moving = Jangan bergerak
guide-shadow-on-face = Ada bayangan di wajah: ratakan cahaya
guide-unnatural-colour = Warna wajah tidak wajar: ganti cahaya
guide-background-colour = Wajah bagus, warna latar belum sesuai
guide-background-uneven = Wajah bagus, rapikan kain latar
guide-mask-suspected = Periksa: mungkin masker belum dilepas
guide-glare-suspected = Periksa: mungkin ada pantulan di kacamata

# Tanda tangan
signature-what = Tanda tangan ini tercetak pada KTP-el. Seperti yang biasa dipakai pemohon.
signature-how = Dengan pena, jari, atau tetikus di dalam kotak.
signature-kept = Tanda tangan yang direkam
sign-again = Tanda tangan ulang
sign-in-box = Tanda tangani di kotak
use-drawn = Pakai tanda tangan ini

# Sidik jari
fingers-next = Sekarang: { $slap }
fingers-complete = Kesepuluh jari sudah lengkap
fingers-press = Tekan satu jari untuk merekamnya sendiri atau mencatat pengecualian.

# Iris
irises-what = Lepas kacamata dan lensa kontak. Mata terbuka lebar, melihat lurus ke alat.
irises-press = Tekan satu mata untuk mencatat pengecualian.

# Verifikasi
verification-what = Dua jari untuk cip ditangkap sekali lagi dan dicocokkan dengan rekamannya.
verification-none = Tidak ada jari yang dapat diverifikasi
verification-none-do = Semua jari dikecualikan; penyelia menyetujui sebelum disimpan.
verification-recorded = { $name }, rekaman pertama
verification-again = { $name }, tangkapan ulang
verification-failed = Percobaan tidak cocok: { $count }
verification-except = Lanjut tanpa verifikasi, dengan persetujuan
verified = Cocok (skor { $score }, batas { $threshold })
not-verified = Belum diverifikasi
identical-sample = Tangkapan ulang sama persis dengan rekaman pertama
identical-sample-do = Hanya mungkin dengan alat latihan; ditolak pada perekaman sesungguhnya.

# Pernyataan
review-title = Periksa bersama pemohon
review-fingers = Sidik jari: { $count } direkam, { $missing } dikecualikan
review-irises = Iris mata: { $count } direkam, { $missing } dikecualikan
review-no-signature = Tanpa tanda tangan (pengecualian)
statement-title = Pernyataan pemohon
statement-confirmed = Pemohon sudah membaca atau dibacakan pernyataan ini
statement-confirmed-do = Setelah itu pemohon menandatangani di bawah ini

# Simpan
seal-ready = Semua lengkap
seal-ready-do = Simpan perekaman. Setelah disimpan, isinya hanya dapat dibuka oleh pusat.
seal-open = Belum dapat disimpan
seal-open-do = Selesaikan yang berikut; setiap baris membawa ke langkahnya.
seal-failed = Penyimpanan gagal; tidak ada yang hilang
seal-failed-do = Periksa ruang diska, lalu tekan Simpan perekaman lagi.
sealing = Sedang disimpan …
sealing-do = Jangan matikan stasiun.
go-to-step = Ke langkah { $name }
