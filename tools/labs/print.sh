# ./dev lab print: documents through a real CUPS. Sourced by ./dev.
#
# A cupsd of our own (own configuration, socket, spool and queue in target/lab/print; no system service, no system
# printer) with a backend that puts what it gets into a folder, and that is out of paper while a file says so. Checked:
# the printer is listed; a session's proof is printed through the pipe and the paper has its words; a queue without
# paper, a stopped queue and a queue that takes nothing keep the document encrypted in the vault; afterwards it is
# printed from there; a job that the printer gives up is not called printed; nothing of a document stays in the spool
# or, in clear, in the vault; `rekam doctor` warns of a spooler that keeps files.
# Needs root, as cupsd starts its backends as another user. About a minute.

# shellcheck disable=SC2154 # build_packages, target, root: of ./dev
[ "$(id -u)" = 0 ] || die "lab print must be run as root: cupsd runs its backends as another user"
set_up "$build_packages cups-daemon cups-client cups-filters poppler-utils"
build
rekam=$target/debug/rekam
lab=$target/lab/print
rm -rf -- "$lab"
mkdir -p "$lab/state" "$lab/log"
# The scheduler's user must be able to go through the folders above the spool.
make_work
place=$(mktemp -d /var/tmp/rekam-lab-print.XXXXXX)
chmod 711 "$place"
cupsd_pid=''
lab_end() {
    if [ -n "$cupsd_pid" ]; then kill "$cupsd_pid" 2>/dev/null || :; wait "$cupsd_pid" 2>/dev/null || :; fi
    rm -rf -- "$place"
    tidy_up
}
trap lab_end EXIT
mkdir -p "$place/spool/tmp" "$place/cache" "$place/bin/backend" "$place/paper"
for part in filter daemon; do ln -s "/usr/lib/cups/$part" "$place/bin/$part"; done
cat >"$place/bin/backend/paper" <<'BACKEND'
#!/bin/sh
# A printer of the lab. CUPS calls it with: job user title copies options [file].
if [ $# = 0 ]; then echo 'direct paper "Lab" "rekam lab"'; exit 0; fi
tray=${DEVICE_URI#paper:}
while [ -e "$tray/empty" ]; do
    echo 'STATE: +media-empty-error' >&2
    sleep 1
done
echo 'STATE: -media-empty-error' >&2
if [ -e "$tray/broken" ]; then cat >/dev/null; exit 1; fi
if [ $# -ge 6 ]; then cat "$6"; else cat; fi >"$tray/job-$1.pdf"
BACKEND
chmod 755 "$place/bin/backend/paper"
chown -R root:lp "$place/spool" "$place/cache"
chmod 710 "$place/spool"
chmod 1770 "$place/spool/tmp"
chmod 777 "$place/paper"
cat >"$lab/cupsd.conf" <<END_CONF
LogLevel warn
MaxLogSize 0
Listen $lab/cups.sock
PreserveJobFiles No
Browsing Off
WebInterface No
<Location />
  Order allow,deny
  Allow localhost
</Location>
<Policy default>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
END_CONF
cat >"$lab/cups-files.conf" <<END_CONF
SystemGroup root
User lp
Group lp
ServerRoot $lab
ServerBin $place/bin
RequestRoot $place/spool
TempDir $place/spool/tmp
CacheDir $place/cache
StateDir $lab/state
AccessLog $lab/log/access
ErrorLog $lab/log/error
PageLog $lab/log/page
END_CONF
/usr/sbin/cupsd -f -c "$lab/cupsd.conf" -s "$lab/cups-files.conf" >"$lab/log/out" 2>&1 &
cupsd_pid=$!
CUPS_SERVER=$lab/cups.sock
REKAM_CUPS_CONF=$lab
LC_ALL=C
export CUPS_SERVER REKAM_CUPS_CONF LC_ALL
tries=0
until lpstat -r 2>/dev/null | grep -q 'is running'; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || { cat "$lab/log/error" "$lab/log/out" >&2; die "cupsd did not start"; }
    sleep 1
done
lpadmin -p kertas -E -v "paper:$place/paper" -o printer-error-policy=abort-job 2>"$lab/log/lpadmin" ||
    { cat "$lab/log/lpadmin" >&2; die "the queue could not be made"; }

cat >"$lab/config.toml" <<END_CONF
[devices.printer]
driver = "cups"
queue = "kertas"
server = "$lab/cups.sock"
END_CONF
run() { "$rekam" "$@" --config "$lab/config.toml"; }
checks=0
# check WHAT COMMAND...: the command must succeed.
check() {
    what=$1
    shift
    if "$@"; then checks=$((checks + 1)); say "  ok    $what"; else die "lab print: $what"; fi
}
papers() { find "$place/paper" -name 'job-*.pdf' | wc -l; }
# The words of the newest paper.
words() { pdftotext -layout "$(find "$place/paper" -name 'job-*.pdf' | sort -V | tail -n 1)" -; }
lacks() { ! grep -rlaq "$@"; }
# fails FILE COMMAND...: it must; what it says goes into the file.
fails() {
    said=$1
    shift
    ! "$@" >"$said"
}
# doctor WORDS: what doctor says of the spooler.
doctor() { run doctor --vault "$vault" | grep -q "$1"; }
vault=$lab/vault
run init --training --vault "$vault" --station LAB-01 --kdf test >/dev/null
# script NAME: a session of the fixtures at this time and on this printer.
script() {
    sed -e "s|^start = .*|start = \"$(date +%Y-%m-%dT%H:%M:%S%:z)\"|" -e "s|\.\./roster|$root/fixtures/roster|" \
        -e '/^\[expect\]/,/^$/d' "$root/fixtures/sessions/$1.toml" >"$lab/$1.toml"
    printf '\n[devices.printer]\ndriver = "cups"\nqueue = "kertas"\nserver = "%s"\n' "$lab/cups.sock" >>"$lab/$1.toml"
    result=0
    run session run "$lab/$1.toml" --vault "$vault" --json >"$lab/answer.json" 2>"$lab/answer.err" || result=$?
    [ "$result" = "$2" ] || { cat "$lab/answer.json" "$lab/answer.err" >&2; die "session $1 ended with $result"; }
}
as_operator() {
    printf 'latihan-operator\n' |
        run documents "$1" --vault "$vault" --officer 'Operator Latihan' --passphrase-fd 0
}
count() { [ "$(as_operator list | wc -l)" = "$1" ]; }
spooled() { find "$place/spool" -maxdepth 1 -name 'd*' | wc -l; }

say "== a session's proof"
run devices list --vault "$vault" >"$lab/devices.txt"
check "the printer is listed" grep -q '^  printer ' "$lab/devices.txt"
script clean 0
check "one paper came out" test "$(papers)" = 1
words >"$lab/words.txt"
check "it is the proof of recording" grep -qi 'bukti' "$lab/words.txt"
pdftotext -layout "$(find "$vault/documents" -name 'bukti-*.pdf')" "$lab/made.txt"
check "its words are those of the document that was made" cmp -s "$lab/made.txt" "$lab/words.txt"
check "nothing waits" count 0
check "no file of it stays in the spool" test "$(spooled)" = 0

# hindered NAME: a slip while the printer cannot print waits in the vault and is printed once it can.
hindered() {
    before=$(papers)
    script redirect-not-urgent 3
    check "$1: nothing came out" test "$(papers)" = "$before"
    check "$1: the slip waits" count 1
    check "$1: not in clear" lacks '%PDF' "$vault/unprinted"
    check "$1: not in the spool" test "$(spooled)" = "${2:-0}"
    check "$1: printing it again says why not" fails "$lab/why.txt" as_operator print
    say "        $(cut -d' ' -f2- "$lab/why.txt")"
    eval "$3"
    as_operator print >"$lab/again.txt" || { cat "$lab/again.txt" >&2; die "$1: not printed afterwards"; }
    check "$1: printed afterwards" grep -q ' printed$' "$lab/again.txt"
    check "$1: one paper came out" test "$(papers)" = $((before + ${4:-1}))
    check "$1: nothing waits any more" count 0
}
say "== a printer that cannot print"
cupsdisable kertas
hindered "queue stopped" 0 'cupsenable kertas'
cupsreject kertas
hindered "queue takes nothing" 0 'cupsaccept kertas'
touch "$place/paper/broken"
# shellcheck disable=SC2016 # what is done about it is run later
hindered "job given up" 0 'rm "$place/paper/broken"'
# A document of another program finds no paper first: the printer reports it, and ours is not even sent.
touch "$place/paper/empty"
printf '%%PDF-1.4 of another program' | lp -d kertas >/dev/null
sleep 3
# shellcheck disable=SC2016
hindered "no paper" 1 'rm "$place/paper/empty"; sleep 3' 2

say "== paper is filled up while a job waits"
touch "$place/paper/empty"
before=$(papers)
(sleep 6 && rm "$place/paper/empty") &
script redirect-not-urgent 3
check "printed by itself" test "$(papers)" = $((before + 1))
check "nothing waits" count 0

say "== audit and doctor"
run vault check --vault "$vault" >/dev/null || die "the vault is not well"
for event in document-printed document-not-printed document-reprinted; do
    check "the audit has $event" grep -rqs "\"event\":\"$event\"" "$vault/audit"
done
check "doctor is content with PreserveJobFiles No" doctor '^ok   spooler'
sed -i 's/^PreserveJobFiles.*//' "$lab/cupsd.conf"
check "doctor warns of the default" doctor '^FAIL spooler.*86400 s.*PreserveJobFiles No'
kill "$cupsd_pid"
wait "$cupsd_pid" 2>/dev/null || :
cupsd_pid=''
script redirect-not-urgent 3
check "without CUPS the slip waits" count 1
printf 'print: %s checks passed with CUPS %s\n' "$checks" "$(cups-config --version 2>/dev/null || dpkg-query -W -f='${Version}' cups-daemon)"
