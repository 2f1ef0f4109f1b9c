### Kunci: kunci stasiun, kata sandi, PIN, dan daftar pusat.

vault-no-sync-key = Stasiun ini belum memiliki kunci sinkron.
vault-no-sync-key-do = Masuk satu kali sebagai petugas, lalu coba lagi.
vault-note-sync-key-unfit = Kunci sinkron tidak cocok dengan brankas ini. Kunci baru dibuat saat petugas masuk.
