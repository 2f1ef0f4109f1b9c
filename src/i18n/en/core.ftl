# Words that every screen shares. The device is to blame, never the person.

app-name = rekam
app-subtitle = KTP-el enrolment station

# Buttons and fields
action-next = Next
action-back = Back
action-save = Save
action-cancel = Cancel
action-close = Close
action-retry = Try again
action-clear = Clear
action-undo = Undo last stroke
action-park = Park session
action-print = Print
action-choose = Choose
action-increase = Increase
action-decrease = Decrease
action-confirm = Yes, go on
yes = Yes
no = No
field-reason = Reason
field-reason-hint = Write a short reason
field-no-kk = Family card number
field-name = Full name
field-secret = Passphrase
field-occupation = Occupation
field-filter = Type to search
field-digits = { $count } of { $total } digits
field-none-found = Nothing matches. Check the spelling.
field-found = { $count ->
    [one] { $count } choice
   *[other] { $count } choices
}
field-temperature = Body temperature
field-required = Must be filled in
key-enter = Enter
key-escape = Esc
key-tab = Tab
key-space = Space
hint-next-field = next field
hint-choose = choose
hint-go-on = go on
hint-cancel = cancel

# Languages
language-id = Indonesian
language-en = English

# Months
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December

# Tones of notices
tone-info = Note
tone-good = Done
tone-warning = Attention
tone-error = Fault
error-code = Code: { $code }

# Parts of pictures
picture-hands = The applicant's ten fingers
picture-eyes = The applicant's two eyes
picture-item = { $name }, { $state }
quality-score = Quality { $score } of 100
quality-unknown = Quality not measured
quality-good = good
quality-fair = fair
quality-poor = poor
signature-pad = Signature area
signature-here = Sign here
countdown-left = { $time } left
countdown-over = The wait is over

# Steps
step-health = Health check
step-identity = Identity
step-urgency = Urgent need
step-approval = Approval
step-biodata = Personal details
step-photo = Face photo
step-signature = Signature
step-fingers = Fingerprints
step-irises = Irises
step-verification = Finger verification
step-statement = Statement
step-seal = Save the record
step-proof = Proof of recording

# States of a step
state-empty = not begun
state-busy = in progress
state-retry = to be repeated
state-done = done
state-excepted = excepted
state-failed = faulty

# Environment
environment-training = Training
environment-production = Real recording

# Roles
role-operator = Operating officer
role-supporting = Supporting officer
role-supervisor = Supervisor
role-auditor = Auditor

# States of a record, with what to do
record-BIO_CAPTURED = Saved at the station, not yet sent
record-BIO_CAPTURED-do = Nothing to do. The record is sent by itself once there is a network; do not delete it, and back up daily.
record-PROCESSING = Being sent
record-PROCESSING-do = Leave the station on and connected until sending has finished.
record-SENT_FOR_ENROLLMENT = Sent, receipt is here
record-SENT_FOR_ENROLLMENT-do = Wait for the centre. If nothing changes in 14 days, report it to the district administrator.
record-RECEIVED_AT_CENTRAL = Received at the centre
record-RECEIVED_AT_CENTRAL-do = Nothing to do. The centre checks that the person is unique.
record-ENROLL_FAILURE_AT_CENTRAL = Rejected by the centre: biometrics incomplete or unreadable
record-ENROLL_FAILURE_AT_CENTRAL-do = Send the record again from the station. If it fails again, invite the applicant for a new recording.
record-ENROLL_FAILURE_AT_REGIONAL = Rejected in the region: biometrics incomplete or unreadable
record-ENROLL_FAILURE_AT_REGIONAL-do = Send the record again from the station. If it fails again, report it to the provincial administrator.
record-SEARCH_FAILURE_AT_CENTRAL = Search at the centre failed
record-SEARCH_FAILURE_AT_CENTRAL-do = Wait. The centre repeats the search; the applicant need not come again.
record-SENT_FOR_DEDUP = Waiting for the uniqueness check
record-SENT_FOR_DEDUP-do = Wait for the result of the centre's one-to-many search.
record-ADJUDICATE_RECORD = Prints resemble another person's; an examiner decides
record-ADJUDICATE_RECORD-do = Wait for the decision. If deletion is asked for, request deletion of the NIK and record again.
record-REQUEST_VALIDATION = Sent back: data and picture disagree
record-REQUEST_VALIDATION-do = Compare sex and photo with the family card, request deletion, then record again.
record-DUPLICATE_RECORD = Duplicate: these biometrics belong to another NIK
record-DUPLICATE_RECORD-do = Ask the applicant to choose one NIK, then request deletion of the other.
record-PRINT_READY_RECORD = Unique, ready to print
record-PRINT_READY_RECORD-do = Print the card if the applicant is 17 and a blank card is at hand.
record-SENT_FOR_CARD_PRINTING = Queued for printing
record-SENT_FOR_CARD_PRINTING-do = Wait until the card is printed.
record-CARD_PRINTED = Card printed
record-CARD_PRINTED-do = Tell the applicant to collect the card; a finger is compared.
record-CARD_ISSUED = Card handed over
record-CARD_ISSUED-do = Finished. Nothing to do.

