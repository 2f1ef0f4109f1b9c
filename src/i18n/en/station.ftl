# The statement that the applicant reads and signs.
station-statement = I declare that the data and biometrics recorded today are my own and true, and that I have not been recorded for a KTP-el before, except as I have told the officer. I know that this recording is free of charge.
