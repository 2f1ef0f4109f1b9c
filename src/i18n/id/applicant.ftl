# Layar pemohon: kata-kata besar dan sederhana.
applicant-window = Layar pemohon
applicant-open = Buka layar pemohon
applicant-close = Tutup layar pemohon
applicant-signs = Pemohon menandatangani di layarnya.
applicant-welcome = Selamat datang
applicant-welcome-do = Silakan tunggu. Petugas akan memanggil Anda.
applicant-done = Terima kasih
applicant-done-do = Perekaman Anda selesai. Ambil bukti perekaman pada petugas, gratis.
applicant-ask = Terima kasih
applicant-ask-do = Petugas akan menjelaskan langkah berikutnya.
applicant-live = Gambar langsung kamera
applicant-clear = Hapus
applicant-signed = Selesai menandatangani
signature-seen = Tanda tangan di layar pemohon

applicant-do-health = Petugas mengukur suhu badan dan menanyakan kesehatan Anda.
applicant-do-identity = Sebutkan NIK Anda, dan serahkan Kartu Keluarga kepada petugas.
applicant-do-urgency = Petugas memeriksa alasan perekaman. Siapkan surat pendukung Anda.
applicant-do-approval = Mohon tunggu persetujuan.
applicant-do-biodata = Periksa data ini. Beri tahu petugas bila ada yang salah.
applicant-do-photo = Lepas masker dan kacamata, lalu lihat ke kamera.
applicant-do-signature = Tanda tangani di kotak ini, seperti yang akan tercetak di KTP-el.
applicant-do-fingers = Letakkan jari di alat seperti petunjuk petugas.
applicant-do-irises = Buka mata lebar-lebar dan lihat ke alat.
applicant-do-verification = Letakkan sekali lagi jari yang diminta petugas.
applicant-do-statement = Baca pernyataan ini. Bila benar, tanda tangani.
applicant-do-seal = Petugas menyimpan perekaman Anda.
