# Sheets that the applicant takes home.

doc-free = FREE OF CHARGE – no fee is taken
doc-training = TRAINING
doc-page = Page { $page } of { $pages }
doc-printed = Printed { $at } at station { $station }

proof-title = PROOF OF KTP-EL RECORDING
proof-code = Record code
proof-state = State
proof-name = Name
proof-nik = NIK (identity number)
proof-time = Time of recording
proof-station = Station
proof-officer = Officer
proof-recorded = What was recorded
proof-photo = Face photo
proof-signature = Signature
proof-fingers = { $count ->
    [one] { $count } fingerprint
   *[other] { $count } fingerprints
}
proof-irises = { $count ->
    [one] { $count } iris
   *[other] { $count } irises
}
proof-exceptions = Exceptions
proof-exception = { $what } – { $reason } ({ $term })
proof-exception-signature = Signature
proof-not-before = The card is printed on { $date } at the earliest, when the applicant turns 17.
proof-ask = How to ask about the state
proof-ask-qr = Scan this QR code or tell an officer the record code { $code }. You need not tell anyone your NIK.
proof-keep = Keep this sheet until you have the card. It does not replace the KTP-el.
proof-mask = Only the last four digits of the NIK are printed, to keep your data safe.

slip-title-refused = RECORDING POSTPONED
slip-title-redirected = SENT TO ANOTHER SERVICE
slip-intro-refused = The KTP-el recording cannot be done today. Your right to be recorded is not lost.
slip-intro-redirected = Your need can be served without recording today, by the channels below.
slip-why = Why
slip-rules = Rules
slip-come-back = Come back
slip-come-back-on = From { $date }, during service hours.
slip-channels = Service channels
slip-basis = Basis: { $basis }
slip-number = Number
