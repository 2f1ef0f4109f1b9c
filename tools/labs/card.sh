# Lab of card readers: the real pcscd with vsmartcard's virtual reader, `rekam-sim card` as the card and as the SAM, and
# the station's driver. Sourced by `./dev lab card`; uses its root, target, work, say, die, make_work, set_up, build.
#
# Needs root (pcscd keeps its socket under /run) and no other pcscd. Prints a line per check, then one JSON object.
# Variables: LAB_KEEP=yes keeps the folder with all output; LAB_READS=N readings in a row for the times (default 20).

lab_packages='pcscd vsmartcard-vpcd libpcsclite1'
reads=${LAB_READS:-20}

[ "$(id -u)" = 0 ] || die "lab card: run it as root: pcscd keeps its socket under /run"
if pidof pcscd >/dev/null; then
    die "lab card: pcscd is running already; stop it first (systemctl stop pcscd.socket pcscd)"
fi
set_up "$build_packages $lab_packages"
build
make_work
rekam=$target/debug/rekam
sim=$target/debug/rekam-sim
pcscd='' card='' sam='' watcher=''
checks=0 failed=0

stop() { if [ -n "$1" ]; then kill "$1" 2>/dev/null || :; wait "$1" 2>/dev/null || :; fi; }

lab_end() {
    stop "$watcher"
    stop "$card"
    stop "$sam"
    stop "$pcscd"
    if [ "${LAB_KEEP:-no}" = yes ]; then say "lab card: kept $work"; work=''; fi
    tidy_up
}
trap lab_end EXIT

# The readers of the lab, whatever else this machine has configured.
cat >"$work/readers" <<END
FRIENDLYNAME "Virtual PCD"
DEVICENAME   /dev/null:0x8C7B
LIBPATH      $(find /usr/lib -name 'libifdvpcd.so' | head -n 1)
CHANNELID    0x8C7B
END
cat >"$work/config.toml" <<'END'
[devices.card]
driver = "pcsc"
reader = "Virtual PCD 00 00"
sam = "Virtual PCD 00 01"
END
REKAM_CONFIG=$work/config.toml
export REKAM_CONFIG

start_pcscd() {
    pcscd --foreground --config "$1" >>"$work/pcscd.log" 2>&1 &
    pcscd=$!
}
kill_pcscd() {
    kill -9 "$pcscd" 2>/dev/null || :
    wait "$pcscd" 2>/dev/null || :
    pcscd=''
}

# lay ARGUMENTS...: a card with these arguments instead of the one before. pcscd looks for cards every 0.4 s: a faster
# change than a hand can make would go unseen.
lay() {
    stop "$card"
    sleep 1
    "$sim" card "$@" >"$work/card.log" 2>&1 &
    card=$!
}

check() {
    checks=$((checks + 1))
    if [ "$2" = yes ]; then
        printf 'ok    %s\n' "$1"
    else
        failed=$((failed + 1))
        printf 'FAIL  %s: %s\n' "$1" "$(tr '\n' ' ' <"$work/out" | cut -c1-300)"
    fi
}

# reads_as NAME WORDS ARGUMENTS...: `rekam card read` prints (to stdout or stderr) something with these words, in time.
reads_as() {
    name=$1 words=$2
    shift 2
    timeout 60 "$rekam" card read --json "$@" >"$work/out" 2>&1 && ended=0 || ended=$?
    found=no
    [ "$ended" = 124 ] || { grep -q -- "$words" "$work/out" && found=yes; }
    check "$name" "$found"
}

# same FILE FILE: yes when they hold the same bytes.
same() { if cmp -s "$1" "$2"; then echo yes; else echo no; fi; }

# watched WORDS WITHIN_S: waits until the watcher has said it.
watched() {
    left=$(($2 * 10))
    while [ "$left" -gt 0 ]; do
        if grep -q -- "$1" "$work/watch.log"; then echo yes; return; fi
        sleep 0.1
        left=$((left - 1))
    done
    echo no
}

watch_cards() {
    stop "$watcher"
    : >"$work/watch.log"
    "$rekam" card watch --uid --json >"$work/watch.log" 2>&1 &
    watcher=$!
}

