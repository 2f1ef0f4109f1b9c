#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::collections::BTreeMap;

use super::*;

/// A computer as data: `path = contents`, `path -> target` for links; folders are what lies in them.
struct Fake {
    files: BTreeMap<PathBuf, String>,
    links: BTreeMap<PathBuf, PathBuf>,
}

impl Fake {
    fn new(lines: &[&str]) -> Self {
        let (mut files, mut links) = (BTreeMap::new(), BTreeMap::new());
        for line in lines {
            match (line.split_once(" -> "), line.split_once(" = ")) {
                (Some((path, target)), _) => drop(links.insert(path.into(), target.into())),
                (None, Some((path, text))) => {
                    drop(files.insert(path.into(), text.replace("\\n", "\n").replace("\\t", "\t")))
                }
                (None, None) => panic!("{line}"),
            }
        }
        Self { files, links }
    }
}

impl HostFiles for Fake {
    fn read(&self, path: &Path) -> Option<String> {
        self.files.get(path).cloned()
    }
    fn list(&self, path: &Path) -> Vec<String> {
        let all = self.files.keys().chain(self.links.keys());
        let inside = all.filter_map(|p| p.strip_prefix(path).ok()?.iter().next()?.to_str());
        inside.map(ToOwned::to_owned).collect()
    }
    fn resolve(&self, path: &Path) -> Option<PathBuf> {
        match self.links.get(path) {
            Some(target) => Some(target.clone()),
            None => {
                let there = self.files.keys().chain(self.links.keys()).any(|p| p.starts_with(path));
                (there || path.starts_with("/srv")).then(|| path.to_owned())
            }
        }
    }
}

const ROOT_ON_SDA: &str = "/proc/self/mountinfo = 22 1 8:1 / / rw - ext4 /dev/sda1 rw\\n30 22 0:25 / /run rw shared:1 - tmpfs tmpfs rw";
const ROOT_ON_DM: &str = "/proc/self/mountinfo = 22 1 253:1 / / rw shared:1 master:2 - ext4 /dev/mapper/v rw";
/// LVM on LUKS on a partition.
const LVM_ON_LUKS: [&str; 6] = [
    "/sys/dev/block/253:1 -> /sys/devices/virtual/block/dm-1",
    "/sys/devices/virtual/block/dm-1/dm/uuid = LVM-abc\\n",
    "/sys/devices/virtual/block/dm-1/slaves/dm-0 -> /sys/devices/virtual/block/dm-0",
    "/sys/devices/virtual/block/dm-0/dm/uuid = CRYPT-LUKS2-0123-luks\\n",
    "/sys/devices/virtual/block/dm-0/slaves/sda2 -> /sys/devices/pci/sda/sda2",
    "/sys/devices/pci/sda/sda2/size = 1\\n",
];
const SDA1: [&str; 2] =
    ["/sys/dev/block/8:1 -> /sys/devices/pci/sda/sda1", "/sys/devices/pci/sda/sda1/size = 1\\n"];

fn host(parts: &[&[&str]]) -> Fake {
    Fake::new(&parts.concat())
}

#[test]
fn the_vaults_disk() {
    let check = |parts: &[&[&str]], folder: &str, expected: Safety| {
        assert_eq!(disk_of(&host(parts), Path::new(folder)), expected, "{parts:?}");
    };
    check(&[&[ROOT_ON_SDA], &SDA1], "/srv/vault", Safety::Clear);
    check(&[&[ROOT_ON_DM], &LVM_ON_LUKS], "/srv/vault", Safety::Encrypted);
    check(&[&[ROOT_ON_SDA]], "/srv/vault", Safety::Unknown);
    check(&[&[ROOT_ON_SDA, "/run/vault/x = 1"], &SDA1], "/run/vault", Safety::Memory);
    check(&[&[]], "/srv/vault", Safety::Unknown);
    check(&[&["/proc/self/mountinfo = broken\\n- - -\\n"]], "/srv/vault", Safety::Unknown);
    let overlay = "/proc/self/mountinfo = 22 1 0:40 / / rw - overlay overlay rw";
    check(&[&[overlay]], "/srv/vault", Safety::Unknown);
    // btrfs: the source names the device.
    let btrfs = "/proc/self/mountinfo = 22 1 0:40 /root / rw - btrfs /dev/mapper/luks rw";
    let named =
        [btrfs, "/dev/mapper/luks -> /dev/dm-0", "/sys/class/block/dm-0 -> /sys/devices/virtual/block/dm-0"];
    check(&[&named, &LVM_ON_LUKS], "/srv/vault", Safety::Encrypted);
    // One half of a mirror in clear is a disk in clear; a ring of devices ends.
    let md = "/proc/self/mountinfo = 22 1 9:0 / / rw - ext4 /dev/md0 rw";
    let mirror = [
        md,
        "/sys/dev/block/9:0 -> /sys/devices/virtual/block/md0",
        "/sys/devices/virtual/block/md0/slaves/dm-0 -> /sys/devices/virtual/block/dm-0",
        "/sys/devices/virtual/block/md0/slaves/sda1 -> /sys/devices/pci/sda/sda1",
    ];
    check(&[&mirror, &LVM_ON_LUKS, &SDA1], "/srv/vault", Safety::Clear);
    check(&[&mirror[..3], &LVM_ON_LUKS], "/srv/vault", Safety::Encrypted);
    let ring = [
        md,
        "/sys/dev/block/9:0 -> /sys/devices/virtual/block/md0",
        "/sys/devices/virtual/block/md0/slaves/md0 -> /sys/devices/virtual/block/md0",
    ];
    check(&[&ring], "/srv/vault", Safety::Unknown);
    // The longest mount point counts, and a name that only begins alike does not.
    let inner = "/proc/self/mountinfo = 22 1 8:1 / / rw - ext4 /dev/sda1 rw\\n23 22 253:1 / /srv/va rw - ext4 /dev/v rw";
    check(&[&[inner], &SDA1, &LVM_ON_LUKS], "/srv/vault", Safety::Clear);
    check(&[&[inner], &SDA1, &LVM_ON_LUKS], "/srv/va/ult", Safety::Encrypted);
}

