# Sourced by `./dev lab camera [vivid|usb]`: the camera driver on real V4L2 devices of Debian's kernel in a virtual
# machine (QEMU, software emulation: needs no rights, no modules and no camera of this machine).
#
#   vivid   the kernel's test camera: formats, faults, unplugging, a portrait through an HDMI input (default)
#   usb     a whole USB camera in software (usb_camera.py) on the kernel's virtual USB host, seen by its UVC driver
#
# The machine boots Debian's kernel with a small start file system, mounts this machine's files read-only with a
# layer in memory over them, runs `camera_lab` (devices/examples) and `rekam camera` there, and powers off. One line
# a check, the last line is a JSON object; the exit code is 0 when every check passed. The first run fetches the
# kernel's package (70 MB); everything lies in target/lab.
part=${1:-vivid}
case $part in vivid | usb) ;; *) die "usage: ./dev lab camera [vivid|usb]" ;; esac
# shellcheck source=/dev/null
. "$root/tools/labs/machine.sh"
set_up "$build_packages $machine_packages v4l-utils util-linux python3"
say "dev: building the station and the suite"
cargo build --workspace --locked --bins --example camera_lab >&2

lab=$target/lab/camera
mkdir -p "$lab"
fetch_kernel
# Names hold no blanks: splitting is meant.
# shellcheck disable=SC2086
start_files $host_modules
cat >"$work/guest.sh" <<END
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp
part='$part'
modules='$machine_files/$version'
labs='$root/tools/labs'
fixtures='$root/fixtures'
suite='$target/debug/examples/camera_lab'
rekam='$target/debug/rekam'
. '$root/tools/labs/camera-guest.sh'
END
host_init
pack_start

say "dev: starting the virtual machine (software emulation: some minutes)"
log=$lab/$part.log
# A busy machine makes the emulated timer late, which is no fault of it (no_timer_check).
timeout 1200 qemu-system-x86_64 -accel tcg -smp 2 -m 1536 -nographic -no-reboot -kernel "$vmlinuz" \
    -initrd "$work/start.img" -append "console=ttyS0 quiet panic=-1 no_timer_check" \
    -virtfs "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap" </dev/null 2>&1 |
    stdbuf -oL tr -d '\r' | tee "$log" | grep --line-buffered -E '^(ok  |FAIL|\{|==|LAB-EXIT|.*panic)' | grep --line-buffered -v '^LAB-EXIT' || :
code=$(sed -n 's/^LAB-EXIT \([0-9]*\)$/\1/p' "$log" | tail -n 1)
[ -n "$code" ] || die "the virtual machine did not come to its end; see $log"
[ "$code" = 0 ] || die "checks failed; the whole log is $log"