say "lab card: $(pcscd --version 2>&1 | head -n 1)"
"$sim" card --write-photo "$work/photo.jpg" --write-biodata "$work/biodata"
"$sim" card --print-sam-secret >"$work/secret"

echo "# without the service"
reads_as "service missing is told" 'DEV-11.*pcscd' --wait-s 3

echo "# readers and the free part"
start_pcscd "$work/readers"
lay
reads_as "type A card is read" '"card_type":"a".*"is_ktp":true' --uid --photo "$work/read.jpg" --wait-s 20
check "the UID is whole where it is asked for" "$(grep -q '"uid":"0452454b414d01"' "$work/out" && echo yes || echo no)"
check "the photo is the card's, byte for byte" "$(same "$work/photo.jpg" "$work/read.jpg")"
check "the photo file is for its owner only" "$([ "$(stat -c %a "$work/read.jpg")" = 600 ] && echo yes || echo no)"
reads_as "the UID is masked otherwise" '"uid":"\*\*\*\*\*\*\*\*\*\*4d01"'
"$rekam" devices list --json >"$work/out" 2>&1 || :
check "devices list names the reader" "$(grep -q 'pcsc-card-virtual-pcd-00-00' "$work/out" && echo yes || echo no)"
reads_as "a reader that is not there is told" 'DEV-01' --reader nowhere
lay --type b --uid 0102030405060708
reads_as "type B, serial number by 00 DD" '"card_type":"b".*"uid":"0102030405060708"' --uid
lay --type b --uid 0102030405060708 --serial-command df
reads_as "type B, serial number by 00 DF" '"card_type":"b".*"uid":"0102030405060708"' --uid
lay --other-card
reads_as "another card is no KTP-el" '"is_ktp":false' --wait-s 20
for fault in chunk:112 exact:100 get-response slow:40; do
    lay --fault "$fault"
    rm -f "$work/read.jpg"
    reads_as "photo with $fault" '"photo_media_type":"image/jpeg"' --photo "$work/read.jpg"
    check "photo with $fault is the card's" "$(same "$work/photo.jpg" "$work/read.jpg")"
done

lay
if timeout 300 "$rekam" devices check card --json >"$work/out" 2>&1; then kept=yes; else kept=no; fi
check "the driver keeps its promises (rekam devices check card)" "$kept"

echo "# removal"
for command in 1 3 6 20; do
    lay --fault "remove:$command" --away-ms 600000
    reads_as "removed at command $command" 'taken off too early' --photo "$work/none.jpg" --wait-s 10
done
reads_as "nothing on the reader" 'no card' --wait-s 1
# A card that goes and comes: the reading begins when it lies still.
lay --stay-ms 60 --away-ms 100
sleep 1
lay
reads_as "after a card that bounced" '"is_ktp":true'

echo "# hostile cards"
hostile() {
    fault=$1 words=$2
    shift 2
    lay --fault "$fault" "$@"
    reads_as "hostile: $fault" "$words" --photo "$work/none.jpg" --wait-s 15
}
hostile endless 'DEV-06'
# 2,000 answers of one byte, or the deadline before them.
hostile crumbs 'DEV-06.*crumbs\|DEV-04'
# vpcd waits for more after an empty answer, so the deadline ends it.
hostile half:3 'DEV-06\|DEV-04'
hostile empty:3 'DEV-06\|DEV-04'
hostile long:5:300 'DEV-06\|DEV-10'
hostile long:5:60000 'DEV-06\|DEV-10'
hostile status:3:6f00 'DEV-10.*file-sw-6f00'
hostile status:5:6581 'DEV-10.*read-sw-6581'
hostile status:4:6b00 'DEV-10.*read-sw-6b00'
hostile slow:4000 'DEV-04'
lay --photo-length 65535
reads_as "hostile: a photo of 65535 bytes" 'DEV-06.*65535' --photo "$work/none.jpg"
lay --photo-length 0
reads_as "a card without photo" 'gave no photo' --photo "$work/none.jpg"
printf '<html>no picture</html>' >"$work/page"
lay --photo "$work/page"
reads_as "hostile: a photo that is none" 'DEV-07.*no JPEG' --photo "$work/none.jpg"
lay
reads_as "an honest card after all of them" '"is_ktp":true' --photo "$work/read.jpg"