# Ends of a session
outcome-sealed = Saved
outcome-parked = Parked
outcome-refused = Cannot be served today
outcome-redirected = Sent to another service
outcome-abandoned = Given up by the officer
outcome-open = Still going on

# Exceptions
exception-missing = Not there
exception-bandaged = Bandaged or wounded
exception-deformed = Its shape does not allow it
exception-unreadable = There, but the device cannot read it
exception-cannot_cooperate = The applicant cannot be guided
exception-no_device = The station has no working device
term-permanent = Permanent
term-permanent-do = Noted as an exception for life.
term-temporary = Temporary
term-temporary-do = Ask the applicant to come back once healed, unless the supervisor approves.

# Requirements before saving
requirement-supervisor_approval = Supervisor's approval
requirement-second_person = Second officer's confirmation
requirement-evidence = Supporting document checked
requirement-evidence_photo = Photo of the document or condition

# Fingers, hands, eyes
digit-thumb = Thumb
digit-index = Index
digit-middle = Middle
digit-ring = Ring
digit-little = Little
finger-right_thumb = Right thumb
finger-right_index = Right index finger
finger-right_middle = Right middle finger
finger-right_ring = Right ring finger
finger-right_little = Right little finger
finger-left_thumb = Left thumb
finger-left_index = Left index finger
finger-left_middle = Left middle finger
finger-left_ring = Left ring finger
finger-left_little = Left little finger
slap-right_four = Right four fingers
slap-left_four = Left four fingers
slap-thumbs = Both thumbs
hand-right = Right
hand-left = Left
eye-right = Right eye
eye-left = Left eye

# Devices
device-camera = Camera
device-fingerprint = Fingerprint scanner
device-iris = Iris scanner
device-card = Card reader
device-signature-pad = Signature pad
device-thermometer = Thermometer
device-printer = Printer
device-present = ready
device-absent = not connected

