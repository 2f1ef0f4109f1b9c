### Kunci: kunci stasiun, kata sandi, PIN, dan daftar pusat.

vault-no-sync-key = Stasiun ini belum memiliki kunci sinkron.
vault-no-sync-key-do = Masuk satu kali sebagai petugas, lalu coba lagi.
vault-note-sync-key-unfit = Kunci sinkron tidak cocok dengan brankas ini. Kunci baru dibuat saat petugas masuk.
vault-same-passphrase = Kata sandi baru sama dengan yang lama.
vault-same-passphrase-do = Pilih kata sandi lain.
vault-last-supervisor = Ini supervisor terakhir di stasiun ini.
vault-last-supervisor-do = Tambahkan supervisor lain dahulu, lalu hapus akun ini.
vault-no-centre-list = Stasiun ini tidak memiliki daftar penerima dari pusat yang berlaku.
vault-no-centre-list-do = Minta dua supervisor memasang daftar baru: "rekam centre install". Sesi yang ada tetap tersimpan.
vault-supervisors = Tindakan ini perlu tanda tangan supervisor lain.
vault-supervisors-do = Minta supervisor yang berbeda memasukkan kata sandinya.
vault-note-centre-list-unfit = Daftar penerima dari pusat tidak dapat dipercaya. Tidak ada rekaman yang disegel sebelum daftar yang benar dipasang.
vault-problem-old-roster = Daftar petugas lama dipasang kembali.
vault-problem-centre-list = Daftar penerima dari pusat tidak cocok.
vault-problem-exposed = Berkas ini dapat dibaca akun lain di komputer ini.
centre-list-ends = Daftar penerima dari pusat segera berakhir.
centre-list-ends-do = Minta daftar baru dari pusat dan pasang sebelum habis: "rekam centre install".
