//! Which cameras are plugged in. A webcam has several nodes `/dev/videoN`, of which one gives pictures; the others
//! give metadata, take output or convert. Each node is asked once, when it is new: a look is cheap and wakes no camera.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::io::Errno;
use v4l::Device;
use v4l::capability::Flags;
use v4l::video::Capture;

use super::format::Pixels;
use crate::vocabulary::DeviceId;

/// Most nodes that are looked at; the kernel has 256 numbers at most.
const NODES_MAX: usize = 64;
/// Drivers of the kernel behind which is no lens: test cameras, and one that shows what a program gives it.
const VIRTUAL: &[&str] = &["v4l2loopback", "v4l2 loopback", "vivid", "vimc", "vim2m", "vicodec", "visl"];
/// Longest name that is kept, in characters (the kernel's own are 31 bytes).
const NAME_CHARS_MAX: usize = 64;

/// A camera that is plugged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// Stays the same when the camera is plugged in at the same place again.
    pub(super) id: DeviceId,
    /// Number in `/dev/videoN`; another one after each plugging in.
    pub(super) number: u32,
    /// Its name.
    pub(super) name: String,
    /// Where it is plugged in, e.g. `usb-0000:00:14.0-2`.
    pub(super) bus: String,
    /// Another number for each time that it is plugged in.
    pub(super) arrival: u64,
    /// No lens behind it: a program or the kernel makes its pictures.
    pub(super) is_virtual: bool,
}

impl Node {
    /// The device node.
    pub(super) fn path(&self) -> PathBuf {
        path(self.number)
    }

    /// True when `wanted` names it: bus path, identifier, name, or a path (`/dev/video0`, `/dev/v4l/by-id/...`).
    pub(super) fn is(&self, wanted: &str) -> bool {
        if wanted.starts_with('/') {
            return std::fs::canonicalize(wanted).is_ok_and(|path| path == self.path());
        }
        [&self.bus, &self.id.0, &self.name].iter().any(|name| *name == wanted)
    }
}

fn path(number: u32) -> PathBuf {
    PathBuf::from(format!("/dev/video{number}"))
}

/// What a node says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// True when it gives pictures that this driver reads.
    pub(super) camera: bool,
    pub(super) name: String,
    pub(super) bus: String,
    /// True when no lens is behind it.
    pub(super) is_virtual: bool,
}

/// What is asked of the operating system.
pub(super) trait System {
    /// The numbers of the nodes, each with a number that is never the same for another plugging in.
    fn nodes(&self) -> Vec<(u32, u64)>;
    /// Asks the node itself.
    fn ask(&self, number: u32) -> io::Result<Told>;
    /// What the kernel says of a node that cannot be opened; `None` where it is gone.
    fn hearsay(&self, number: u32) -> Option<Told>;
}

/// What nodes have said, by node and arrival.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<BTreeMap<(u32, u64), Told>>);

