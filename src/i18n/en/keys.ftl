### Keys: the station's keys, passphrases, PIN and the centre's list.

vault-no-sync-key = This station has no sync key yet.
vault-no-sync-key-do = Sign in once as an officer, then try again.
vault-note-sync-key-unfit = The sync key does not fit this vault. Another one is made when an officer signs in.
