# Words of the session screens, the start page and the questions.

# Top bar
training-banner = TRAINING – not a real recording
station-name = Station { $id }
sign-out = Sign out

# Sign-in
sign-in-title = Sign in
sign-in-station = Recording station { $station }
sign-in-who = Who is on duty?
sign-in = Sign in
sign-in-checking = Checking the passphrase …
sign-in-nobody = No officer is registered at this station.
sign-in-nobody-do = Ask a supervisor to register officers with “rekam officer add”.

# Start page
new-applicant = New applicant
new-applicant-hint = Begins with the health check. A running session is parked, not lost.
limits-title = Today's rules
limits-policy = Policy in force
limits-temperature = Temperature limit
limits-at-most = at most { $value }
limits-quota = Daily quota
limits-quota-value = { $count } people
limits-no-quota = no quota
waiting-title = Waiting sessions ({ $count })
waiting-at = { $step } · { $time } · { $why }
waiting-parked = parked by the officer
waiting-interrupted = interrupted
waiting-not-before = Second reading from { $time }
take-up = Continue { $name }
discard = Discard { $name }
applicant-unknown = Applicant not yet named
queue-title = Queue to be sent ({ $count })
queue-empty = No record at this station yet.
queue-name-expired = Name already removed from the station
page-newer = Newer
page-older = Older
page-of = Page { $page } of { $pages }

# Frame of a session
abandon = Give up
please-wait = Please wait …
judge-and-go-on = Check and go on
look-up = Look up
seal-now = Save the recording
blocked-by = Missing: { $list }
blocked-by-more = Missing: { $list }; and { $count } more
unkept = The last step is not on disk yet.
unkept-do = Free some disk space or check its permissions. The session goes on and saving is tried again by itself.
unkept-retry = Save again now
applicant = Applicant
applicant-photo = The applicant's photo
requirements-title = Open requirements
requirement-denied = Denied by the supervisor
devices-title = Devices
device-working = working
device-opening = being opened
restart-device = Restart { $device }
use-device = Use { $device }

# Captures
capture-cancel = Stop
capture-cancelling = Stopping …
capture-running = { $what }: under way
capture-temperature-applicant = Measure the applicant
capture-temperature-officer = Measure the officer
capture-face = Take the photo
capture-signature = Start on the signature pad
capture-slap = Capture { $name }
capture-boxes = Cut { $name } again
capture-platen = Check the empty glass
capture-finger = Capture { $name }
capture-irises = Capture both irises
capture-verify = Verify { $name }
capture-reverify = Match { $name }
capture-exception-photo = Photograph the exception
capture-evidence-photo = Photograph the document
during-temperature = Point the thermometer at the forehead from the distance written on it.
during-face = The applicant looks straight at the camera, face uncovered, mouth closed.
during-signature = The applicant signs on the pad, then presses done.
during-slap = The applicant lays the fingers flat on the glass and keeps still.
during-boxes = The fingers are cut from the same picture with the corrected boxes.
during-platen = Keep all fingers off the glass.
during-finger = The applicant lays the wanted finger on the glass and keeps still.
during-irises = The applicant looks into the device, eyes wide open.
during-document = Hold the document or show the condition in front of the camera.
retry-of = { $name }: { $what }
retry-found = { $what } (matches { $name })
retry-wrong-hand = The other hand
retry-wrong-hand-do = These fingers are recorded for the other hand already. Look at the picture and repeat with the right hand.
retry-other-hand = This looks like the other hand
retry-other-hand-do = The fingers do not lie as those of the hand that is wanted. Look at the picture of the hand and repeat. If it was right, just repeat: after a few times the officer decides.
retry-missing-disagrees = The fingers there differ from the exceptions declared
retry-missing-disagrees-do = See which finger is really missing, then correct the exception or repeat.
retry-officer-finger = This fingerprint is an officer's
retry-officer-finger-do = Clean the glass, keep the officer's fingers away, then capture the applicant's finger again.
retry-same-eye = The same eye twice
retry-same-eye-do = Capture the right eye and the left eye each, then repeat.
retry-platen-unsupported = This device cannot picture the empty glass
retry-platen-unsupported-do = Look at the glass, then go on.
retry-platen-dirty = The glass is not clean
retry-platen-dirty-do = Clean and dry the glass, then check it again.
retry-duplicate-finger = This finger is recorded already
retry-duplicate-finger-do = Lay down the wanted finger, not the same one twice.
retry-no-match = The finger does not match the recorded one
retry-no-match-do = Make sure that it is the same person and the right finger, clean the glass, then repeat.
retry-replay = The very same picture was received before
retry-replay-do = Capture from the living person again. If it repeats, report the device.
retry-low-quality = Quality is not enough yet
retry-low-quality-do = Repeat without hurry. After a few tries the best one may be accepted with a reason.
accept-best = Accept the best one
skip-verification-title = Go on without verification?
skip-verification-body = Write why, e.g. the reader does not work. A supervisor must approve before the record is stored.
skip-verification-yes = Go on
accept-best-title = Accept the best one?
accept-best-body = The quality is still below the limit. The reason goes into the record.
accept-best-yes = Accept
come-back = Come back when healed
quality-enough = good enough