# Device faults: the device is named, never the person
fault-of-device = { $device }: { $what }
fault-not-found = device not found
fault-not-found-do = Connect the USB cable and switch the device on. This session is not lost.
fault-busy = device is in use by another program
fault-busy-do = Close the other program that uses the device, then press Try again.
fault-unplugged = cable of the device came loose
fault-unplugged-do = Plug the cable in again. This step goes on where it was.
fault-hung = device does not answer
fault-hung-do = Unplug the device and plug it in again, then press Try again. The applicant need not do anything.
fault-crashed = the device's program stopped
fault-crashed-do = Press Try again to start it anew. If it happens again, change the device.
fault-protocol = device gave an improper answer
fault-protocol-do = Press Try again. If it happens again, note the code and report it to the administrator.
fault-bad-data = data from the device cannot be read
fault-bad-data-do = Press Try again. If it happens again, clean or change the device.
fault-unsupported = device cannot do this task
fault-unsupported-do = Choose another device for this step.
fault-training-only = this device is for training only
fault-training-only-do = Connect a real device. Training devices are refused for real recording.
fault-reported = device reports a fault
fault-reported-do = Press Try again. If it happens again, restart the device, note the code and report it to the administrator.
fault-service-missing = the device's service is not running
fault-service-missing-do = Wait a moment: the service is tried again by itself. If it stays like this, ask the administrator to start it.
fault-untrusted = device cannot prove that it is genuine
fault-untrusted-do = Do not use this device. Change it, note the code and report it to the administrator.
fault-not-permitted = the station is not allowed to open the device
fault-not-permitted-do = Ask the administrator to give permission (see rekam doctor), then press Try again.
fault-clock-wrong = clocks of device and station differ
fault-clock-wrong-do = Set the clock of the station or the device right, then press Try again.
fault-cannot-print = document not printed yet
fault-cannot-print-do = Check the printer's paper, ink and cable. The document is kept and can be printed later.
fault-in-clear = documents would cross the network unencrypted
fault-in-clear-do = Ask the administrator for a queue on this computer that forwards by ipps, and to take `server` out of the configuration. The document is kept and can be printed later.
permit-camera = Put this user into the group video (usermod -aG video NAME) and sign in again.
permit-thermometer = Put this user into the group dialout (usermod -aG dialout NAME) and sign in again.
permit-fingerprint = Give this user access to the reader by a udev rule (docs/devices/libfprint.md) and plug it in again.
permit-card = Allow this user to use the service pcscd (polkit rule, docs/devices/card.md).
permit-printer = Allow this user to print in the settings of CUPS (cupsd.conf).

# Quality of a capture
reason-too-dry = Finger is dry
reason-too-dry-do = Wipe the fingertip on a damp cloth or the forehead, then press on the glass again.
reason-too-wet = Finger is wet or pressed too hard
reason-too-wet-do = Dry the finger with a tissue, then lay it down gently without pressing.
reason-too-little-area = Pressed too lightly
reason-too-little-area-do = Lay the whole pad of the finger flat on the glass, not only the tip.
reason-off-centre = Not in the middle
reason-off-centre-do = Move it to the middle, following the mark on the device.
reason-smudged = Finger moved
reason-smudged-do = Hold the finger still until the sound ends.
reason-ghost-print = The print of the person before is still there
reason-ghost-print-do = Clean and dry the glass, then put the finger down again.
reason-platen-wet = The glass is wet
reason-platen-wet-do = Dry the glass with a clean cloth, then check it again.
reason-platen-dirty = The glass is dirty
reason-platen-dirty-do = Clean the glass with the recommended liquid, dry it, then check it again.
reason-blank = Nothing was captured
reason-blank-do = Make sure that the finger touches the glass and the glass is clean.
reason-few-minutiae = Too few ridge details to compare
reason-few-minutiae-do = Press more evenly and repeat. If it stays low, note it as an exception.
reason-too-dark = Picture too dark
reason-too-dark-do = Add light from in front of the applicant.
reason-too-bright = Picture too bright
reason-too-bright-do = Dim the lamp or move away from the window.
reason-low-contrast = Picture is faint
reason-low-contrast-do = Clean the glass of the device, then repeat.
reason-blurred = Picture is not sharp
reason-blurred-do = Clean the lens and ask the applicant to keep still for a moment.
reason-too-small = Picture too small
reason-too-small-do = Bring the applicant nearer to the device, or choose a higher resolution.
reason-wrong-resolution = The device does not give 500 ppi
reason-wrong-resolution-do = Set the device to 500 ppi or use another scanner.
reason-no-face = No face found
reason-no-face-do = Ask the applicant to face the camera with the face uncovered.
reason-several-faces = More than one face
reason-several-faces-do = Make sure that only the applicant is in front of the camera.
reason-face-too-far = Face too far away
reason-face-too-far-do = Ask the applicant to come a little nearer.
reason-face-too-near = Face too near
reason-face-too-near-do = Ask the applicant to move back a little.
reason-background-uneven = Background is not even
reason-background-uneven-do = Straighten the backdrop or remove the shadow behind the applicant.
reason-background-colour = Background of the wrong colour
reason-background-colour-do = Change the backdrop: red for odd birth years, blue for even ones.
reason-head-cut-off = Head cut off
reason-head-cut-off-do = Move the camera until the whole head is seen.
reason-head-turned = Face turned away
reason-head-turned-do = Ask the applicant to look straight at the camera.
reason-head-tilted = Head tilted
reason-head-tilted-do = Ask the applicant to hold the head upright.
reason-chin-up = Chin too high
reason-chin-up-do = Ask the applicant to lower the chin a little.
reason-chin-down = Chin too low
reason-chin-down-do = Ask the applicant to raise the chin a little.
reason-eyes-closed = Eyes closed
reason-eyes-closed-do = Ask the applicant to open the eyes and look straight ahead.
reason-mouth-open = Mouth open
reason-mouth-open-do = Ask the applicant to close the mouth in a natural way.
reason-shadow-on-face = Shadow on the face
reason-shadow-on-face-do = Even out the light from left and right.
reason-unnatural-colour = Skin looks unnatural
reason-unnatural-colour-do = Use white light and keep coloured reflections away.
reason-face-moving = Face moved
reason-face-moving-do = Ask the applicant to hold still for a moment.
reason-mask-suspected = perhaps the mask is still on
reason-mask-suspected-do = If so, ask the applicant to take it off for a moment and take the photo again.
reason-glare-suspected = perhaps glare on the glasses
reason-glare-suspected-do = If so, tilt the glasses a little or take them off, and take the photo again.
reason-no-iris = No iris found
reason-no-iris-do = Ask the applicant to open the eyes and take off glasses or contact lenses.
reason-lids-cover = Lids cover the iris
reason-lids-cover-do = Ask the applicant to open the eyes wider and look straight at the device.
reason-empty-signature = No signature yet
reason-empty-signature-do = Ask the applicant to sign inside the box.
reason-accidental-marks = Only dots or an accidental stroke
reason-accidental-marks-do = Clear it, then ask the applicant to sign again.

