# Identity, biodata and roster: names of fields, and for each id of src/population what happened
# (warn-<id>) and what to do (warn-<id>-do).

## Fields

field-nik = NIK
field-no_kk = Family card number (No. KK)
field-nama = Full name
field-tempat_lahir = Place of birth
field-tanggal_lahir = Date of birth
field-jenis_kelamin = Sex
field-golongan_darah = Blood group
field-alamat = Address
field-rt = RT (neighbourhood)
field-rw = RW (hamlet)
field-kelurahan = Kelurahan or desa (village)
field-kecamatan = Kecamatan (district)
field-kabupaten = Kabupaten or kota (regency)
field-provinsi = Province
field-agama = Religion or belief
field-status_perkawinan = Marital status
field-pekerjaan = Occupation
field-kewarganegaraan = Citizenship

## Roster and warnings

roster-people = { $count ->
    [one] { $count } person of the roster can be served.
   *[other] { $count } people of the roster can be served.
}
roster-errors = { $count ->
    [one] { $count } error in the roster. Its line is left out; the others can be used.
   *[other] { $count } errors in the roster. Their lines are left out; the others can be used.
}
roster-error-place = Line { $line }, column { $column }
warning-strength-soft = Worth a look
warning-strength-strong = Probably wrong
warning-reason = Officer's reason

## What happened, what to do

