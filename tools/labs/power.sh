# Sourced by `./dev lab power [--cuts N] [--seed S] [--sabotage sync|folder|early|row|audit]`: a whole machine whose power
# is cut while it saves records.
#
# A virtual machine (QEMU; needs no rights of this machine) boots Debian's kernel, mounts an ext4 file system with its
# usual options (data=ordered, journal replay at mount), compares the vault there with everything that was acknowledged
# over its serial line before the last cut, and goes on saving. QEMU is killed by SIGKILL at a random moment, also while
# it boots and recovers. What the machine held in its memory is gone. What it had written to its disk without asking for
# a flush lies in the cache of the disk, which this lab keeps itself (an NBD server, src/crashlab/disk.rs): of it each
# write is kept, lost or torn at a sector of 4 KiB, as chance and the seed will have it. The clock runs on, so a seed repeats the
# plan of the cuts and what the disk loses, not the very same microsecond.
#
# After the cuts the lab tests itself: the same machine with a writer whose files are not synced (`--sabotage sync`), whose
# loss it must find within few cuts.
#
# The last line is one JSON object with `cuts`, `acknowledged`, `lost` and `sabotage_found`; the exit code is 1 when
# something was lost, or when the sabotage was not found.
cuts=100
seed=1
sabotage=''
# Cuts within which a missing sync must be found: one to three were enough so far.
check_cuts=20
while [ $# -gt 0 ]; do
    case $1 in
        --cuts) cuts=${2:-}; shift ;;
        --seed) seed=${2:-}; shift ;;
        --sabotage) sabotage=${2:-}; shift ;;
        *) die "usage: ./dev lab power [--cuts N] [--seed S] [--sabotage sync|folder|early|row|audit]" ;;
    esac
    [ $# -gt 0 ] && shift
done
case $sabotage in '' | sync | folder | early | row | audit) ;; *) die "there is no sabotage '$sabotage'" ;; esac
case $cuts$seed in '' | *[!0-9]*) die "--cuts and --seed take a number" ;; esac

# shellcheck source=/dev/null
. "$root/tools/labs/machine.sh"
set_up "$build_packages $machine_packages e2fsprogs binutils"
say "dev: building the lab"
cargo build --workspace --locked --features sabotage --example crash_lab >&2
suite=$target/debug/examples/crash_lab

fetch_kernel
plain_kernel
start_files virtio_pci virtio_blk ext4
lab=$target/lab/power
rm -rf -- "$lab"
mkdir -p "$lab"
# The machine needs nothing but the program and its libraries, so it starts quickly.
cp "$suite" "$start/bin/writer"
strip "$start/bin/writer"
ldd "$suite" | sed -n 's,^[^/]*\(/[^ ]*\) .*,\1,p' | while read -r library; do
    mkdir -p "$start$(dirname "$library")"
    cp -L "$library" "$start$library"
done
# pack_writer SABOTAGE: the machine's files with a writer that breaks this promise, or none.
pack_writer() {
    cat >"$start/init" <<END
#!/bin/busybox sh
b=/bin/busybox
\$b mkdir -p /proc /sys /dev /disk /tmp
\$b mount -t proc proc /proc
\$b mount -t sysfs sys /sys
\$b mount -t devtmpfs dev /dev
while read -r name; do \$b insmod "/modules/\$name"; done </modules/list
echo LAB-MOUNT
\$b mount -t ext4 /dev/vda /disk || \$b poweroff -f
/bin/writer writer --vault /disk/vault --acknowledged /dev/vdb --seed "$seed" ${1:+--sabotage $1}
echo "LAB-EXIT \$?"
\$b poweroff -f
END
    pack_start
}

# cut_power CUTS FOLDER: the report, one JSON object; 1 when something was lost, 2 when the lab itself failed.
cut_power() {
    mkdir -p "$2"
    # The machine's time runs with its instructions, so that a busy computer starves none of its timers.
    "$suite" power --cuts "$1" --seed "$seed" --folder "$2" -- qemu-system-x86_64 -accel tcg -smp 1 -m 512 \
        -icount shift=auto \
        -nographic -no-reboot -kernel "$vmlinux" -initrd "$work/start.img" \
        -append "console=ttyS0 quiet panic=-1 no_timer_check mitigations=off"
}

say "dev: $cuts power cuts, seed $seed${sabotage:+, sabotage $sabotage} (software emulation: a start takes some seconds)"
pack_writer "$sabotage"
if [ -n "$sabotage" ]; then
    cut_power "$cuts" "$lab"
    return
fi
status=0
report=$(cut_power "$cuts" "$lab") || status=$?
[ -n "$report" ] || exit "$status"
say "dev: the lab tested: files are not synced, within $check_cuts cuts something must be lost"
pack_writer sync
broken=$(cut_power "$check_cuts" "$lab/sabotage") || :
lost=$(printf '%s\n' "$broken" | sed -n 's/.*"lost":\([0-9]*\).*/\1/p')
broken_cuts=$(printf '%s\n' "$broken" | sed -n 's/^{"cuts":\([0-9]*\).*/\1/p')
found=false
[ "${lost:-0}" = 0 ] || found=true
printf '%s\n' "${report%\}},\"sabotage_cuts\":${broken_cuts:-0},\"sabotage_found\":$found}"
[ "$status" = 0 ] || exit "$status"
[ "$found" = true ] || die "the sabotage was not found: this run proves nothing"