# Try again: can be mended together with the applicant
retry-nothing-presented = Nothing was put on the device
retry-nothing-presented-do = Show the applicant the place, then try again.
retry-too-few-fingers = Too few fingers
retry-too-few-fingers-do = Lay down all the fingers asked for at once. A finger that is not there is noted as an exception.
retry-too-many-fingers = Too many fingers
retry-too-many-fingers-do = Lay down only the fingers asked for.
retry-wrong-finger = Fingers or hands swapped
retry-wrong-finger-do = Look at the picture of the hands, then lay down the coloured finger.
retry-too-dry = Finger is dry
retry-too-dry-do = Moisten the fingertip a little, then press again.
retry-too-wet = Finger is wet or pressed too hard
retry-too-wet-do = Dry the finger with a tissue, then lay it down gently.
retry-off-centre = Not in the middle
retry-off-centre-do = Move it to the middle of the device.
retry-moved = Moved during the capture
retry-moved-do = Hold still until the sound ends.
retry-too-short = Lifted too soon
retry-too-short-do = Leave the finger on the glass until the sound ends.
retry-lift-finger = No clear picture of the finger yet
retry-lift-finger-do = Lift the finger, wait a moment, lay it on again, and lift it once it was read.
retry-eyes-closed = Eyes closed
retry-eyes-closed-do = Ask the applicant to open the eyes and look straight ahead.
retry-no-face = No face in view
retry-no-face-do = Ask the applicant to face the camera.
retry-empty-signature = No signature yet
retry-empty-signature-do = Ask the applicant to sign inside the box.
retry-card-removed = Card taken off too early
retry-card-removed-do = Put the card down and leave it there until it has been read.
retry-not-ktp = This card is no KTP-el
retry-not-ktp-do = Put only the KTP-el on the reader; keep other cards and wallets away.
retry-several-cards = More than one card
retry-several-cards-do = Put one card only on the reader.
