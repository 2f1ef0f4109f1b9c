# Keadaan stasiun: batas-batasnya, apa artinya, dan apa yang harus dilakukan.
limits-station = Keadaan stasiun
limits-refused = Sesi baru tidak dapat dimulai.
limits-refused-do = Sesi yang sudah terbuka tetap dapat diselesaikan.
limit-because = { $what } { $why }

limit-disk-ok = Ruang diska cukup untuk sekitar { $count } pemohon lagi.
limit-disk-low = Ruang diska hanya cukup untuk sekitar { $count } pemohon lagi ({ $free_mb } MB).
limit-disk-low-do = Kirim rekaman dan pindahkan berkas lain dari diska ini sebelum penuh.
limit-disk-full = Ruang diska tidak cukup untuk pemohon berikutnya ({ $free_mb } MB).
limit-disk-full-do = Selesaikan sesi yang terbuka, lalu kosongkan diska atau kirim rekaman.
limit-store = Brankas tidak dapat diperiksa.
limit-store-do = Periksa diska dan folder brankas.

limit-unsent-none = Semua rekaman sudah terkirim.
limit-unsent-ok = { $count } rekaman belum terkirim, yang tertua { $days ->
    [0] hari ini
   *[other] { $days } hari
}. Batas: { $max_days } hari atau { $max_count } rekaman; sisa { $left_hours } jam dan { $left_count } rekaman.
limit-unsent-near = { $count } rekaman belum terkirim. Batasnya tercapai dalam { $left_hours } jam atau setelah { $left_count } rekaman lagi ({ $max_days } hari, { $max_count } rekaman; yang tertua { $days } hari).
limit-unsent-near-do = Bawa rekaman dengan stik USB: "rekam queue export".
limit-unsent-old = Rekaman tertua sudah { $days } hari belum terkirim; batasnya { $max_days } hari ({ $count } dari { $max_count } rekaman; sisa { $left_hours } jam, { $left_count } rekaman).
limit-unsent-old-do = Bawa rekaman dengan stik USB ("rekam queue export"). Keadaan ini selesai sesudah tanda terimanya masuk.
limit-unsent-many = { $count } rekaman belum terkirim; batasnya { $max_count } (yang tertua { $days } dari { $max_days } hari; sisa { $left_hours } jam, { $left_count } rekaman).
limit-unsent-many-do = Bawa rekaman dengan stik USB ("rekam queue export"). Keadaan ini selesai sesudah tanda terimanya masuk.

limit-clock-ok = Jam komputer wajar.
limit-clock-back = Jam komputer mundur { $days ->
    [0] { $hours ->
        [0] { $minutes } menit
       *[other] { $hours } jam
    }
   *[other] { $days } hari
} dari waktu terakhir dipakai.
limit-clock-back-do = Betulkan tanggal dan jam komputer. Bila sudah benar dan tadinya terlalu maju, tutup program lalu minta penyelia menyatakannya: "rekam vault accept-clock --by NAMA".
limit-clock-hub = Jam komputer tertinggal { $days ->
    [0] { $hours ->
        [0] { $minutes } menit
       *[other] { $hours } jam
    }
   *[other] { $days } hari
} dari jam pusat pengumpul.
limit-clock-hub-do = Betulkan tanggal dan jam komputer. Alat perekam menolak jam yang meleset lima menit.
limit-clock-hub-back = Jam komputer tertinggal { $days ->
    [0] { $hours ->
        [0] { $minutes } menit
       *[other] { $hours } jam
    }
   *[other] { $days } hari
} dari jam pusat pengumpul.
limit-clock-hub-back-do = Betulkan tanggal dan jam komputer. Bila sudah benar dan jam pusat pengumpul yang salah, penyelia menyatakannya: "rekam vault accept-clock".
limit-clock-jumped-ahead = Jam komputer dimajukan { $days ->
    [0] { $hours ->
        [0] { $minutes } menit
       *[other] { $hours } jam
    }
   *[other] { $days } hari
} selama program berjalan.
limit-clock-jumped-ahead-do = Periksa tanggal dan jam. Penghapusan data lama ditunda sampai jam dikembalikan, atau program dijalankan lagi dengan jam yang benar.
limit-clock-jumped-back = Jam komputer dimundurkan { $days ->
    [0] { $hours ->
        [0] { $minutes } menit
       *[other] { $hours } jam
    }
   *[other] { $days } hari
} selama program berjalan.
limit-clock-jumped-back-do = Periksa tanggal dan jam. Penghapusan data lama ditunda sampai jam dikembalikan, atau program dijalankan lagi dengan jam yang benar.
limit-clock-far = Jam komputer jauh di depan waktu terakhir stasiun dipakai.
limit-clock-far-do = Periksa tanggal. Selama belum pasti, tidak ada data lama yang dihapus.
limit-leftovers = Ada { $count } salinan lama brankas atau indeksnya di diska ini. Masa simpan tidak berlaku untuk salinan itu.
limit-leftovers-do = Minta penyelia memeriksanya lalu menghapusnya. "rekam doctor" menyebut foldernya.

limit-power-mains = Listrik tersambung, baterai { $percent } %.
limit-power-battery = Memakai baterai, tersisa { $percent } %.
limit-power-low = Baterai hampir habis: { $percent } %.
limit-power-low-do = Sambungkan listrik. Langkah yang sudah selesai tidak hilang bila komputer mati.

limit-drafts-expiring = { $count } sesi yang menunggu akan dibuang, yang pertama dalam { $hours } jam.
limit-drafts-expiring-do = Lanjutkan dan selesaikan sesi itu, atau buang dengan alasan.

limit-trial-ok = Penyegelan percobaan berhasil: rekaman dapat disimpan.
limit-trial-failed = Penyegelan percobaan gagal: rekaman belum tentu dapat disimpan.
limit-trial-failed-do = Betulkan dahulu; sesi baru dapat dimulai setelah percobaan berhasil.
limit-not-deleted = Data yang sudah lewat masa simpannya belum dapat dihapus.
limit-not-deleted-do = Tidak ada yang hilang. Penghapusan dicoba lagi besok atau saat petugas masuk.

part-refused = Hasil langkah "{ $step }" tidak dapat dimasukkan ke dalam rekaman.
part-refused-do = Ulangi langkah ini sekarang, selagi pemohon masih di tempat.

waiting-begun-by = Dimulai oleh { $name }
waiting-expires = Dibuang otomatis { $time }
discard-reason = Pilih alasan. Yang dicatat di audit hanya alasannya.
discard-applicant-left = Pemohon pergi dan tidak kembali
discard-begun-by-mistake = Sesi dimulai karena keliru
discard-wrong-person = Orangnya keliru
discard-recorded-elsewhere = Pemohon sudah direkam di tempat lain
discard-unreadable = Sesi tidak dapat dilanjutkan
discard-exercise = Hanya latihan

vault-note-draft-foreign = Sesi yang tersimpan ini dari stasiun lain, atau rusak: tidak dapat dibuka di sini. Berkasnya tidak diubah.
vault-note-draft-foreign-do = Lanjutkan di stasiun yang memulainya, atau buang dengan alasan.