impl Known {
    /// The cameras that are plugged in now, in the order of their numbers.
    pub(super) fn look(&self, system: &dyn System) -> Vec<Node> {
        let mut present = system.nodes();
        present.sort_unstable();
        present.truncate(NODES_MAX);
        // Nodes may take their time to answer: they are asked while nobody is kept waiting.
        let mut known = self.locked().clone();
        known.retain(|key, _| present.contains(key));
        let mut cameras: Vec<Node> = Vec::new();
        for key @ (number, arrival) in present {
            let told = match known.get(&key) {
                Some(told) => told.clone(),
                None => match system.ask(number) {
                    Ok(told) => known.entry(key).or_insert(told).clone(),
                    Err(e) if is_gone(&e) => continue,
                    // It is there but lets nobody in: opening it says why. Asked again at the next look.
                    Err(_) => match system.hearsay(number) {
                        Some(told) => told,
                        None => continue,
                    },
                },
            };
            if !told.camera {
                continue;
            }
            let earlier = cameras.iter().filter(|camera| camera.bus == told.bus).count();
            let more = if earlier == 0 { String::new() } else { format!("-{}", earlier + 1) };
            let id = DeviceId(format!("{}-{}{more}", super::ID, told.bus));
            let (name, bus, is_virtual) = (told.name, told.bus, told.is_virtual);
            cameras.push(Node { id, number, name, bus, arrival, is_virtual });
        }
        *self.locked() = known;
        cameras
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, BTreeMap<(u32, u64), Told>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_gone(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    matches!(errno, Some(Errno::NODEV | Errno::NOENT | Errno::NXIO))
}

/// This machine.
pub(super) struct Linux;

impl System for Linux {
    fn nodes(&self) -> Vec<(u32, u64)> {
        let Ok(entries) = std::fs::read_dir("/dev") else { return Vec::new() };
        let node = |entry: io::Result<std::fs::DirEntry>| {
            let entry = entry.ok()?;
            let number = entry.file_name().to_str()?.strip_prefix("video")?.parse().ok()?;
            // A node that is made anew has an inode of its own; its rights may change without one.
            Some((number, entry.metadata().ok()?.ino()))
        };
        entries.filter_map(node).collect()
    }

    fn ask(&self, number: u32) -> io::Result<Told> {
        let device = Device::with_path(path(number))?;
        // The crate panics on a name that is cut off within a character.
        let asked = catch_unwind(AssertUnwindSafe(|| {
            device.query_caps().and_then(|caps| Ok((caps, device.enum_formats()?)))
        }));
        let hearsay = self.hearsay(number);
        let Ok(asked) = asked else {
            let unreadable = || io::Error::new(io::ErrorKind::InvalidData, "capabilities cannot be read");
            return hearsay.ok_or_else(unreadable);
        };
        let (caps, formats) = asked?;
        let readable = formats.iter().any(|f| Pixels::from_fourcc(f.fourcc.repr).is_some());
        let camera = gives_pictures(caps.capabilities) && readable;
        let hearsay = hearsay.unwrap_or_default();
        let is_virtual = hearsay.is_virtual || is_virtual_driver(&caps.driver) || is_virtual_place(&caps.bus);
        let bus = if caps.bus.is_empty() { hearsay.bus } else { plain(&caps.bus) };
        Ok(Told { camera, name: plain(&caps.card), bus, is_virtual })
    }

    fn hearsay(&self, number: u32) -> Option<Told> {
        let folder = PathBuf::from(format!("/sys/class/video4linux/video{number}"));
        let name = attribute(&folder.join("name"))?;
        // The first node of a camera is the one with the pictures.
        let first = attribute(&folder.join("index")).is_none_or(|index| index == "0");
        let device = std::fs::canonicalize(folder.join("device")).ok();
        let bus = device.as_deref().and_then(place).unwrap_or_else(|| format!("video{number}"));
        let node = std::fs::canonicalize(&folder).ok();
        let driver = std::fs::canonicalize(folder.join("device/driver")).ok();
        let driver = driver.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy());
        let is_virtual = node.is_some_and(|node| node.starts_with("/sys/devices/virtual"))
            || driver.is_some_and(|driver| is_virtual_driver(&driver))
            || is_virtual_place(&bus);
        Some(Told { camera: first, name, bus: plain(&bus), is_virtual })
    }
}

/// The place of a device by its folder in sysfs. For USB it reads as the camera itself tells it, e.g.
/// `usb-0000:00:14.0-2` (kernel, `usb_make_path`): the host, and the ports on the way.
fn place(device: &Path) -> Option<String> {
    let names: Vec<&str> = device.iter().filter_map(|name| name.to_str()).collect();
    let is_bus = |name: &&str| name.strip_prefix("usb").is_some_and(|number| number.parse::<u16>().is_ok());
    let usb = names.iter().position(is_bus).and_then(|at| {
        let host = names.get(at.checked_sub(1)?)?;
        let (_, ports) = names.iter().skip(at).rev().find(|name| !name.contains(':'))?.split_once('-')?;
        Some(format!("usb-{host}-{ports}"))
    });
    usb.or_else(|| names.last().map(|name| (*name).to_owned()))
}

fn is_virtual_driver(driver: &str) -> bool {
    VIRTUAL.contains(&driver.trim())
}

/// True for a place on the platform that one of [`VIRTUAL`] has made for itself, e.g. `platform:vivid-000`, `vivid.0`.
fn is_virtual_place(bus: &str) -> bool {
    let name = bus.strip_prefix("platform:").unwrap_or(bus);
    let end = name.find(['.', '-', ':']).unwrap_or(name.len());
    name.get(..end).is_some_and(is_virtual_driver)
}

/// True for a node that gives single-planar pictures by streaming and does nothing else with them.
fn gives_pictures(caps: Flags) -> bool {
    let other = Flags::VIDEO_M2M | Flags::VIDEO_M2M_MPLANE | Flags::VIDEO_OUTPUT | Flags::META_CAPTURE;
    caps.contains(Flags::VIDEO_CAPTURE | Flags::STREAMING) && !caps.intersects(other)
}

fn attribute(path: &Path) -> Option<String> {
    std::fs::read(path).ok().map(|bytes| plain(&String::from_utf8_lossy(&bytes)))
}

/// A name from a device: one line, no control characters, not long.
fn plain(name: &str) -> String {
    name.trim().chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect()
}

#[cfg(test)]
#[path = "nodes_tests.rs"]
mod tests;
