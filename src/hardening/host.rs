//! What the computer does with memory and disk, for `rekam doctor`: is the vault's disk encrypted, can memory reach a
//! disk in clear (swap, hibernation), are core dumps kept. Pure: the contents of the system's files are given by
//! [`HostFiles`], so that tests give them as data.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Devices below one another that are followed.
const DEPTH_MAX: usize = 16;

/// The system's files and links as this module reads them.
pub trait HostFiles {
    /// Contents of a file, none when it cannot be read.
    fn read(&self, path: &Path) -> Option<String>;
    /// Names in a folder.
    fn list(&self, path: &Path) -> Vec<String>;
    /// The path with every link followed, none when there is nothing.
    fn resolve(&self, path: &Path) -> Option<PathBuf>;
}

/// The computer's own.
#[derive(Debug, Clone, Copy)]
pub struct ThisHost;

impl HostFiles for ThisHost {
    fn read(&self, path: &Path) -> Option<String> {
        std::fs::read_to_string(path).ok()
    }
    fn list(&self, path: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.filter_map(|e| e.file_name().into_string().ok()).collect()
    }
    fn resolve(&self, path: &Path) -> Option<PathBuf> {
        std::fs::canonicalize(path).ok()
    }
}

/// What is known of a place where data may come to lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// Nothing comes to lie there.
    None,
    /// In memory only.
    Memory,
    /// On an encrypted device (dm-crypt).
    Encrypted,
    /// It cannot be told, e.g. in a container or on a network disk.
    Unknown,
    /// In clear.
    Clear,
}

impl Safety {
    /// Stable word.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Memory => "memory",
            Self::Encrypted => "encrypted",
            Self::Unknown => "unknown",
            Self::Clear => "in-clear",
        }
    }
    /// True where personal data cannot be read from a stolen disk.
    #[must_use]
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::None | Self::Memory | Self::Encrypted)
    }
}

/// Whether a block device, named by its folder in sysfs, lies on an encrypted one: any dm-crypt device on the way down.
/// One of several parts (RAID, LVM) in clear makes the whole in clear.
fn device(host: &dyn HostFiles, folder: &Path, depth: usize) -> Safety {
    if depth > DEPTH_MAX {
        return Safety::Unknown;
    }
    let dm = host.read(&folder.join("dm/uuid")).unwrap_or_default();
    if dm.starts_with("CRYPT-") {
        return Safety::Encrypted;
    }
    let name = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    if name.starts_with("zram") {
        // Writing out to a backing device is set up by hand and then counts as that device.
        let backing = host.read(&folder.join("backing_dev")).unwrap_or_default();
        return if matches!(backing.trim(), "" | "none") { Safety::Memory } else { Safety::Unknown };
    }
    let slaves = folder.join("slaves");
    let below: BTreeSet<Safety> = host
        .list(&slaves)
        .into_iter()
        .map(|slave| {
            let real = host.resolve(&slaves.join(slave));
            real.map_or(Safety::Unknown, |folder| device(host, &folder, depth + 1))
        })
        .collect();
    below.into_iter().next_back().unwrap_or(Safety::Clear)
}

/// Whether the device with these numbers is encrypted. Device 0:n is no disk: tmpfs, overlay, a network disk, btrfs.
fn by_number(host: &dyn HostFiles, major: u32, minor: u32) -> Safety {
    let folder = host.resolve(Path::new(&format!("/sys/dev/block/{major}:{minor}")));
    folder.map_or(Safety::Unknown, |folder| device(host, &folder, 0))
}

/// Kind of file system and device of the mount that a folder lies on, from `/proc/self/mountinfo` (proc(5)): the
/// longest mount point that holds it, the last one where there are several.
fn mount_of<'a>(mountinfo: &'a str, folder: &Path) -> Option<(&'a str, &'a str, &'a str)> {
    let of = |line: &'a str| {
        let (left, right) = line.split_once(" - ")?;
        let mut left = left.split(' ').skip(2);
        let (numbers, point) = (left.next()?, left.nth(1)?);
        let mut right = right.split(' ');
        let (kind, source) = (right.next()?, right.next()?);
        let point = point.replace("\\040", " ");
        folder.starts_with(&point).then_some((point.len(), numbers, kind, source))
    };
    let found = mountinfo.lines().filter_map(of).max_by_key(|(len, ..)| *len)?;
    Some((found.1, found.2, found.3))
}

