# Sourced by `./dev lab power [--cuts N] [--seed S] [--sabotage sync|folder|early|row|audit]`: a whole machine whose power
# is cut while it saves records.
#
# A virtual machine (QEMU; needs no rights of this machine) boots Debian's kernel, mounts an ext4 file system with its
# usual options (data=ordered, journal replay at mount), compares the vault there with everything that was acknowledged
# over its serial line before the last cut, and goes on saving. QEMU is killed by SIGKILL at a random moment, also while
# it boots and recovers. What the machine held in its memory is gone. What it had written to its disk without asking for
# a flush lies in the cache of the disk, which this lab keeps itself (an NBD server, src/crashlab/disk.rs): of it each
# write is kept, lost or torn at a sector, as chance and the seed will have it. The clock runs on, so a seed repeats the
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
    shift
done
case $sabotage in '' | sync | folder | early | row | audit) ;; *) die "there is no sabotage '$sabotage'" ;; esac
case $cuts$seed in '' | *[!0-9]*) die "--cuts and --seed take a number" ;; esac

# shellcheck source=/dev/null
. "$root/tools/labs/machine.sh"
set_up "$build_packages $machine_packages e2fsprogs"
say "dev: building the lab"
cargo build --workspace --locked --features sabotage --example crash_lab >&2
suite=$target/debug/examples/crash_lab

fetch_kernel
start_files virtio_blk ext4
lab=$target/lab/power
rm -rf -- "$lab"
mkdir -p "$lab"
cat >"$work/guest.sh" <<END
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp
mkdir -p /tmp/disk
echo LAB-MOUNT
mount -t ext4 /dev/vda /tmp/disk || exit 3
# Seconds since the start and the clock make every run another one; the host's seed plans the cuts.
'$suite' writer --vault /tmp/disk/vault --acknowledged '$lab/acknowledged' \\
    --seed "$seed\$(date +%N | sed 's/^0*//')" ${sabotage:+--sabotage $sabotage}
END
pack_start

# With the processor's help where it is to be had, else in software.
accel=tcg
if [ -w /dev/kvm ]; then accel=kvm:tcg; fi
say "dev: $cuts power cuts, seed $seed${sabotage:+, sabotage $sabotage} ($accel)"
set -- -machine "accel=$accel" -smp 2 -m 768 -nographic -no-reboot -kernel "$vmlinuz" -initrd "$work/start.gz" \
    -append "console=ttyS0 quiet panic=-1 no_timer_check" \
    -virtfs "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap"
"$suite" power --cuts "$cuts" --seed "$seed" --folder "$lab" -- qemu-system-x86_64 "$@"