# Device faults
fault-title = { $device } has failed
fault-nothing-lost = The device has failed; the applicant did nothing wrong. Nothing recorded so far is lost.
fault-without-thermometer = Type the temperature
fault-without-thermometer-do = The reading of a hand-held thermometer may be typed.
fault-without-pad = Sign on the screen
fault-without-pad-do = The applicant signs with pen or mouse in the box on the screen.
fault-without-reader = Go on with an exception
fault-without-reader-do = The exception “no working device” needs a picture and a supervisor's approval.
without-device-title = Go on without the device?
without-device-fingers = Noted as a temporary exception “the station has no device that works”: { $names }.
without-device-irises = Noted as a temporary exception “the station has no device that works”: { $names }.
without-device-kept = What is recorded already is kept.
without-device-yes = Note it and go on
fault-without-verify = Go on without verification
fault-without-verify-do = The fingers that are recorded are kept; a supervisor's approval stands for the verification.
fault-without-reverify = Back to the check
fault-without-reverify-do = A second officer who sees the person can state that it is the same one.
reverify-second = A second officer states that it is the same person
reverify-second-do = Where the reader does not work or the finger does not match, another officer checks the person and the documents.
fault-without-other = Back to the step
fault-without-other-do = Replace or mend the device, then repeat; the session can be parked meanwhile.
reverify-title = Make sure it is the same person
reverify-why = This session goes on after a break. Match the applicant's { $finger } with the recorded one.
reverify-failed = Tries without a match: { $count }. After four a second officer may vouch.

# End of a session
next-applicant = Next applicant
serve-another = Serve another applicant
take-up-now = Measure again now
parked-title = Session parked
parked-why = Every finished step is kept at this station. Continue from the start page at any time.
second-reading-title = Waiting for the second reading
second-reading-from = Second reading from { $time }
second-reading-what = Let the applicant rest in the shade. Serve another meanwhile; this session waits on the start page.
way-on = What the applicant can do
way-on-ask = Ask the information desk of this office.
come-back-from = Come back from
abandoned-what = An officer gave this session up. Its draft was removed; the applicant can begin afresh.
rule-nik-in-queue = This NIK is recorded and waits in this station's queue.
rule-nik-in-queue-do = Do not record twice. Give the record's code from the queue, or point to the correction desk.
rule-temporary-exception = A passing condition keeps from recording.
rule-temporary-exception-do = Ask the applicant to come back when it has healed.
rule-supervisor-denied = The supervisor did not approve this case.
rule-supervisor-denied-do = Explain why, and the other channels.
rule-abandoned = The session was given up by the officer.
rule-abandoned-do = The reason stands in the audit trail.
document-proof = Proof of recording
document-slip = Notice for the applicant
document-saved = Saved as { $name } ({ $size } KiB). Print it and hand it over, free of charge.
proof-again = Make the proof again
proof-making = The proof of recording is being made …
proof-failed = The proof could not be made; the record itself is safe.
proof-failed-do = Check the printer, then make it again.
record-code = Record code
what-next = What happens next
disinfect-title = Before the next applicant, disinfect
disinfected = { $device } has been disinfected
disinfect-first = { $device } has not been disinfected since the applicant before
disinfect-first-do = Wipe the surfaces that are touched with disinfectant, wait until they are dry, then press the button at the bottom right.
disinfect-locks = The device stays locked for the next applicant until its disinfection is stated here.
hands-dry = The applicant's hands are drying: { $left }
hands-dry-do = Wet hands give poor prints. Better wait until they are dry.

