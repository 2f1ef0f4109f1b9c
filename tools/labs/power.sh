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
# The last line is one JSON object with `cuts`, `acknowledged` and `lost`; the exit code is 1 when something was lost.
cuts=100
seed=1
sabotage=''
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
/bin/writer writer --vault /disk/vault --acknowledged /dev/vdb --seed "$seed" ${sabotage:+--sabotage $sabotage}
echo "LAB-EXIT \$?"
\$b poweroff -f
END
pack_start

say "dev: $cuts power cuts, seed $seed${sabotage:+, sabotage $sabotage} (software emulation: a start takes some seconds)"
# The machine's time runs with its instructions, so that a busy computer starves none of its timers.
"$suite" power --cuts "$cuts" --seed "$seed" --folder "$lab" -- qemu-system-x86_64 -accel tcg -smp 1 -m 512 \
    -icount shift=auto \
    -nographic -no-reboot -kernel "$vmlinux" -initrd "$work/start.img" \
    -append "console=ttyS0 quiet panic=-1 no_timer_check mitigations=off"