echo "# SAM in the second reader"
"$sim" card --sam >"$work/sam.log" 2>&1 &
sam=$!
sleep 1
reads_as "protected part" '"genuine":true' --sam-secret "$work/secret" --protected "$work/protected.json" --photo "$work/read.jpg"
nik=$(sed -n 's/^"\([0-9]*\)".*/\1/p' "$work/biodata")
check "biodata are the card's" "$(grep -q "\"nik\": \"$nik\"" "$work/protected.json" && echo yes || echo no)"
lay --office 2
reads_as "a card of another office is refused" 'DEV-12.*does not accept this SAM' --sam-secret "$work/secret"
printf '"a","b"' >"$work/short"
lay --biodata "$work/short"
reads_as "biodata with two fields" 'DEV-07.*2 fields' --sam-secret "$work/secret"
lay --fault remove:25 --away-ms 600000
reads_as "removed behind the SAM" 'taken off too early' --sam-secret "$work/secret"
lay
printf '%064d' 0 >"$work/wrong"
reads_as "a wrong opening value" 'DEV-12.*opening value' --sam-secret "$work/wrong"
reads_as "the right one after it" '"genuine":true' --sam-secret "$work/secret"
stop "$sam"
sam=''
sleep 1
reads_as "the SAM is taken out" 'taken off\|DEV-01' --sam-secret "$work/secret"

echo "# the service stops, the reader goes"
watch_cards
check "watch tells the card" "$(watched '"uid":"0452454b414d01"' 10)"
cp "$work/watch.log" "$work/out"
kill_pcscd
check "killed: told" "$(watched 'DEV-11' 15)"
: >"$work/watch.log"
start_pcscd "$work/readers"
check "started again: the card is read" "$(watched '"uid":"0452454b414d01"' 25)"
cp "$work/watch.log" "$work/out"
: >"$work/watch.log"
kill_pcscd
: >"$work/no-readers"
start_pcscd "$work/no-readers"
check "service without readers: told" "$(watched 'DEV-01' 25)"
cp "$work/watch.log" "$work/out"
kill_pcscd
start_pcscd "$work/readers"
: >"$work/watch.log"
check "reader back: the card is read" "$(watched '"uid":"0452454b414d01"' 25)"
cp "$work/watch.log" "$work/out"
stop "$watcher"
watcher=''
# In the middle of a reading of some seconds.
lay --fault slow:60
for fate in killed restarted; do
    ("$rekam" card read --json --photo "$work/none.jpg" --wait-s 30 >"$work/out" 2>&1 || :) &
    reading=$!
    sleep 1.5
    kill_pcscd
    [ "$fate" = killed ] || start_pcscd "$work/readers"
    wait "$reading" || :
    if [ "$fate" = killed ]; then
        check "killed in the middle of a reading" "$(grep -q 'DEV-11' "$work/out" && echo yes || echo no)"
        start_pcscd "$work/readers"
        sleep 2
    else
        check "restarted in the middle of a reading" \
            "$(grep -q 'DEV-11\|DEV-03\|card-reset\|taken off\|"is_ktp":true' "$work/out" && echo yes || echo no)"
    fi
done
kill -STOP "$pcscd"
reads_as "a service that hangs is told" 'DEV-04\|DEV-11' --wait-s 5
kill -CONT "$pcscd"

echo "# times"
lay
reads_as "warm-up" '"is_ktp":true' --wait-s 20
: >"$work/times"
n=0
while [ "$n" -lt "$reads" ]; do
    "$rekam" card read --json --photo "$work/read.jpg" 2>>"$work/out" |
        sed -n 's/.*"ms":\([0-9]*\).*/\1/p' >>"$work/times" || :
    n=$((n + 1))
done
check "$reads readings in a row" "$([ "$(wc -l <"$work/times")" = "$reads" ] && echo yes || echo no)"
median=$(sort -n "$work/times" | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }')
bytes=$(wc -c <"$work/photo.jpg")
printf '{"lab":"card","checks":%d,"failed":%d,"photo_bytes":%d,"read_ms_median":%d,"reads":%d}\n' \
    "$checks" "$failed" "$bytes" "$median" "$reads"
[ "$failed" = 0 ] || exit 1
