//! The USB camera in software (`tools/labs/usb_camera.py`): plugged in by starting it, pulled out by ending it.

use biometrics::codec::encode_jpeg;
use biometrics::image::RgbImage;

use crate::feed::yuyv;
use crate::machine::{Machine, Running};
use crate::{Answer, Plug};

const MJPEG: &str = "/tmp/portrait.mjpeg";
const YUYV: &str = "/tmp/portrait-usb.yuyv";
/// Marker bytes of ITU-T T.81, table B.1: Huffman tables, start of scan.
const DHT: u8 = 0xC4;
const SOS: u8 = 0xDA;

/// The camera.
pub(crate) struct UsbCamera<'a> {
    machine: &'a Machine,
    program: Option<Running>,
}

impl<'a> UsbCamera<'a> {
    /// A camera that sees one picture, not plugged in yet.
    pub(crate) fn new(machine: &'a Machine, picture: &RgbImage) -> Answer<Self> {
        let jpeg = encode_jpeg(picture, 90).map_err(|e| e.to_string())?;
        std::fs::write(MJPEG, without_tables(&jpeg)?).map_err(|e| e.to_string())?;
        std::fs::write(YUYV, yuyv(picture)).map_err(|e| e.to_string())?;
        Ok(Self { machine, program: None })
    }

    pub(crate) fn signal(&self, name: &str) -> Answer<()> {
        self.program.as_ref().ok_or("the camera is not plugged in")?.signal(self.machine, name)
    }

    /// The camera stays plugged in when the suite has ended.
    pub(crate) fn left_in(mut self) {
        std::mem::forget(self.program.take());
    }
}

impl Plug for UsbCamera<'_> {
    fn pull(&mut self) -> Answer<()> {
        self.program.take().map(drop).ok_or_else(|| "the camera is not plugged in".to_owned())
    }

    fn plug(&mut self) -> Answer<()> {
        let program = format!("{}/usb_camera.py", self.machine.labs);
        let args = ["-B", &program, "--mjpeg", MJPEG, "--yuyv", YUYV];
        self.program = Some(self.machine.start("python3", &args)?);
        self.machine.wait_for("/dev/video0")
    }
}

/// A JPEG as many cameras send it: without its Huffman tables, which are the standard ones.
fn without_tables(jpeg: &[u8]) -> Answer<Vec<u8>> {
    let (mut at, mut out) = (2, jpeg.get(..2).unwrap_or_default().to_vec());
    loop {
        let head = jpeg.get(at..at + 4).ok_or("no JPEG")?;
        if head[1] == SOS {
            out.extend_from_slice(&jpeg[at..]);
            return Ok(out);
        }
        let next = at + 2 + usize::from(u16::from_be_bytes([head[2], head[3]]));
        if head[1] != DHT {
            out.extend_from_slice(jpeg.get(at..next).ok_or("no JPEG")?);
        }
        at = next;
    }
}
