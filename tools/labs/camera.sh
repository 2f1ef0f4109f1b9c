# Sourced by `./dev lab camera [vivid|usb]`: the camera driver on real V4L2 devices of Debian's kernel in a virtual
# machine (QEMU, software emulation: needs no rights, no modules and no camera of this machine).
#
#   vivid   the kernel's test camera: formats, faults, unplugging, a portrait through an HDMI input (default)
#   usb     a whole USB camera in software (usb_camera.py) on the kernel's virtual USB host, seen by its UVC driver
#
# The machine boots Debian's kernel with a small start file system, mounts this machine's files read-only with a
# layer in memory over them, runs `camera_lab` (devices/examples) and `rekam camera` there, and powers off. One line
# a check, the last line is a JSON object; the exit code is 0 when every check passed. The first run fetches the
# kernel's package (70 MB); everything lies in target/lab/camera.
part=${1:-vivid}
case $part in vivid | usb) ;; *) die "usage: ./dev lab camera [vivid|usb]" ;; esac
[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || die "this lab needs Debian on amd64"
set_up "$build_packages qemu-system-x86 busybox-static cpio kmod v4l-utils util-linux python3"
say "dev: building the station and the suite"
cargo build --workspace --locked --bins --example camera_lab >&2

lab=$target/lab/camera
mkdir -p "$lab"
kernel=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: *\(linux-image-[0-9].*\)/\1/p' | head -n 1)
[ -n "$kernel" ] || die "apt does not know linux-image-amd64; run apt-get update"
version=${kernel#linux-image-}
if [ ! -f "$lab/$version/done" ]; then
    say "dev: fetching and unpacking $kernel"
    rm -rf -- "$lab/$version" "$lab/fetch"
    mkdir -p "$lab/$version" "$lab/fetch"
    (cd "$lab/fetch" && apt-get download -q "$kernel") >&2 || die "$kernel cannot be downloaded"
    dpkg-deb -x "$lab"/fetch/*.deb "$lab/$version" || die "$kernel cannot be unpacked"
    rm -rf -- "$lab/fetch"
    depmod -b "$lab/$version" "$version"
    : >"$lab/$version/done"
fi
vmlinuz=$lab/$version/boot/vmlinuz-$version

# The start file system: busybox, the modules that mount this machine's files, and what to run.
make_work
start=$work/start
mkdir -p "$start/bin" "$start/modules"
cp /bin/busybox "$start/bin/busybox"
: >"$start/modules/list"
for module in virtio_pci 9pnet_virtio 9p overlay; do
    modprobe -d "$lab/$version" -S "$version" --show-depends "$module" | while read -r verb file _; do
        [ "$verb" = insmod ] || continue
        name=$(basename "$file")
        [ ! -f "$start/modules/$name" ] || continue
        cp "$file" "$start/modules/$name"
        printf '%s\n' "$name" >>"$start/modules/list"
    done
done
cat >"$start/run" <<END
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp
part='$part'
modules='$lab/$version'
labs='$root/tools/labs'
fixtures='$root/fixtures'
suite='$target/debug/examples/camera_lab'
rekam='$target/debug/rekam'
. '$root/tools/labs/camera-guest.sh'
END
cat >"$start/init" <<'END'
#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /sys /dev /host /memory /guest
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
while read -r name; do $b insmod "/modules/$name"; done </modules/list
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144 host /host
$b mount -t tmpfs memory /memory
$b mkdir -p /memory/upper /memory/work
$b mount -t overlay -o lowerdir=/host,upperdir=/memory/upper,workdir=/memory/work overlay /guest
$b cp /run /guest/tmp/rekam-lab.sh
for place in proc sys dev; do $b mount -o move "/$place" "/guest/$place"; done
$b chroot /guest /bin/sh /tmp/rekam-lab.sh
echo "LAB-EXIT $?"
$b poweroff -f
END
chmod 755 "$start/init"
(cd "$start" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/start.gz"

say "dev: starting the virtual machine (software emulation: some minutes)"
log=$lab/$part.log
# A busy machine makes the emulated timer late, which is no fault of it (no_timer_check).
timeout 1200 qemu-system-x86_64 -accel tcg -smp 2 -m 1536 -nographic -no-reboot -kernel "$vmlinuz" \
    -initrd "$work/start.gz" -append "console=ttyS0 quiet panic=-1 no_timer_check" \
    -virtfs "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap" </dev/null 2>&1 |
    stdbuf -oL tr -d '\r' | tee "$log" | grep --line-buffered -E '^(ok  |FAIL|\{|==|LAB-EXIT|.*panic)' | grep --line-buffered -v '^LAB-EXIT' || :
code=$(sed -n 's/^LAB-EXIT \([0-9]*\)$/\1/p' "$log" | tail -n 1)
[ -n "$code" ] || die "the virtual machine did not come to its end; see $log"
[ "$code" = 0 ] || die "checks failed; the whole log is $log"
