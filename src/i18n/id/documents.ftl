# Lembar yang dibawa pulang pemohon.

doc-free = GRATIS – tidak dipungut biaya
doc-training = LATIHAN
doc-page = Halaman { $page } dari { $pages }
doc-printed = Dicetak { $at } di stasiun { $station }

proof-title = BUKTI PEREKAMAN KTP-EL
proof-code = Kode rekaman
proof-state = Keadaan
proof-name = Nama
proof-nik = NIK
proof-time = Waktu perekaman
proof-station = Stasiun
proof-officer = Petugas
proof-recorded = Yang direkam
proof-photo = Foto wajah
proof-signature = Tanda tangan
proof-fingers = { $count } sidik jari
proof-irises = { $count } iris mata
proof-exceptions = Pengecualian
proof-exception = { $what }: { $reason } ({ $term })
proof-exception-signature = Tanda tangan
proof-not-before = Kartu dicetak paling cepat { $date }, saat pemohon genap 17 tahun.
proof-ask = Cara menanyakan status
proof-ask-qr = Pindai kode QR ini atau sebutkan kode rekaman { $code } kepada petugas. NIK tidak perlu disebutkan kepada siapa pun.
proof-keep = Simpan lembar ini sampai kartu diterima. Lembar ini bukan pengganti KTP-el.
proof-mask = NIK hanya dicetak empat angka terakhir demi keamanan data Anda.

slip-title-refused = PEREKAMAN DITUNDA
slip-title-redirected = PELAYANAN DIALIHKAN
slip-intro-refused = Perekaman KTP-el belum dapat dilakukan hari ini. Hak Anda untuk direkam tidak hilang.
slip-intro-redirected = Keperluan Anda dapat dilayani tanpa perekaman hari ini, melalui saluran di bawah ini.
slip-why = Alasan
slip-rules = Ketentuan
slip-come-back = Datang kembali
slip-come-back-on = Mulai { $date } pada jam pelayanan.
slip-channels = Saluran layanan
slip-basis = Dasar: { $basis }
slip-number = Nomor