# Questions
abandon-title = Give this session up?
abandon-body = All that was recorded in this session is removed. To go on later choose Park instead.
abandon-yes = Give up
discard-draft-title = Discard the interrupted session?
discard-draft-body = All that was recorded in it is removed for good.
discard-draft-yes = Discard
decide = Ask for the decision
decide-here = Decide at this station
decide-now = Decide: { $what }
decide-for = Decide now: { $what }
decide-title = Another officer decides
decide-rule = Neither the serving officer nor the applicant decides; the other officer uses their own passphrase.
decide-nobody = No other officer of this station may decide.
decide-nobody-do = Park this session until a supervisor is here.
decide-secret = Passphrase of who decides
decide-note = Note on the decision
decide-note-hint = May stay empty
decide-approve = Approve
decide-deny = Deny
exception-title = Cannot be recorded?
exception-why = Reason
exception-term = For how long
exception-declare = Record the exception
exception-follows = An exception needs a picture and another officer's approval before saving.
exception-declared = Exception: { $reason } ({ $term })
exception-declared-do = If it can be recorded after all, withdraw the exception.
exception-withdraw = Withdraw the exception
exception-photo-name = Picture of the exception { $number }
cannot-sign = Cannot sign
cannot-sign-what = The reason and a second officer's confirmation stand in for the signature.
cannot-sign-missing = Has no hand or fingers to write with
cannot-sign-bandaged = Hand bandaged or hurt
cannot-sign-deformed = The hand's shape does not allow it
cannot-sign-unreadable = The device cannot read the signature
cannot-sign-cannot_cooperate = The applicant cannot be guided
cannot-sign-no_device = No working signature pad
cannot-sign-declared = Recorded as an exception; a second officer confirms before saving.
can-sign = Can sign after all

# What is missing
blocker-evidence = evidence { $name }
blocker-warning = a reason for “{ $name }”
blocker-approval = approval: { $name }
blocker-field = check { $name }
blocker-verify = verify { $name }
blocker-step = step { $name }
blocker-fingers = { $count } fingers not recorded
blocker-temperature-officer = the officer's temperature
blocker-temperature-applicant = the applicant's temperature
blocker-symptoms-officer = the officer's answer on symptoms
blocker-symptoms-applicant = the applicant's answer on symptoms
blocker-second-reading-officer = the officer's second reading
blocker-second-reading-applicant = the applicant's second reading
blocker-second-reading-wait-officer = the wait before the officer's second reading
blocker-second-reading-wait-applicant = the wait before the applicant's second reading
blocker-recorded-before = the answer to “ever recorded?”
blocker-urgency-class = the kind of case
blocker-correction-document = the document for the correction
blocker-read-aloud = reading the biodata aloud
blocker-applicant-confirms = the applicant's word that it is right
blocker-photo = the photo
blocker-photo-quality = a photo that is good enough
blocker-photo-background = a reason for the background, or the software background
blocker-photo-approval = the applicant's approval of the photo
blocker-signature = the signature
blocker-hands-swapped = the swapped hand captured again
blocker-exception-photo = the picture of the exception
blocker-statement-confirmed = the applicant reads the statement
blocker-statement-signature = the signature under the statement
blocker-identical-sample = a real second capture of the finger
blocker-other = something else on this step
requirement-reason-biodata-correction = correction of biodata
requirement-reason-cannot-sign = the applicant cannot sign
requirement-reason-verification = fingers without verification
requirement-reason-same-finger = the same finger is in record { $record }
requirement-reason-officer-finger = a finger that keeps matching an officer's
requirement-reason-same-eye = both eyes look the same
requirement-reason-reverify = the same person as before
requirement-reason-quota-jump = served beyond the quota
requirement-reason-outside-domicile = domicile elsewhere
requirement-reason-exceptions-fingers = { $count ->
    [one] { $count } finger
   *[other] { $count } fingers
} not recorded
requirement-reason-exceptions-irises = { $count ->
    [one] { $count } eye
   *[other] { $count } eyes
} not recorded
requirement-reason-exception = { $name } not recorded
requirement-reason-other = another case

# Health
venue = Place of service
person-applicant = Applicant
person-officer = Officer
temperature-applicant = The applicant's temperature
temperature-officer = The officer's temperature
temperature-note-applicant = Note the applicant's temperature
temperature-note-officer = Note the officer's temperature
temperature-at = measured at { $time }
temperature-above = Above the limit of { $limit }
temperature-implausible = A body temperature is { $least } to { $most }: check the number
symptoms-no-applicant = The applicant has no symptoms
symptoms-yes-applicant = The applicant has symptoms
symptoms-no-officer = The officer has no symptoms
symptoms-yes-officer = The officer has symptoms
door-ticket = Door officer's ticket
door-ticket-hint = If the temperature was taken at the door
treating-doctor-when = A patient with fever is served if the treating doctor is named and protective equipment is worn.
health-passed = The health check has passed.
health-passed-do = Go on to the next step.