warn-nik-length = A NIK has 16 digits.
warn-nik-length-do = Compare it with the KK and type the NIK again.
warn-nik-character = The NIK holds a character that is no digit.
warn-nik-character-do = Type digits only; spaces, dots and hyphens may separate groups.
warn-nik-province = The NIK's first two digits are no province, present or past.
warn-nik-province-do = Compare the first two digits with the KK.
warn-nik-day = The day in the NIK (digits 7 and 8) is impossible.
warn-nik-day-do = Compare it with the KK. For women 40 is added to the day.
warn-nik-month = The month in the NIK (digits 9 and 10) is impossible.
warn-nik-month-do = Compare it with the KK; months run from 01 to 12.
warn-nik-date = The date in the NIK (digits 7 to 12) never existed.
warn-nik-date-do = Compare day, month and year with the KK.
warn-nik-serial = The NIK's serial (last four digits) cannot be 0000.
warn-nik-serial-do = Compare the last four digits with the KK.
warn-kk-length = A No. KK has 16 digits.
warn-kk-length-do = Compare it with the KK and type the number again.
warn-kk-character = The No. KK holds a character that is no digit.
warn-kk-character-do = Type digits only; spaces, dots and hyphens may separate groups.
warn-kk-province = The No. KK's first two digits are no province, present or past.
warn-kk-province-do = Compare the first two digits with the KK.
warn-nik-birth-date-mismatch = The date in the NIK differs from the birth date.
warn-nik-birth-date-mismatch-do = A NIK is for life and is never changed. Compare it with the KK, then record the reason.
warn-nik-sex-mismatch = The sex by the NIK differs from the biodata.
warn-nik-sex-mismatch-do = The centre will ask for validation. Make sure that the NIK is the applicant's, then record the reason.
warn-nik-equals-no-kk = NIK and No. KK are the same number.
warn-nik-equals-no-kk-do = Check again: the No. KK stands at the top of the KK, the NIK in the line with the applicant's name.
warn-nik-looks-like-no-kk = The number typed as NIK looks like a No. KK.
warn-nik-looks-like-no-kk-do = Take the NIK from the line with the applicant's name on the KK. If it is right, record the reason.
warn-nik-district-unknown = The district code in the NIK is not in the current list.
warn-nik-district-unknown-do = Codes of former districts stay valid in a NIK. Compare it with the KK, then record the reason.
warn-nik-province-historic = The NIK carries the code of a former province.
warn-nik-province-historic-do = The NIK stays valid. Compare it with the KK, then record the reason.
warn-outside-domicile = The applicant lives outside this kabupaten or kota.
warn-outside-domicile-do = The biodata must not be changed here. Make sure that the applicant is here in person with F-1.02 and KK, then record the reason.
warn-age-over-110 = By the birth date the applicant is older than 110 years.
warn-age-over-110-do = Compare the year of birth with the KK, then record the reason.
warn-birth-date-in-future = The birth date lies after today.
warn-birth-date-in-future-do = Compare the birth date with the KK and check the computer's clock.
warn-kk-date-implausible = The date in the No. KK is implausible.
warn-kk-date-implausible-do = Compare the No. KK with the KK, then record the reason.
warn-kk-looks-like-nik = The number typed as No. KK looks like a NIK.
warn-kk-looks-like-nik-do = Take the No. KK from the top of the KK. If it is right, record the reason.
warn-same-family-same-birth = Another person on the same KK has the same birth date.
warn-same-family-same-birth-do = Make sure that they are twins and not one person with two NIKs, then record the reason.
warn-field-empty = This field is empty.
warn-field-empty-do = Fill it in as on the KK.
warn-field-too-long = The value is too long.
warn-field-too-long-do = Use at most 200 characters.
warn-field-control-character = The value holds an invisible character.
warn-field-control-character-do = Clear the field and type it again.
warn-value-not-in-list = The value is not in the list.
warn-value-not-in-list-do = Choose from the list as on the KK. For foreigners give the country.
warn-rt-rw-three-digits = RT and RW have three digits.
warn-rt-rw-three-digits-do = Type three digits, such as 001; 000 where there is none.
warn-name-empty = The name is empty or holds no letter.
warn-name-empty-do = Type the name as on the KK. One word is enough.
warn-name-control-character = The name holds an invisible character.
warn-name-control-character-do = Clear the name and type it again.
warn-name-too-long = The name is longer than 200 characters.
warn-name-too-long-do = Check whether other text was pasted with it.
warn-name-long = The name is longer than 60 characters.
warn-name-long-do = Names on record stay valid. Compare it with the KK.
warn-name-digits = The name holds digits.
warn-name-digits-do = Compare it with the KK; mind letter O and digit 0, letter I and digit 1.
warn-name-not-latin = The name holds letters that are not Latin.
warn-name-not-latin-do = Type the name in Latin letters as on the KK.
warn-name-symbols = The name holds an unusual symbol.
warn-name-symbols-do = Compare it with the KK and remove what is not there.
warn-roster-too-large = The roster file is too large.
warn-roster-too-large-do = Split the file; the limit is 64 MB.
warn-roster-encoding = The roster file is not UTF-8.
warn-roster-encoding-do = Save it again as CSV UTF-8.
warn-roster-encoding-utf16 = The roster file is UTF-16.
warn-roster-encoding-utf16-do = Save it again as CSV UTF-8, not as Unicode Text.
warn-roster-empty = The roster file is empty.
warn-roster-empty-do = Choose another file or start from the template.
warn-roster-header-missing = The first line does not name the columns.
warn-roster-header-missing-do = Add the header line of the template.
warn-roster-column-missing = A required column is missing.
warn-roster-column-missing-do = Add this column as in the template.
warn-roster-column-unknown = This column is unknown and was left out.
warn-roster-column-unknown-do = Check the spelling of its heading; if it is an extra column, no action is needed.
warn-roster-column-twice = This column occurs more than once.
warn-roster-column-twice-do = Remove one of them.
warn-roster-too-many-rows = The roster has more than 200,000 lines; the rest was not read.
warn-roster-too-many-rows-do = Split the file by school or kelurahan.
warn-roster-line-fields = This line has another number of values than there are columns.
warn-roster-line-fields-do = Check separators and quotation marks in this line.
warn-roster-line-unreadable = This line cannot be read.
warn-roster-line-unreadable-do = Check the quotation marks in this line.
warn-nik-twice = This NIK stands on more than one line; none of them is used.
warn-nik-twice-do = Keep the line that is right and load the roster again.
warn-nik-scientific = A spreadsheet turned this number into the form 3.2E+15 and lost digits.
warn-nik-scientific-do = Set the column to text, enter the number again and save.
warn-date-unreadable = The date cannot be read or never existed.
warn-date-unreadable-do = Write it as dd-mm-yyyy, such as 09-12-2003.
warn-too-many-errors = There are too many errors; the rest is not shown.
warn-too-many-errors-do = Correct those above and load the roster again.
