//! `rekam camera list|grab`: which cameras there are, and one picture of one of them with what the face check says.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use biometrics::codec::{encode_jpeg, encode_png_rgb};
use biometrics::face::FaceAnalyser;
use biometrics::image::RgbImage;
use clap::{Args, Subcommand};
use devices::drivers::v4l2;
use devices::registry::Registry;
use devices::setup::Setup;
use devices::traits::Camera;
use devices::vocabulary::{CaptureEnd, CaptureTask, Captured, DeviceFault, DeviceInfo, DeviceKind};
use record::schema::Environment;
use serde_json::{Value, json};
use toml::Table;

use super::devices::environment;
use super::{CliError, Done, Place, Until, VaultArg, failure, write_private};

/// Live pictures are looked at for so long before the photo: a camera first finds its exposure.
const WARM_UP: Duration = Duration::from_millis(1_500);
/// Fewest and most live pictures before the photo.
const WARM_UP_FRAMES: std::ops::RangeInclusive<u32> = 5..=200;
/// How long one live picture may take.
const FRAME_WITHIN: Duration = Duration::from_secs(4);
/// How long the photo may take.
const PHOTO_WITHIN: Duration = Duration::from_secs(15);
/// JPEG quality of the picture, as of evidence.
const JPEG_QUALITY: u8 = 90;

#[derive(Debug, Subcommand)]
pub(super) enum CameraCommand {
    /// The cameras that are plugged in.
    List(List),
    /// Take a photo as in a session, and say what the face check finds in it.
    Grab(Grab),
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    vault: VaultArg,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Grab {
    #[command(flatten)]
    vault: VaultArg,
    /// Where the picture goes: a file `.png`, `.jpg` or `.jpeg`, readable by its owner only.
    #[arg(long, value_name = "FILE", value_parser = picture_file)]
    out: (PathBuf, Kind),
    /// Which camera: its place, name or path as in `rekam camera list`; default the one that is set up.
    #[arg(long, value_name = "CAMERA")]
    device: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// File formats of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Png,
    Jpeg,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpeg",
        }
    }
}

fn picture_file(text: &str) -> Result<(PathBuf, Kind), String> {
    let path = PathBuf::from(text);
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("png") => Ok((path, Kind::Png)),
        Some("jpg" | "jpeg") => Ok((path, Kind::Jpeg)),
        _ => Err("the name must end in .png, .jpg or .jpeg".to_owned()),
    }
}

pub(super) fn camera(command: &CameraCommand, place: &mut Place) -> Done {
    match command {
        CameraCommand::List(c) => list(c, place),
        CameraCommand::Grab(c) => grab(c, place),
    }
}

/// The V4L2 camera that is named, or any.
fn v4l2_setup(device: Option<&str>) -> Result<Setup, CliError> {
    let mut setup = Setup::default();
    let parameters: Table = device.map(|d| ("device".to_owned(), d.into())).into_iter().collect();
    setup
        .set(DeviceKind::Camera, v4l2::ID, parameters)
        .map_err(|_| CliError::Usage("--device must name a camera, see `rekam camera list`".to_owned()))?;
    Ok(setup)
}

/// The set-up of the configuration, or the V4L2 camera where it has none.
fn configured(place: &Place) -> Result<Setup, CliError> {
    match &place.config.devices {
        Some(setup) if setup.driver(DeviceKind::Camera).is_some() => Ok(setup.clone()),
        _ => v4l2_setup(None),
    }
}

fn registry(place: &Place, vault: &VaultArg) -> Registry {
    Registry::new(environment(place, vault) == Environment::Training)
}

fn list(c: &List, place: &mut Place) -> Done {
    let registry = registry(place, &c.vault);
    let is_camera = |d: &DeviceInfo| d.kind == DeviceKind::Camera;
    let mut cameras: Vec<DeviceInfo> = registry.list(&configured(place)?);
    for other in registry.list(&v4l2_setup(None)?) {
        if cameras.iter().all(|camera| camera.id != other.id) {
            cameras.push(other);
        }
    }
    cameras.retain(is_camera);
    if c.json {
        place.json(&json!({"cameras": cameras}))?;
        return Ok(0);
    }
    for camera in &cameras {
        place.say(format!("{} {} {}", camera.driver, camera.model, camera.serial))?;
    }
    if cameras.is_empty() {
        place.say("no camera")?;
    }
    Ok(0)
}

/// A photo and how it came about.
struct Taken {
    info: DeviceInfo,
    image: RgbImage,
    frames: u32,
    fps: f64,
    took: Duration,
}

