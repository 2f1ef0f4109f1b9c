# Kunci layar: petugas sedang tidak di tempat.

lock = Kunci
lock-hint = Kunci layar (Ctrl+L). Sesi tetap ada.
lock-title = Layar terkunci
lock-who = Dikunci oleh { $name }. Sesi yang berjalan tidak hilang.
lock-finger-reading = Membaca jari petugas …
lock-finger-not-enrolled = Jari petugas ini belum didaftarkan (rekam officer fingers). Buka dengan kata sandi.
lock-finger-no-reader = Pembaca sidik jari tidak tersambung. Buka dengan kata sandi.
lock-finger-used-up = Jari tiga kali tidak cocok. Buka dengan kata sandi.
lock-finger-which = { $finger } membuka layar
lock-finger-now = { $finger }: letakkan pada pembaca, lalu angkat setelah terbaca
lock-finger = Buka dengan jari
lock-finger-stop = Berhenti menunggu jari
lock-no-match = Jari tidak cocok dengan petugas
lock-no-match-do = { $left ->
    [0] Buka dengan kata sandi.
   *[other] Ulangi dengan jari yang didaftarkan. Sisa percobaan: { $left }.
}
lock-passphrase-wrong = Kata sandi tidak membuka kunci
lock-passphrase-wrong-do = Periksa huruf besar dan kecil, lalu ketik lagi.
lock-locked-out-do = Coba lagi setelah pukul { $time }.
lock-not-checked = Kata sandi belum diperiksa
lock-not-checked-do = Tunggu sebentar, lalu coba lagi. Bila terulang, ganti petugas atau tutup program dan buka kembali; sesi tidak hilang.
lock-open = Buka dengan kata sandi
lock-sign-out = Ganti petugas
lock-sign-out-hint = Petugas ini dikeluarkan dan sesinya ditunda. Tidak ada yang hilang.
lock-until = Pukul { $time } petugas dikeluarkan dengan sendirinya.
lock-slept = Komputer tidur saat kata sandi diperiksa.
lock-slept-do = Masukkan kata sandi sekali lagi.
