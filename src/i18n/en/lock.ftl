# The lock of the screen: the officer is away.

lock = Lock
lock-hint = Lock the screen (Ctrl+L). The session stays.
lock-title = Screen locked
lock-who = Locked by { $name }. The running session is not lost.
lock-finger-reading = Reading the officer's fingers …
lock-finger-not-enrolled = No finger of this officer is enrolled (rekam officer fingers). Open with the passphrase.
lock-finger-no-reader = No fingerprint reader is connected. Open with the passphrase.
lock-finger-used-up = Three fingers did not match. Open with the passphrase.
lock-finger-which = { $finger } opens the screen
lock-finger-now = { $finger }: put it on the reader and lift it once it was read
lock-finger = Open with a finger
lock-finger-stop = Stop waiting for the finger
lock-no-match = The finger does not match the officer
lock-no-match-do = { $left ->
    [0] Open with the passphrase.
   *[other] Try again with an enrolled finger. Tries left: { $left }.
}
lock-passphrase-wrong = The passphrase does not open the lock
lock-passphrase-wrong-do = Check capital and small letters and type it again.
lock-locked-out-do = Try again after { $time }.
lock-not-checked = The passphrase was not checked
lock-not-checked-do = Wait a moment and try again. If it comes back, change the officer, or close the program and start it again; the session is not lost.
lock-open = Open with the passphrase
lock-sign-out = Change officer
lock-sign-out-hint = This officer is signed out and the session is parked. Nothing is lost.
lock-until = At { $time } the officer is signed out by itself.
lock-slept = The computer went to sleep while the passphrase was checked.
lock-slept-do = Enter the passphrase once more.
