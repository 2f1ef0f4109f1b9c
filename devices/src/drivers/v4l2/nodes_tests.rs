#![allow(clippy::unwrap_used, clippy::expect_used)]
use std::cell::{Cell, RefCell};

use super::*;

/// Nodes on paper: number, arrival, and what each says.
struct Paper {
    nodes: RefCell<Vec<(u32, u64, Result<Told, i32>)>>,
    asked: Cell<u32>,
}

impl Paper {
    fn new(nodes: Vec<(u32, u64, Result<Told, i32>)>) -> Self {
        Self { nodes: RefCell::new(nodes), asked: Cell::new(0) }
    }
}

impl System for Paper {
    fn nodes(&self) -> Vec<(u32, u64)> {
        self.nodes.borrow().iter().map(|(number, arrival, _)| (*number, *arrival)).collect()
    }
    fn ask(&self, number: u32) -> io::Result<Told> {
        self.asked.set(self.asked.get() + 1);
        let nodes = self.nodes.borrow();
        let (_, _, told) = nodes.iter().find(|(n, ..)| *n == number).unwrap();
        told.clone().map_err(io::Error::from_raw_os_error)
    }
    fn hearsay(&self, number: u32) -> Option<Told> {
        Some(told(true, "by hearsay", &format!("place-{number}")))
    }
}

fn told(camera: bool, name: &str, bus: &str) -> Told {
    Told { camera, name: name.to_owned(), bus: bus.to_owned(), is_virtual: false }
}

fn ids(known: &Known, paper: &Paper) -> Vec<String> {
    known.look(paper).into_iter().map(|node| node.id.0).collect()
}

#[test]
fn only_cameras_are_listed_each_under_its_place() {
    let check = |nodes: Vec<(u32, u64, Result<Told, i32>)>, expected: &[&str]| {
        assert_eq!(ids(&Known::default(), &Paper::new(nodes)), expected);
    };
    check(vec![], &[]);
    check(
        vec![
            (1, 11, Ok(told(false, "metadata", "usb-1"))),
            (0, 10, Ok(told(true, "webcam", "usb-1"))),
            (10, 20, Ok(told(true, "other", "usb-2"))),
            (2, 12, Ok(told(true, "webcam's second", "usb-1"))),
        ],
        &["v4l2-usb-1", "v4l2-usb-1-2", "v4l2-usb-2"],
    );
    // No permission: listed, so that opening it can say so. Gone: not listed.
    check(
        vec![(0, 1, Err(13)), (1, 1, Err(19)), (2, 1, Err(2)), (3, 1, Err(16))],
        &["v4l2-place-0", "v4l2-place-3"],
    );
}

#[test]
fn a_node_is_asked_once_for_each_arrival() {
    let camera = || Ok(told(true, "webcam", "usb-1"));
    let (known, paper) = (Known::default(), Paper::new(vec![(0, 10, camera())]));
    let look = |arrival: u64, asked: u32| {
        let nodes = known.look(&paper);
        assert_eq!(nodes.iter().map(|n| n.arrival).collect::<Vec<_>>(), [arrival]);
        assert_eq!((nodes[0].id.0.as_str(), paper.asked.get()), ("v4l2-usb-1", asked));
    };
    look(10, 1);
    look(10, 1);
    // Out and in again between two looks, then at another number while the old node is still held open.
    paper.nodes.replace(vec![(0, 11, camera())]);
    look(11, 2);
    paper.nodes.replace(vec![(1, 12, camera())]);
    look(12, 3);
    assert_eq!(known.look(&paper)[0].number, 1);
    // A node without permission is asked again each time: the right may have been given.
    paper.nodes.replace(vec![(1, 13, Err(13))]);
    assert_eq!(ids(&known, &paper), ["v4l2-place-1"]);
    paper.nodes.replace(vec![(1, 13, camera())]);
    assert_eq!(ids(&known, &paper), ["v4l2-usb-1"]);
}

#[test]
fn a_chosen_camera_is_found_by_its_names() {
    let nodes = Paper::new(vec![(7, 1, Ok(told(true, "HD Webcam", "usb-0000:00:14.0-2")))]);
    let node = Known::default().look(&nodes).remove(0);
    let check = |wanted: &str, expected: bool| assert_eq!(node.is(wanted), expected, "{wanted}");
    check("usb-0000:00:14.0-2", true);
    check("v4l2-usb-0000:00:14.0-2", true);
    check("HD Webcam", true);
    check("HD", false);
    check("", false);
    check("/dev/null", false);
    check("/nowhere/at/all", false);
}

#[test]
fn cameras_that_programs_feed_are_told_apart() {
    let check = |bus: &str, expected: bool| assert_eq!(is_virtual_place(bus), expected, "{bus}");
    check("platform:v4l2loopback-000", true);
    check("platform:vivid-000", true);
    check("platform:vim2m", true);
    check("vivid.0", true);
    check("usb-0000:00:14.0-2", false);
    check("usb-vhci_hcd.0-1", false);
    check("platform:uvcvideo", false);
    check("", false);
    assert!(
        is_virtual_driver("v4l2 loopback") && is_virtual_driver("vivid") && !is_virtual_driver("uvcvideo")
    );
    let node = Told { is_virtual: true, ..told(true, "camera", "x") };
    assert!(Known::default().look(&Paper::new(vec![(0, 1, Ok(node))]))[0].is_virtual);
}

#[test]
fn places_by_sysfs() {
    let check = |folder: &str, expected: &str| {
        assert_eq!(place(Path::new(folder)).as_deref(), Some(expected), "{folder}");
    };
    check("/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0", "usb-0000:00:14.0-2");
    check("/sys/devices/pci0000:00/0000:00:14.0/usb3/3-1/3-1.4/3-1.4:1.0", "usb-0000:00:14.0-1.4");
    check("/sys/devices/platform/vhci_hcd.0/usb3/3-1/3-1:1.0", "usb-vhci_hcd.0-1");
    check("/sys/devices/platform/vivid.0", "vivid.0");
    check("/sys/devices/usb1", "usb1");
}

#[test]
fn names_from_devices_are_made_plain() {
    let check = |name: &str, expected: &str| assert_eq!(plain(name), expected);
    check("  Cam\u{7}era\n", "Camera");
    check(&"x".repeat(1000), &"x".repeat(NAME_CHARS_MAX));
}

#[test]
fn capabilities_of_a_camera() {
    let check = |caps: Flags, expected: bool| assert_eq!(gives_pictures(caps), expected, "{caps:?}");
    check(Flags::VIDEO_CAPTURE | Flags::STREAMING | Flags::READ_WRITE | Flags::EXT_PIX_FORMAT, true);
    check(Flags::VIDEO_CAPTURE, false);
    check(Flags::META_CAPTURE | Flags::STREAMING, false);
    check(Flags::VIDEO_OUTPUT | Flags::STREAMING, false);
    check(Flags::VIDEO_CAPTURE | Flags::VIDEO_OUTPUT | Flags::STREAMING, false);
    check(Flags::VIDEO_M2M | Flags::VIDEO_CAPTURE | Flags::STREAMING, false);
    check(Flags::VIDEO_CAPTURE_MPLANE | Flags::STREAMING, false);
}
