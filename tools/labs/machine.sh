# Sourced by the labs that need a virtual machine (camera, power): Debian's kernel with its modules, and a start file
# system.
#
#   fetch_kernel          sets machine_files (the unpacked package), version and vmlinuz; the first time 70 MB
#   plain_kernel          sets vmlinux to the kernel as it is inside vmlinuz: an emulated processor unpacks it in seconds
#                         that this machine does not need
#   start_files MODULE... sets start, with busybox and $start/modules: the modules with what they need
#   host_modules          the modules that host_init needs
#   host_init             makes $start/init: mounts this machine's files read-only with a layer in memory over them and
#                         runs $work/guest.sh there
#   pack_start            packs $start into $work/start.img
[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || die "this lab needs Debian on amd64"
machine_packages='qemu-system-x86 busybox-static cpio kmod xz-utils'

fetch_kernel() {
    machine_files=$target/lab/machine
    mkdir -p "$machine_files"
    kernel=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: *\(linux-image-[0-9].*\)/\1/p' | head -n 1)
    [ -n "$kernel" ] || die "apt does not know linux-image-amd64; run apt-get update"
    version=${kernel#linux-image-}
    if [ ! -f "$machine_files/$version/done" ]; then
        say "dev: fetching and unpacking $kernel"
        rm -rf -- "$machine_files/$version" "$machine_files/fetch"
        mkdir -p "$machine_files/$version" "$machine_files/fetch"
        (cd "$machine_files/fetch" && apt-get download -q "$kernel") >&2 || die "$kernel cannot be downloaded"
        dpkg-deb -x "$machine_files"/fetch/*.deb "$machine_files/$version" || die "$kernel cannot be unpacked"
        rm -rf -- "$machine_files/fetch"
        depmod -b "$machine_files/$version" "$version"
        : >"$machine_files/$version/done"
    fi
    vmlinuz=$machine_files/$version/boot/vmlinuz-$version
}

plain_kernel() {
    vmlinux=$machine_files/$version/vmlinux
    [ ! -f "$vmlinux" ] || return 0
    # Debian's kernel is compressed with xz: its stream begins at this magic number.
    at=$(LC_ALL=C grep -aboP '\xfd7zXZ\x00' "$vmlinuz" | head -n 1 | cut -d: -f1)
    if [ -n "$at" ]; then tail -c "+$((at + 1))" "$vmlinuz" | xz -dc >"$vmlinux.new" 2>/dev/null || :; fi
    # Another compression: the packed one starts too, only later.
    if [ -s "$vmlinux.new" ]; then mv "$vmlinux.new" "$vmlinux"; else vmlinux=$vmlinuz; fi
}

start_files() {
    make_work
    start=$work/start
    mkdir -p "$start/bin" "$start/modules"
    cp /bin/busybox "$start/bin/busybox"
    : >"$start/modules/list"
    for module in "$@"; do
        modprobe -d "$machine_files/$version" -S "$version" --show-depends "$module" | while read -r verb file _; do
            [ "$verb" = insmod ] || continue
            name=$(basename "$file")
            [ ! -f "$start/modules/$name" ] || continue
            cp "$file" "$start/modules/$name"
            printf '%s\n' "$name" >>"$start/modules/list"
        done
    done
}

host_modules='virtio_pci 9pnet_virtio 9p overlay'

host_init() {
    cp "$work/guest.sh" "$start/run"
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
}

pack_start() {
    chmod 755 "$start/init"
    # Not compressed: the emulated processor would take longer for that than for reading it.
    (cd "$start" && find . | cpio -o -H newc --quiet) >"$work/start.img"
}
