### Keys: the station's keys, passphrases, PIN and the centre's list.

vault-no-sync-key = This station has no sync key yet.
vault-no-sync-key-do = Sign in once as an officer, then try again.
vault-note-sync-key-unfit = The sync key does not fit this vault. Another one is made when an officer signs in.
vault-same-passphrase = The new passphrase is the old one.
vault-same-passphrase-do = Choose another passphrase.
vault-last-supervisor = This is the last supervisor of this station.
vault-last-supervisor-do = Add another supervisor first, then remove this account.
vault-no-centre-list = This station has no valid list of the centre's recipients.
vault-no-centre-list-do = Have two supervisors install a new list: "rekam centre install". Sessions are kept.
vault-supervisors = Another supervisor must sign this.
vault-supervisors-do = Ask a different supervisor for the passphrase.
vault-note-centre-list-unfit = The centre's list of recipients cannot be trusted. Nothing is sealed before a right one is installed.
vault-note-centre-list-unfit-do = Ask two supervisors to install the right list of the centre: "rekam centre install". Open sessions are kept.
vault-problem-old-roster = An old roster of officers was put back.
vault-problem-centre-list = The centre's list of recipients does not fit.
vault-problem-exposed = Other accounts of this computer may read this file.
centre-list-ends = The centre's list of recipients ends soon.
centre-list-ends-do = Ask the centre for a new list and install it before then: "rekam centre install".
vault-pin = This PIN is not allowed.
vault-pin-do = Use 6 to 8 digits that are no row and no repetition.
vault-wrong-pin = The PIN does not fit.
vault-wrong-pin-do = Try again, or open with the passphrase.
lock-pin-field = PIN code
lock-pin-open = Open with the PIN
lock-pin-wrong = The PIN does not open the lock
lock-pin-wrong-do = { $left ->
    [0] The PIN was wiped from memory. Open with the passphrase.
   *[other] Try again. Tries left: { $left }.
}
lock-resumed = The session was opened again from what is kept.
lock-resumed-do = Look over this step: what was not kept when the screen locked is to be filled in or captured again.
lock-handover-left = The handover of a card was stopped when the screen locked. The card counts as not handed over.
lock-handover-left-do = Begin the handover anew.
sleep-not-noticed = This computer does not tell when it is about to sleep or is closed.
sleep-not-noticed-do = Lock the screen (Ctrl+L) before you close the laptop. See "rekam doctor".
