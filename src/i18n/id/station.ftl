# Pernyataan yang dibaca dan ditandatangani pemohon.
station-statement = Saya menyatakan bahwa data dan biometrik yang direkam hari ini adalah milik saya sendiri dan benar, dan bahwa saya baru sekali ini merekam KTP-el kecuali sebagaimana saya beritahukan kepada petugas. Saya mengetahui bahwa perekaman ini tidak dipungut biaya.