/// Whether the disk that a folder lies on is encrypted.
#[must_use]
pub fn disk_of(host: &dyn HostFiles, folder: &Path) -> Safety {
    let Some(folder) = host.resolve(folder) else { return Safety::Unknown };
    let mounts = host.read(Path::new("/proc/self/mountinfo")).unwrap_or_default();
    let Some((numbers, kind, source)) = mount_of(&mounts, &folder) else { return Safety::Unknown };
    if matches!(kind, "tmpfs" | "ramfs") {
        return Safety::Memory;
    }
    // btrfs and ZFS have numbers of their own; the source names the device.
    if numbers.starts_with("0:") {
        return by_path(host, Path::new(source));
    }
    let Some((major, minor)) = numbers.split_once(':') else { return Safety::Unknown };
    match (major.parse(), minor.parse()) {
        (Ok(major), Ok(minor)) => by_number(host, major, minor),
        _ => Safety::Unknown,
    }
}

/// Whether the device at a path in `/dev` is encrypted.
fn by_path(host: &dyn HostFiles, path: &Path) -> Safety {
    if !path.starts_with("/dev") {
        return Safety::Unknown;
    }
    let name = host.resolve(path).and_then(|p| Some(p.file_name()?.to_owned()));
    let folder = name.and_then(|name| host.resolve(&Path::new("/sys/class/block").join(name)));
    folder.map_or(Safety::Unknown, |folder| device(host, &folder, 0))
}

/// The worst of all swaps, from `/proc/swaps`.
#[must_use]
pub fn swap(host: &dyn HostFiles) -> Safety {
    let Some(swaps) = host.read(Path::new("/proc/swaps")) else { return Safety::Unknown };
    let of = |line: &str| {
        let mut words = line.split_whitespace();
        let (path, kind) = (words.next()?.replace("\\040", " "), words.next()?);
        let path = Path::new(&path);
        Some(if kind == "file" { disk_of(host, path) } else { by_path(host, path) })
    };
    swaps.lines().skip(1).filter_map(of).max().unwrap_or(Safety::None)
}

/// Where the memory goes when the computer hibernates: none where it cannot. A `resume=` names the device; without one
/// it is a swap.
#[must_use]
pub fn hibernation(host: &dyn HostFiles) -> Safety {
    let disk = host.read(Path::new("/sys/power/disk")).unwrap_or_default();
    let states = host.read(Path::new("/sys/power/state")).unwrap_or_default();
    let possible = states.split_whitespace().any(|s| s == "disk") && disk.trim() != "[disabled]";
    if !possible || disk.trim().is_empty() {
        return Safety::None;
    }
    let line = host.read(Path::new("/proc/cmdline")).unwrap_or_default();
    let resume = line.split_whitespace().find_map(|w| w.strip_prefix("resume="));
    match resume {
        Some(path) if path.starts_with("/dev/") => by_path(host, Path::new(path)),
        Some(named) => match named.split_once('=') {
            Some(("UUID", id)) => by_path(host, &Path::new("/dev/disk/by-uuid").join(id)),
            Some(("PARTUUID", id)) => by_path(host, &Path::new("/dev/disk/by-partuuid").join(id)),
            _ => Safety::Unknown,
        },
        None => swap(host),
    }
}

/// Whether a program's core dump would be kept by the system, from `/proc/sys/kernel/core_pattern` (core(5)).
#[must_use]
pub fn core_pattern(host: &dyn HostFiles) -> String {
    let pattern = host.read(Path::new("/proc/sys/kernel/core_pattern")).unwrap_or_default();
    match pattern.trim() {
        "" => "none".to_owned(),
        piped if piped.starts_with('|') => {
            let program = piped.trim_start_matches('|').split_whitespace().next().unwrap_or_default();
            format!("given to {program}")
        }
        file => format!("written to {file}"),
    }
}

/// KiB of this process that are locked in memory, from `/proc/self/status`.
#[must_use]
pub fn locked_kib(host: &dyn HostFiles) -> Option<u64> {
    let status = host.read(Path::new("/proc/self/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmLck:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
#[path = "host_tests.rs"]
mod tests;
