//! `rekam` and `rekam --demo`: the window.

use std::path::PathBuf;

use clap::Args;

use super::{Done, Place, VaultArg, failure};

#[derive(Debug, Args)]
pub(super) struct Window {
    #[command(flatten)]
    vault: VaultArg,
    /// Play a session by itself in a training vault, which is made where there is none.
    #[arg(long)]
    demo: bool,
    /// Save pictures of the demo's screens into this folder.
    #[arg(long, value_name = "DIR", requires = "demo")]
    pictures: Option<PathBuf>,
    /// Close the window at the demo's end.
    #[arg(long, requires = "demo")]
    exit: bool,
    /// Open the applicant's screen at start, for a second monitor.
    #[arg(long)]
    applicant: bool,
    /// Note the time of every frame into this file.
    #[arg(long, value_name = "FILE", requires = "demo", hide = true)]
    frames: Option<PathBuf>,
}

#[cfg(not(feature = "gui"))]
pub(super) fn open(_: &Window, _: &mut Place) -> Done {
    Err(failure("CLI-07", "this rekam was built without its window; build it with the feature `gui`"))
}

#[cfg(feature = "gui")]
pub(super) fn open(c: &Window, place: &mut Place) -> Done {
    use std::sync::Arc;

    use record::schema::Environment;
    use rekam::runtime::clock::SystemClock;
    use rekam::runtime::station::{Desk, Station};
    use rekam::ui::app::{WindowOptions, run};
    use rekam::vault::files::RealFiles;
    use rekam::vault::{KdfCost, Vault, VaultError};

    use super::session::{default_devices, make_training_vault, station_options};

    let vault = place.vault(&c.vault)?;
    let environment = match Vault::peek(&RealFiles, &vault) {
        Ok(config) => config.environment,
        Err(VaultError::NotAVault { .. }) if c.demo => {
            make_training_vault(&vault, "DEMO-01", KdfCost::Standard)?;
            Environment::Training
        }
        Err(e) => return Err(e.into()),
    };
    if c.demo && environment != Environment::Training {
        return Err(failure(
            "CLI-08",
            "the demo runs in training vaults only; name another with --vault DIR",
        ));
    }
    if let Some(warning) = place.config.fit(environment) {
        super::tell(&warning.to_string());
    }
    let devices = match &place.config.devices {
        Some(setup) => setup.clone(),
        None => default_devices(environment),
    };
    let mut options = station_options(&place.config, &vault, &devices, Arc::new(SystemClock))?;
    let window = WindowOptions {
        language: place.config.language,
        size: None,
        applicant: c.applicant,
        demo: c.demo.then(|| demo(c.exit)),
        pictures: c.pictures.clone(),
        frames: c.frames.clone().map(|file| rekam::ui::frames::FrameLog { file, begun: place.begun }),
    };
    run(window, move |wake| {
        options.wake = wake;
        let mut station = Station::open(options).map_err(|e| e.to_string())?;
        station.watch_sleep();
        Ok(Box::new(station) as Box<dyn Desk>)
    })?;
    Ok(0)
}

#[cfg(feature = "gui")]
fn demo(exit: bool) -> rekam::ui::demo::DemoOptions {
    use record::schema::Role;
    use zeroize::Zeroizing;

    let secret = |role: Role| {
        let all = rekam::vault::TRAINING_OFFICERS;
        let found = all.iter().find(|(_, r, _)| *r == role).map_or("", |(_, _, secret)| *secret);
        Zeroizing::new(found.to_owned())
    };
    rekam::ui::demo::DemoOptions {
        // Slow enough to be watched; as fast as pictures can be taken where nobody watches.
        pace_s: if exit { 0.1 } else { 0.8 },
        exit,
        operator_secret: secret(Role::Operator),
        supervisor_secret: secret(Role::Supervisor),
        person: rekam::ui::demo::DemoPerson::default(),
    }
}
