# The applicant's screen: large and simple words.
applicant-window = Applicant's screen
applicant-open = Open the applicant's screen
applicant-close = Close the applicant's screen
applicant-signs = The applicant signs on their own screen.
applicant-welcome = Welcome
applicant-welcome-do = Please wait. The officer will call you.
applicant-done = Thank you
applicant-done-do = Your recording is complete. Take the proof from the officer, free of charge.
applicant-ask = Thank you
applicant-ask-do = The officer will explain what comes next.
applicant-live = Live picture of the camera
applicant-clear = Clear
applicant-signed = I have signed
signature-seen = Signature on the applicant's screen

applicant-do-health = The officer measures your temperature and asks about your health.
applicant-do-identity = Tell your NIK, and hand your family card to the officer.
applicant-do-urgency = The officer checks the reason for the recording. Have your letters ready.
applicant-do-approval = Please wait for the approval.
applicant-do-biodata = Check these data. Tell the officer if anything is wrong.
applicant-do-photo = Take off mask and glasses, then look at the camera.
applicant-do-signature = Sign in this box, as it will be printed on your KTP-el.
applicant-do-fingers = Put your fingers on the reader as the officer tells you.
applicant-do-irises = Open your eyes wide and look at the device.
applicant-do-verification = Put the finger that the officer asks for on the reader once more.
applicant-do-statement = Read this statement. If it is true, sign it.
applicant-do-seal = The officer saves your recording.