const SWAPS: &str = "Filename\\tType\\tSize\\tUsed\\tPriority\\n";

#[test]
fn swaps_and_hibernation() {
    let dm = ["/dev/dm-0 -> /dev/dm-0", "/sys/class/block/dm-0 -> /sys/devices/virtual/block/dm-0"];
    let sda = ["/dev/sda1 -> /dev/sda1", "/sys/class/block/sda1 -> /sys/devices/pci/sda/sda1"];
    let zram = [
        "/dev/zram0 -> /dev/zram0",
        "/sys/class/block/zram0 -> /sys/devices/virtual/block/zram0",
        "/sys/devices/virtual/block/zram0/backing_dev = none\\n",
    ];
    let check = |swaps: &str, hibernates: &str, cmdline: &str, expected: (Safety, Safety)| {
        let lines = [
            format!("/proc/swaps = {SWAPS}{swaps}"),
            format!("/sys/power/disk = {hibernates}"),
            format!("/sys/power/state = {}", if hibernates.is_empty() { "mem" } else { "freeze mem disk" }),
            format!("/proc/cmdline = {cmdline}"),
            ROOT_ON_SDA.to_owned(),
        ];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let host = host(&[&lines, &dm, &sda, &zram, &SDA1, &LVM_ON_LUKS]);
        assert_eq!((swap(&host), hibernation(&host)), expected, "{swaps} {hibernates} {cmdline}");
    };
    use Safety::{Clear, Encrypted, Memory, None, Unknown};
    check("", "", "quiet", (None, None));
    check("", "[disabled]\\n", "quiet", (None, None));
    check("/dev/zram0 partition 1 0 100\\n", "", "", (Memory, None));
    check("/dev/dm-0 partition 1 0 -2\\n", "[platform] shutdown\\n", "", (Encrypted, Encrypted));
    check("/dev/sda1 partition 1 0 -2\\n", "[platform] shutdown\\n", "", (Clear, Clear));
    check("/dev/zram0 partition 1 0 100\\n/dev/sda1 partition 1 0 -2\\n", "", "", (Clear, None));
    check("/srv/swap.img file 1 0 -2\\n", "", "", (Clear, None));
    check("/dev/zram0 partition 1 0 100\\n", "[platform]\\n", "resume=/dev/sda1", (Memory, Clear));
    check("", "[platform]\\n", "resume=UUID=0-1", (None, Unknown));
    assert_eq!(swap(&Fake::new(&[])), Unknown);
}

#[test]
fn core_dumps_and_locked_memory() {
    let check = |pattern: &str, expected: &str| {
        let host = Fake::new(&[&format!("/proc/sys/kernel/core_pattern = {pattern}")]);
        assert_eq!(core_pattern(&host), expected);
    };
    check("core\\n", "written to core");
    check("|/lib/systemd/systemd-coredump %P %u\\n", "given to /lib/systemd/systemd-coredump");
    check("|", "given to ");
    check("\\n", "none");
    let host = Fake::new(&["/proc/self/status = Name:\\trekam\\nVmLck:\\t    132 kB\\n"]);
    assert_eq!(locked_kib(&host), Some(132));
    assert_eq!(locked_kib(&Fake::new(&[])), None);
}
