### Kunci: kunci stasiun, kata sandi, PIN, dan daftar pusat.

vault-no-sync-key = Stasiun ini belum memiliki kunci sinkron.
vault-no-sync-key-do = Masuk satu kali sebagai petugas, lalu coba lagi.
vault-note-sync-key-unfit = Kunci sinkron tidak cocok dengan brankas ini. Kunci baru dibuat saat petugas masuk.
vault-same-passphrase = Kata sandi baru sama dengan yang lama.
vault-same-passphrase-do = Pilih kata sandi lain.
vault-last-supervisor = Ini penyelia terakhir di stasiun ini.
vault-last-supervisor-do = Tambahkan penyelia lain dahulu, lalu hapus akun ini.
vault-no-centre-list = Stasiun ini tidak memiliki daftar penerima dari pusat yang berlaku.
vault-no-centre-list-do = Minta dua penyelia memasang daftar baru: "rekam centre install". Sesi yang ada tetap tersimpan.
vault-supervisors = Tindakan ini perlu tanda tangan penyelia lain.
vault-supervisors-do = Minta penyelia yang berbeda memasukkan kata sandinya.
vault-note-centre-list-unfit = Daftar penerima dari pusat tidak dapat dipercaya. Tidak ada rekaman yang disegel sebelum daftar yang benar dipasang.
vault-note-centre-list-unfit-do = Minta dua penyelia memasang daftar yang benar dari pusat: "rekam centre install". Sesi yang ada tetap tersimpan.
vault-problem-old-roster = Daftar petugas lama dipasang kembali.
vault-problem-centre-list = Daftar penerima dari pusat tidak cocok.
vault-problem-exposed = Berkas ini dapat dibaca akun lain di komputer ini.
centre-list-ends = Daftar penerima dari pusat segera berakhir.
centre-list-ends-do = Minta daftar baru dari pusat dan pasang sebelum habis: "rekam centre install".
vault-pin = PIN ini tidak diperbolehkan.
vault-pin-do = Gunakan 6 sampai 8 angka yang tidak berurutan dan tidak berulang.
vault-wrong-pin = PIN tidak cocok.
vault-wrong-pin-do = Coba lagi, atau buka dengan kata sandi.
lock-pin-field = PIN
lock-pin-open = Buka dengan PIN
lock-pin-wrong = PIN tidak membuka kunci
lock-pin-wrong-do = { $left ->
    [0] PIN dihapus dari memori. Buka dengan kata sandi.
   *[other] Coba lagi. Sisa percobaan: { $left }.
}
lock-resumed = Sesi dibuka kembali dari simpanan.
lock-resumed-do = Periksa langkah ini: yang belum tersimpan saat layar terkunci perlu diisi atau direkam ulang.
lock-handover-left = Serah terima kartu dihentikan saat layar terkunci. Kartu tercatat belum diserahkan.
lock-handover-left-do = Mulai serah terima dari awal.
sleep-not-noticed = Komputer ini tidak memberi tahu bila akan tidur atau ditutup.
sleep-not-noticed-do = Kunci layar (Ctrl+L) sebelum menutup laptop. Lihat "rekam doctor".