# Identity
identity-first = Type the NIK and the family card number
identity-first-do = Both are on the family card. When both are complete, look the applicant up.
identity-bound = NIK and family card number cannot change any more
identity-bound-do = Biometrics are recorded in this session. For another person begin a new one.
look-up-running = Looking in queue and roster …
look-up-failed = The look-up did not answer
look-up-failed-do = Press Look up once more.
look-up-found = Found in the roster
look-up-found-do = Compare the name with the family card in hand.
look-up-not-found = Not in the roster
look-up-not-found-do = Type the following from the family card.
recorded-before = Ever recorded for a KTP-el?
recorded-before-no = Never
recorded-before-yes = Recorded before
birth-date-digits = Date of birth (day, month, year)
date-impossible = There is no such date.
warning-answer = The officer's reason: { $what }

# Urgency
urgency-class = What is it needed for?
urgency-none = Not urgent
urgency-none-what = The applicant is pointed to other channels and gets a notice.
urgency-needs-supervisor = This kind of case needs a supervisor's approval.
urgency-passed = The urgency has been checked.
urgency-passed-do = Go on to the next step.
evidence-title = Evidence to be seen
evidence-choose-first = Choose the kind of case first.
evidence-seen = I have seen the original
evidence-photo-hint = Where needed, five pictures at most.
evidence-photo-name = Picture of the document { $number }
quota-jump = Ask for a place beyond today's quota
quota-jump-do = Today's quota is used up; a supervisor decides.

# Approval
approval-none = No approval is needed
approval-none-do = Go on to the next step.
approval-given = Approved.
approval-waits = Waiting for a decision. Call a supervisor, or park this session and serve another.
approval-being-asked = The request is being made out …

# Biodata
biodata-person = Person
biodata-address = Address
biodata-status = Other details
biodata-locked = The biodata have been signed for
biodata-locked-do = To change them, take the statement back on its step first.
corrections-title = Corrections
corrections-what = Differs from the roster: needs a document and a second officer's confirmation.
correction-empty = (empty)
correction-document = Document the correction rests on
correction-document-hint = for example birth certificate and its number
read-aloud-open = Show for reading aloud
read-aloud-title = Read to the applicant
read-aloud-how = Read slowly, one by one, and let the applicant correct what is wrong.
read-aloud-done = Read aloud
read-aloud = The biodata were read aloud
read-aloud-do = Every field, not the name alone
biodata-confirmed = The applicant says that the biodata are right
biodata-confirmed-do = After hearing or reading them

# Photo
photo-live = Live picture of the camera
photo-guide = Face inside the line, looking straight, mask off for this moment only.
photo-captured = The captured photo
photo-none = No photo yet.
photo-again = Take it again
photo-taken = The photo is taken
photo-approved = The applicant approves this photo.
approve-photo = The applicant approves
photo-chosen = Best of { $count } pictures
background-red = Red backdrop: odd year of birth
background-blue = Blue backdrop: even year of birth
background-free = No background is required at this place.
background-right = The background follows the rule
background-wrong = The background does not follow the rule
background-excepted = The background differs; the reason is noted
background-unknown = The background could not be measured
background-unknown-do = Look for yourself: it must be { $rule }.
background-replaced = The background was replaced by software
background-replaced-do = The original photo is kept.
background-measured = Measured
background-rule = Rule
background-swatch = { $name } is { $colour }
background-software = Use the software background
background-camera = Back to the real background
background-reason = Reason for another background
background-reason-hint = or another reason
background-reason-missing-cloth = No backdrop here
background-reason-damaged-cloth = Backdrop damaged
background-reason-place = Not possible at this place
colour-red = red
colour-blue = blue
colour-orange = orange
colour-yellow = yellow
colour-green = green
colour-purple = purple
colour-white = white
colour-grey = grey
colour-black = black
suspicion = Look for yourself: { $what }

# Live guidance for the photo: one sentence, to be said to the applicant
guide-wait = Waiting for the camera …
guide-take = Good. Take the photo now.
guide-hold = Good. Hold still.
guide-no-face = Face the camera
guide-several-faces = Only the applicant in front of the camera
guide-face-too-far = Come a little nearer
guide-face-too-near = Move back a little
guide-off-centre = Move to the middle of the line
guide-too-dark = Face too dark: add light
guide-too-bright = Face too bright: less light
guide-low-contrast = Face not clear: even out the light
guide-blurred = Blurred: do not move
guide-too-small = Come nearer to the camera
guide-head-cut-off = Head cut off: move the camera
guide-head-turned = Look straight at the camera
guide-head-tilted = Hold the head upright
guide-chin-up = Lower the chin a little
guide-chin-down = Raise the chin a little
guide-eyes-closed = Open the eyes
guide-mouth-open = Close the mouth
guide-face-moving = Do not move
guide-shadow-on-face = Shadow on the face: even out the light
guide-unnatural-colour = Skin looks unnatural: change the light
guide-background-colour = Face good, backdrop of the wrong colour
guide-background-uneven = Face good, straighten the backdrop
guide-mask-suspected = Look: perhaps the mask is still on
guide-glare-suspected = Look: perhaps glare on the glasses

