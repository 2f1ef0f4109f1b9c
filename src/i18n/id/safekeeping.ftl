### Cadangan, audit, dan pengiriman rekaman dengan flashdisk.

vault-backup-file = Berkas cadangan tidak dapat dipakai.
vault-backup-file-do = Pakai berkas cadangan lain, atau buat cadangan baru.
vault-backup-key = Kunci cadangan kantor belum ditetapkan atau tidak sah.
vault-backup-key-do = Minta penyelia menetapkannya dengan "rekam vault backup-key".
vault-backup-identity = Cadangan tidak terbuka dengan kunci ini.
vault-backup-identity-do = Sebutkan berkas kunci cadangan milik kantor.
vault-carry-folder = Folder di flashdisk tidak dapat dipakai.
vault-carry-folder-do = Baca keterangannya, atau pakai flashdisk lain.
vault-same-disk = Folder itu ada di disk stasiun sendiri. Flashdisk belum terpasang.
vault-same-disk-do = Pasang flashdisk lalu jalankan perintahnya lagi.
vault-medium-gone = Flashdisk tercabut atau tidak terbaca.
vault-medium-gone-do = Pasang lagi lalu jalankan perintah yang sama: pekerjaan dilanjutkan.
vault-file-limit = Berkas terlalu besar untuk sistem berkas di flashdisk itu.
vault-file-limit-do = Pakai media dengan exFAT atau ext4.
vault-hub-key = Kunci hub belum ditetapkan atau tidak sah.
vault-hub-key-do = Minta penyelia menetapkannya dengan "rekam vault hub-key".
vault-retired = Brankas ini sudah dipensiunkan.
vault-retired-do = Rekam di stasiun yang menggantikannya.
vault-restore-check = Brankas dari cadangan itu tidak utuh. Tidak ada yang diganti.
vault-restore-check-do = Pakai cadangan lain.
vault-not-retirable = Brankas belum dapat dipensiunkan.
vault-not-retirable-do = Selesaikan atau batalkan dahulu sesi yang masih terbuka.

vault-note-put-back = Brankas ini lebih lama daripada yang pernah dilihat komputer ini: salinan lama dipasang kembali, atau catatan auditnya dipotong.
vault-note-put-back-do = Laporkan ke penyelia; rekaman yang hilang harus dicari. Rekaman sesudah salinan itu mungkin hanya ada di pusat atau di cadangan.
vault-note-retired = Brankas ini sudah dipensiunkan: rekaman dapat dilihat dan dikirim, tetapi tidak ada sesi baru.
vault-note-retired-do = Pakai stasiun penggantinya. Rekaman di sini masih dapat dibaca dan dibawa.
vault-note-witness-unread = Catatan komputer ini tentang brankas tidak terbaca: salinan lama yang dipasang kembali tidak akan ketahuan.
vault-note-witness-unread-do = Lanjutkan bekerja. Laporkan ke penyelia dan minta cakram komputer diperiksa.
vault-note-pins-unfit = Ketetapan penyelia (kunci cadangan, kunci hub) tidak terbaca atau tidak sah. Tetapkan lagi.
vault-note-pins-unfit-do = Minta penyelia memasang kunci itu sekali lagi.
vault-problem-old-pins = Ketetapan penyelia (kunci cadangan, kunci hub, pensiun) bukan yang terakhir menurut audit.
