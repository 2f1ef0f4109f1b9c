# The state of the station: its limits, what they mean, and what to do.
limits-station = State of the station
limits-refused = No new session can begin.
limits-refused-do = Sessions that are open can still be finished.
limit-because = { $what } ({ $why })

limit-disk-ok = The disk has room for about { $count ->
    [one] { $count } more applicant
   *[other] { $count } more applicants
}.
limit-disk-low = The disk has room for only about { $count ->
    [one] { $count } more applicant
   *[other] { $count } more applicants
} ({ $free_mb } MB).
limit-disk-low-do = Send records, and move other files off this disk before it is full.
limit-disk-full = The disk has no room for the next applicant ({ $free_mb } MB).
limit-disk-full-do = Finish the open sessions, then make room on the disk or send records.
limit-store = The vault cannot be looked at.
limit-store-do = Check the disk and the vault's folder.

limit-unsent-none = Every record has been sent.
limit-unsent-ok = { $count ->
    [one] { $count } record is
   *[other] { $count } records are
} not sent, the oldest { $days ->
    [0] of today
    [one] { $days } day old
   *[other] { $days } days old
}. Limit: { $max_days } days or { $max_count } records; { $left_hours } h and { $left_count } records are left.
limit-unsent-near = { $count ->
    [one] { $count } record is
   *[other] { $count } records are
} not sent. The limit is reached in { $left_hours } h or after { $left_count } more records ({ $max_days } days, { $max_count } records; the oldest is { $days } days old).
limit-unsent-near-do = Carry the records by USB stick: "rekam queue export".
limit-unsent-old = The oldest record has not been sent for { $days } days; the limit is { $max_days } days ({ $count } of { $max_count } records; { $left_hours } h, { $left_count } records left).
limit-unsent-old-do = Carry the records by USB stick ("rekam queue export"). This ends once their receipts are in.
limit-unsent-many = { $count ->
    [one] { $count } record is
   *[other] { $count } records are
} not sent; the limit is { $max_count } (the oldest is { $days } of { $max_days } days old; { $left_hours } h, { $left_count } records left).
limit-unsent-many-do = Carry the records by USB stick ("rekam queue export"). This ends once their receipts are in.

limit-clock-ok = The computer's clock looks right.
limit-clock-back = The computer's clock is { $days ->
    [0] { $hours ->
        [0] { $minutes } min
       *[other] { $hours } h
    }
   *[other] { $days } days
} behind the last use of the station.
limit-clock-back-do = Set the computer's date and time right. If they are right and were ahead before, close the program and let a supervisor say so: "rekam vault accept-clock --by NAME".
limit-clock-hub = The computer's clock is { $days ->
    [0] { $hours ->
        [0] { $minutes } min
       *[other] { $hours } h
    }
   *[other] { $days } days
} behind that of the hub.
limit-clock-hub-do = Set the computer's date and time right. Capture devices refuse a clock that is five minutes off.
limit-clock-hub-back = The computer's clock is { $days ->
    [0] { $hours ->
        [0] { $minutes } min
       *[other] { $hours } h
    }
   *[other] { $days } days
} behind that of the hub.
limit-clock-hub-back-do = Set the computer's date and time right. If they are right and the hub's clock is wrong, a supervisor says so: "rekam vault accept-clock".
limit-clock-jumped-ahead = The computer's clock was set { $days ->
    [0] { $hours ->
        [0] { $minutes } min
       *[other] { $hours } h
    }
   *[other] { $days } days
} ahead while the program ran.
limit-clock-jumped-ahead-do = Check date and time. Old data is not deleted until the clock is back where it was, or the program was started again with the right time.
limit-clock-jumped-back = The computer's clock was set back { $days ->
    [0] { $hours ->
        [0] { $minutes } min
       *[other] { $hours } h
    }
   *[other] { $days } days
} while the program ran.
limit-clock-jumped-back-do = Check date and time. Old data is not deleted until the clock is back where it was, or the program was started again with the right time.
limit-clock-far = The computer's clock is far ahead of the last use of the station.
limit-clock-far-do = Check the date. While that is not certain, no old data is deleted.
limit-leftovers = There are { $count } old copies of the vault or its index on this disk. The times of keeping do not reach them.
limit-leftovers-do = Ask a supervisor to look at them and remove them. "rekam doctor" names the folders.

limit-power-mains = On mains, battery { $percent } %.
limit-power-battery = On battery, { $percent } % left.
limit-power-low = The battery is almost empty: { $percent } %.
limit-power-low-do = Plug in the mains. Finished steps are not lost when the computer goes off.

limit-drafts-expiring = { $count ->
    [one] { $count } waiting session will be discarded
   *[other] { $count } waiting sessions will be discarded
}, the first in { $hours } h.
limit-drafts-expiring-do = Take up and finish the session, or discard it with a reason.

limit-trial-ok = The trial seal worked: a record can be saved.
limit-trial-failed = The trial seal failed: a record could perhaps not be saved.
limit-trial-failed-do = Mend this first; a new session can begin once the trial works.
limit-not-deleted = Data past its time of keeping could not be deleted yet.
limit-not-deleted-do = Nothing is lost. It is tried again tomorrow, or when an officer signs in.

part-refused = The result of the step "{ $step }" cannot go into the record.
part-refused-do = Do this step again now, while the applicant is still here.

waiting-begun-by = Begun by { $name }
waiting-expires = Discarded by itself { $time }
discard-reason = Choose a reason. Only the reason goes into the audit.
discard-applicant-left = The applicant left and does not come back
discard-begun-by-mistake = The session was begun by mistake
discard-wrong-person = The wrong person
discard-recorded-elsewhere = The applicant was recorded elsewhere
discard-unreadable = The session cannot be taken up
discard-exercise = An exercise only

vault-note-draft-foreign = This open session was kept by another station, or is damaged: it cannot be opened here. Its files are left as they are.
vault-note-draft-foreign-do = Take it up at the station that began it, or discard it with a reason.