# Signature
signature-what = This signature is printed on the card. As the applicant always signs.
signature-how = With pen, finger or mouse inside the box.
signature-kept = The recorded signature
sign-again = Sign again
sign-in-box = Sign in the box
use-drawn = Use this signature

# Fingers
fingers-next = Now: { $slap }
fingers-complete = All ten fingers are complete
fingers-complete-excepted = { $count ->
    [one] { $count } finger
   *[other] { $count } fingers
} recorded, the others are exceptions
fingers-next-single = Now: { $finger } (single-finger reader: lay it on, lift it once it was read)
fingers-press = Press a finger to capture it alone or to record an exception.

# Irises
slap-picture = Last picture: { $slap }
slap-box-press = Press a box to correct it.
slap-boxes-open = Correct boxes
boxes-title = Correct boxes: { $slap }
boxes-how = Choose a finger, then move its box with the mouse or the buttons. A box holds the fingertip, from the tip to the first crease.
boxes-missing = No box yet
boxes-add = Add a box
boxes-refused = Boxes overlap or lie outside of the picture
boxes-refused-do = Every finger needs a box of its own inside the picture.
boxes-use = Use these boxes
box-left = Move left
box-right = Move right
box-up = Move up
box-down = Move down
box-wider = Wider
box-narrower = Narrower
box-taller = Taller
box-shorter = Shorter
box-turn-left = Turn left
box-turn-right = Turn right
slap-note-touching = Fingers touch
slap-note-cut-off = Cut off at the edge of the glass
slap-note-rotated = The hand is turned too far
slap-note-wrong-hand = This looks like the other hand
slap-note-too-few-fingers = Fingers are missing
slap-note-too-many-fingers = Too many fingers, or dirt
slap-note-missing-disagrees = Differs from the exceptions
slap-note-blank = No finger on the glass
slap-note-ambiguous = The place of a finger is in doubt
slap-note-partial = Only the tip of a finger
slap-note-other = Check the boxes in the picture
platen-clean = The glass is clean.
platen-not-clean = The glass is not clean.
irises-what = Glasses and lenses off. Eyes wide open, looking straight into the device.
irises-press = Press an eye to record an exception.

# Verification
verification-what = The two chip fingers are captured once more and matched with the recorded ones.
verification-none = No finger can be verified
verification-none-do = All fingers are excepted; a supervisor approves before saving.
chip-finger-weak = { $first } is too weak for the chip; { $used } is used
chip-finger-not-matching = { $first } failed to match several times; { $used } is used
verification-recorded = { $name }, first capture
verification-again = { $name }, captured again
verification-failed = Tries without a match: { $count }
verification-except = Go on without verification, with an approval
verified = Matches (score { $score }, limit { $threshold })
not-verified = Not verified yet
identical-sample = The second capture is the very same picture as the first
identical-sample-do = Possible with training devices only; refused in production.

# Statement
review-title = Review with the applicant
review-fingers = Fingers: { $count } recorded, { $missing } excepted
review-irises = Irises: { $count } recorded, { $missing } excepted
review-no-signature = No signature (exception)
statement-title = The applicant's statement
statement-confirmed = The applicant has read this statement or heard it read
statement-confirmed-do = Then the applicant signs below

# Seal
finger-search-failed = The fingers could not be compared with other records
finger-search-failed-do = Compare them again. If it fails again, the recording can be saved all the same, and it is noted.
finger-search-again = Compare again
finger-search-waits = The fingers are being compared with other records …
finger-search-waits-do = Saving begins by itself.
seal-ready = All is complete
seal-ready-do = Save the recording. Once saved, only the centre can open it.
seal-open = Cannot be saved yet
seal-open-do = Finish the following; each line leads to its step.
seal-failed = Saving failed; nothing is lost
seal-failed-do = Check the disk space, then press Save the recording again.
sealing = Saving …
sealing-do = Do not switch the station off.
go-to-step = Go to { $name }