fn grab(c: &Grab, place: &mut Place) -> Done {
    let setup = match &c.device {
        Some(device) => v4l2_setup(Some(device))?,
        None => configured(place)?,
    };
    let camera = registry(place, &c.vault).open_camera(&setup, None).map_err(|f| told(&f))?;
    let taken = photo(camera)?;
    let (path, kind) = &c.out;
    let encoded = match kind {
        Kind::Png => encode_png_rgb(&taken.image),
        Kind::Jpeg => encode_jpeg(&taken.image, JPEG_QUALITY),
    };
    write_private(path, &encoded?)?;
    let line = report(&taken, path, *kind)?;
    if c.json {
        place.json(&line)?;
        return Ok(0);
    }
    let face = if line["face"] == true { "a face" } else { "no face" };
    let (width, height) = (taken.image.width(), taken.image.height());
    place.say(format!(
        "{}: {width}x{height} from {} ({:.1} frames a second), {face}, score {}",
        path.display(),
        taken.info.model,
        taken.fps,
        line["quality"]["score"],
    ))?;
    Ok(0)
}

fn photo(mut camera: Box<dyn Camera>) -> Result<Taken, CliError> {
    let (begun, mut frames) = (Instant::now(), 0);
    while frames < *WARM_UP_FRAMES.start() || (begun.elapsed() < WARM_UP && frames < *WARM_UP_FRAMES.end()) {
        camera.frame(Instant::now() + FRAME_WITHIN).map_err(|f| told(&f))?;
        frames += 1;
    }
    let fps = f64::from(frames) / begun.elapsed().as_secs_f64().max(0.001);
    let asked = Instant::now();
    let captured = camera.capture(&CaptureTask::Face, &mut Until(asked + PHOTO_WITHIN));
    let info = camera.info().clone();
    match captured {
        Ok(Captured::Photo { image }) => Ok(Taken { info, image, frames, fps, took: asked.elapsed() }),
        Ok(_) => Err(told(&DeviceFault::Protocol { detail: "an answer that is no photo".to_owned() })),
        Err(CaptureEnd::Fault(fault)) => Err(told(&fault)),
        Err(CaptureEnd::Retry(retry)) => Err(failure("CLI-09", format!("no photo: {}", retry.id()))),
        Err(CaptureEnd::Cancelled) => Err(failure("CLI-09", "stopped")),
    }
}

fn report(taken: &Taken, path: &Path, kind: Kind) -> Result<Value, CliError> {
    let face = FaceAnalyser::new()?.assess(&taken.image);
    Ok(json!({
        "device": taken.info,
        "file": path,
        "format": kind.name(),
        "width": taken.image.width(),
        "height": taken.image.height(),
        "frames": taken.frames,
        "fps": (taken.fps * 10.0).round() / 10.0,
        "photo_ms": u64::try_from(taken.took.as_millis()).unwrap_or(u64::MAX),
        "face": !face.faces.is_empty(),
        "faces": face.faces,
        "quality": super::bio::verdict(&face.quality),
        "measures": face.measures,
        "pose": face.pose,
    }))
}

/// A fault of the camera with what can be done about it at the command line.
fn told(fault: &DeviceFault) -> CliError {
    let to_do = match fault {
        DeviceFault::NotFound { .. } => "plug the camera in, and see `rekam camera list`",
        DeviceFault::Busy => "close the other program that uses the camera",
        DeviceFault::Unplugged => "plug the camera in again",
        DeviceFault::Hung { .. } | DeviceFault::Crashed => "unplug the camera and plug it in again",
        DeviceFault::NotPermitted => {
            "let the administrator add this user to the group `video`, then log in anew"
        }
        DeviceFault::Unsupported => "it gives no colour pictures that can be read; use another camera",
        DeviceFault::TrainingOnly => "set up a real camera in [devices.camera] of config.toml",
        _ => "plug the camera in again; if that does not help, use another one",
    };
    CliError::Failure(anyhow::anyhow!("{fault}; {to_do}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn pictures_are_named_by_their_kind() {
        let check = |name: &str, kind: Option<Kind>| {
            assert_eq!(picture_file(name).ok().map(|(_, kind)| kind), kind, "{name}");
        };
        check("a.png", Some(Kind::Png));
        check("dir.x/A.JPG", Some(Kind::Jpeg));
        check("a.jpeg", Some(Kind::Jpeg));
        check("a.gif", None);
        check("png", None);
        check("", None);
    }
}
