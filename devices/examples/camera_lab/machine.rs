//! The machine that the lab may turn upside down: its drivers, controls and other programs.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Answer;

/// How long something that the kernel does may take.
const WITHIN: Duration = Duration::from_secs(15);

/// The machine.
pub(crate) struct Machine {
    /// Folder with `lib/modules`; none: the machine's own.
    pub(crate) modules: Option<String>,
    /// Folder with the lab's programs.
    pub(crate) labs: String,
}

/// A program that runs until this is dropped.
pub(crate) struct Running(Child);

impl Running {
    /// Sends it a signal by its name.
    pub(crate) fn signal(&self, machine: &Machine, name: &str) -> Answer<()> {
        machine.run("kill", &[name, &self.0.id().to_string()])
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Machine {
    /// Runs a program to its end: exit code, stdout, stderr.
    pub(crate) fn answer(&self, program: &str, args: &[&str]) -> Answer<(i32, String, String)> {
        let output = Command::new(program).args(args).stdin(Stdio::null()).output();
        let output = output.map_err(|e| format!("{program}: {e}"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok((output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr)))
    }

    /// Runs a program that must succeed.
    pub(crate) fn run(&self, program: &str, args: &[&str]) -> Answer<()> {
        match self.answer(program, args)? {
            (0, ..) => Ok(()),
            (code, out, errors) => Err(format!("{program} {args:?} ended with {code}: {out} {errors}")),
        }
    }

    /// Starts a program.
    pub(crate) fn start(&self, program: &str, args: &[&str]) -> Answer<Running> {
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().map(Running).map_err(|e| format!("{program}: {e}"))
    }

    fn modprobe(&self, args: &[&str]) -> Answer<()> {
        let folder = self.modules.iter().flat_map(|folder| ["-d", folder.as_str()]);
        let whole: Vec<&str> = folder.chain(args.iter().copied()).collect();
        self.run("modprobe", &whole)
    }

    /// Loads a driver.
    pub(crate) fn load(&self, module: &str, options: &[&str]) -> Answer<()> {
        self.modprobe(&[&[module], options].concat())
    }

    /// Writes to a file of the kernel.
    pub(crate) fn write(&self, path: &str, text: &str) -> Answer<()> {
        std::fs::write(path, text).map_err(|e| format!("{path}: {e}"))
    }

    /// `v4l2-ctl` on `/dev/videoN`.
    pub(crate) fn control(&self, number: u32, args: &[&str]) -> Answer<()> {
        let device = number.to_string();
        self.run("v4l2-ctl", &[&["-d", &device], args].concat())
    }

    /// Number of vivid's test pattern that is all of one colour.
    pub(crate) fn pattern(&self, number: u32, colour: &str) -> Answer<String> {
        let device = number.to_string();
        let (_, menus, _) = self.answer("v4l2-ctl", &["-d", &device, "--list-ctrls-menus"])?;
        let wanted = format!("100% {colour}");
        let line = menus.lines().map(str::trim).find(|line| line.ends_with(&wanted));
        let number = line.and_then(|line| line.split_once(':')).map(|(number, _)| number.trim().to_owned());
        number.ok_or_else(|| format!("vivid has no pattern {wanted}"))
    }

    /// Waits for a file.
    pub(crate) fn wait_for(&self, path: &str) -> Answer<()> {
        let until = Instant::now() + WITHIN;
        while !Path::new(path).exists() {
            if Instant::now() >= until {
                return Err(format!("{path} did not come"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}
