### Backups, the audit, and carrying records by USB stick.

vault-backup-file = The backup file cannot be used.
vault-backup-file-do = Use another backup, or make a new one.
vault-backup-key = The office's backup key is not set, or is none.
vault-backup-key-do = Ask a supervisor to set it with "rekam vault backup-key".
vault-backup-identity = The backup does not open with this key.
vault-backup-identity-do = Name the identity file of the office's backup key.
vault-carry-folder = The folder on the USB stick cannot be used.
vault-carry-folder-do = Read what is told, or use another stick.
vault-same-disk = That folder is on the station's own disk. The USB stick is not mounted.
vault-same-disk-do = Mount the stick and run the command again.
vault-medium-gone = The USB stick was pulled out or cannot be read.
vault-medium-gone-do = Put it back and run the same command again: it goes on.
vault-file-limit = The file is too large for the file system of that medium.
vault-file-limit-do = Use a medium with exFAT or ext4.
vault-hub-key = The hub's key is not set, or is none.
vault-hub-key-do = Ask a supervisor to set it with "rekam vault hub-key".
vault-retired = This vault is retired.
vault-retired-do = Record at the station that took its place.
vault-restore-check = The vault in that backup is not whole. Nothing was replaced.
vault-restore-check-do = Use another backup.
vault-not-retirable = The vault cannot be retired yet.
vault-not-retirable-do = Finish or discard the sessions that are open first.

vault-note-put-back = This vault is older than what this computer has seen of it: an old copy was put back, or its audit was cut.
vault-note-put-back-do = Tell the supervisor; records that are missing must be looked for. Records made after that copy may be at the centre or in a backup only.
vault-note-retired = This vault is retired: its records can be seen and carried, but no new session begins.
vault-note-retired-do = Use the station that took its place. The records here can still be read and carried.
vault-note-witness-unread = What this computer noted of the vault cannot be read: an old copy put back would not be noticed.
vault-note-witness-unread-do = Go on working. Tell the supervisor, and let the computer's disk be looked at.
vault-note-pins-unfit = What supervisors set (backup key, hub key) cannot be read or is not theirs. Set it again.
vault-note-pins-unfit-do = Have a supervisor install the key once more.
vault-problem-old-pins = What supervisors pinned (backup key, hub key, retirement) is not what the audit says last.
