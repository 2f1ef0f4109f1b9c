//! Opening a station: checks everything that can be checked, then starts the workers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::FixedOffset;
use devices::registry::Registry;
use devices::setup::Setup;
use devices::vocabulary::{DeviceKind, SIMULATED};
use record::schema::Environment;

use super::Station;
use super::upkeep::Upkeep;
use crate::documents::Office;
use crate::gate::policy::{Policy, PolicySet};
use crate::i18n::Language;
use crate::population::regions::Regions;
use crate::population::roster::{self, RosterError};
use crate::runtime::analysis::Engine;
use crate::runtime::device_host::{DeviceHost, DeviceMessage, analyse_all, first_lines};
use crate::runtime::documents::Documents;
use crate::runtime::error::StationError;
use crate::runtime::finger_search::search_all;
use crate::runtime::guidance::GuidanceWorker;
use crate::runtime::lookout::watch_power;
use crate::runtime::portrait::face_judges;
use crate::runtime::preview::PreviewSlot;
use crate::runtime::printing::{Patience, PrintWorker};
use crate::runtime::station::{Notice, NoticeLevel, StationOptions};
use crate::runtime::vault_jobs::VaultJob;
use crate::runtime::vault_worker::{VaultWorker, note_notice, officer_line};
use crate::runtime::workers::{Outbox, Worker, vault_notice};
use crate::session::hygiene::Hygiene;
use crate::vault::files::{Files, RealFiles};
use crate::vault::{CENTRE_WARN, OpenOptions, Vault};

/// The policy of an id, or the one in force on a local date.
pub(super) fn choose(
    policies: &PolicySet,
    id: Option<&str>,
    date: chrono::NaiveDate,
) -> Result<Policy, StationError> {
    match id {
        Some(id) => {
            policies.get(id).cloned().ok_or_else(|| StationError::UnknownPolicy { id: id.to_owned() })
        }
        None => policies.in_force(date).cloned().ok_or(StationError::NoPolicy { date }),
    }
}

/// Looks over the roster; the vault's worker reads it when an officer signs in, as it names people.
fn check_roster(options: &StationOptions) -> Result<Vec<RosterError>, StationError> {
    let Some(file) = &options.roster else { return Ok(Vec::new()) };
    let failed = |source| StationError::Roster { file: file.clone(), source };
    let len = std::fs::metadata(file).map_err(failed)?.len();
    if len > roster::MAX_BYTES as u64 {
        return Err(failed(std::io::ErrorKind::FileTooLarge.into()));
    }
    Ok(roster::read(&std::fs::read(file).map_err(failed)?).1)
}

/// What is wrong, or soon will be, with the list of the centre's recipients.
fn centre_notice(vault: &Vault, now: chrono::DateTime<chrono::Utc>) -> Option<Notice> {
    if let Err(error) = vault.recipients(now) {
        return Some(vault_notice(&error));
    }
    let ends = vault.centre_until(now).is_none_or(|until| until - now <= CENTRE_WARN);
    let message = "centre-list-ends".to_owned();
    ends.then(|| Notice { level: NoticeLevel::Warning, message, code: "VLT-34".to_owned() })
}

fn roster_notice(error: &RosterError) -> Notice {
    Notice {
        level: NoticeLevel::Warning,
        message: format!("warn-{}", error.what),
        // The line is what the office needs to mend it.
        code: format!("{} {}:{}", error.code, error.line, error.column),
    }
}

impl Station {
    /// Opens a station on its vault, locked: nobody is signed in.
    ///
    /// # Errors
    /// [`StationError`]: the vault's own errors, a wrong device set-up, wrong policy files, an unreadable roster.
    pub fn open(options: StationOptions) -> Result<Self, StationError> {
        Self::open_on(options, Arc::new(RealFiles))
    }

    /// As [`Station::open`], with the vault on another file system.
    ///
    /// # Errors
    /// As [`Station::open`].
    pub fn open_on(options: StationOptions, files: Arc<dyn Files>) -> Result<Self, StationError> {
        let now = options.clock.now();
        let offset = FixedOffset::east_opt(options.utc_offset_s)
            .ok_or(StationError::Offset { seconds: options.utc_offset_s })?;
        let setup = Arc::new(Setup::from_toml(&options.device_setup)?);
        let policies = if options.policies.is_empty() {
            PolicySet::bundled()
        } else {
            PolicySet::load(options.policies.clone())
        };
        let policies = policies.map_err(StationError::Policies)?;
        let today = now.with_timezone(&offset).date_naive();
        let policy = choose(&policies, options.policy_id.as_deref(), today)?;
        let roster_errors = check_roster(&options)?;
        let engine = Engine::new()?;
        let open = OpenOptions {
            simulated_clock: options.clock.is_simulated(),
            witness: options.witness.clone(),
            ..OpenOptions::default()
        };
        let vault = Vault::open(files, &options.vault, &open, now)?;
        let mut notices: Vec<Notice> = vault.notes().iter().map(|n| note_notice(n.message_id())).collect();
        notices.extend(roster_errors.iter().take(super::NOTICES_MAX / 2).map(roster_notice));
        let centre_until = vault.centre_until(now);
        notices.extend(centre_notice(&vault, now));
        let environment = vault.config().environment;
        let station = vault.config().station.clone();
        let officers = vault.officers().iter().map(officer_line).collect();
        let hygiene = Hygiene::from_kept(vault.hygiene()?.as_deref());
        let queue_len = vault.queue_len();
        let retired = vault.check_in_service().is_err();

        let (out, inbox) = Outbox::new(options.wake.clone());
        let registry = Arc::new(Registry::new(environment == Environment::Training));
        let preview = Arc::new(PreviewSlot::default());
        let guidance =
            GuidanceWorker::start(preview.clone(), face_judges(engine.face.clone()), options.wake.clone())?;
        let lines = first_lines(&registry, &setup);
        let worker_out = out.clone();
        let search_out = out.clone();
        let searches = Worker::start("finger-search", move |jobs| search_all(&jobs, &search_out))?;
        let to_search =
            searches.sender().ok_or_else(|| StationError::Thread(std::io::ErrorKind::BrokenPipe.into()))?;
        let vault_worker = VaultWorker::new(vault, options.roster.clone(), offset, to_search, worker_out);
        let vault = Worker::start("vault", move |jobs| vault_worker.run(&jobs))?;
        let worker_out = out.clone();
        let analysis = Worker::start("analysis", move |jobs| analyse_all(&engine, &jobs, &worker_out))?;
        let documents = Documents {
            folder: options.documents.clone(),
            language: Language::from_tag(&options.statement.1).unwrap_or(Language::Indonesian),
            office: Office::default(),
        };
        let worker_out = out.clone();
        let documents = Worker::start("documents", move |jobs| documents.run(&jobs, &worker_out))?;
        let stop_printing = Arc::new(AtomicBool::new(false));
        let printer = PrintWorker {
            registry: registry.clone(),
            setup: setup.clone(),
            patience: Patience::PRINTER,
            stop: stop_printing.clone(),
            out: out.clone(),
        };
        let printing = Worker::start("printing", move |jobs| printer.run(&jobs))?;
        let power_out = out.clone();
        let power = Worker::start("power", move |asked| watch_power(&asked, &power_out))?;
        let outbox = out.clone();
        let mut station = Self {
            devices: start_devices(&options, &registry, &setup, &preview, &analysis, out)?,
            clock: options.clock,
            inbox,
            stash: VecDeque::new(),
            vault,
            searches,
            analysis,
            documents,
            printing,
            power,
            stop_printing,
            prints: prints(environment, &setup),
            printer: None,
            progress: BTreeMap::new(),
            unprinted: Vec::new(),
            unkept: BTreeSet::new(),
            documents_due: BTreeSet::new(),
            registry,
            preview,
            guidance,
            told_gone: false,
            environment,
            centre_until,
            station,
            district: options.district,
            utc_offset_s: options.utc_offset_s,
            statement: options.statement,
            policies,
            policy_id: options.policy_id,
            policy: Arc::new(policy),
            regions: Arc::new(Regions::new()),
            officers,
            signed_in: None,
            checking: false,
            // What keeps keys in memory behind the lock is for training only, whatever the caller says.
            lock_rules: options.lock.map(|rules| rules.of(environment)),
            lock: None,
            sleep_watch: None,
            outbox,
            sleepers: Vec::new(),
            touched: now,
            page: 0,
            queue: Vec::new(),
            queue_len,
            retired,
            drafts: Vec::new(),
            waiting: Vec::new(),
            lines,
            notices,
            active: None,
            parked: BTreeMap::new(),
            officer_checks: BTreeMap::new(),
            sealed: None,
            ended: None,
            document: None,
            handover: None,
            ledger: None,
            cards_entered: None,
            last_tick: None,
            deferred: None,
            taking_up: None,
            hygiene,
            hygiene_again: None,
            held: None,
            upkeep: Upkeep::default(),
            platen_possible: true,
        };
        station.vault.give(VaultJob::Page { page: 0, now }).ok();
        Ok(station)
    }
}

/// Whether documents go to a printer. The simulated one of a training station only keeps what the folder has already.
fn prints(environment: Environment, setup: &Setup) -> bool {
    let printer = setup.driver(DeviceKind::Printer);
    environment == Environment::Production || printer.is_some_and(|p| p.driver != SIMULATED)
}

fn start_devices(
    options: &StationOptions,
    registry: &Arc<Registry>,
    setup: &Arc<Setup>,
    preview: &Arc<PreviewSlot>,
    analysis: &Worker<crate::runtime::device_host::AnalysisJob>,
    out: Outbox,
) -> Result<Worker<DeviceMessage>, StationError> {
    let gone = || StationError::Thread(std::io::ErrorKind::BrokenPipe.into());
    let host = DeviceHost {
        registry: registry.clone(),
        setup: setup.clone(),
        clock: options.clock.clone(),
        preview: preview.clone(),
        wake: options.wake.clone(),
        analysis: analysis.sender().ok_or_else(gone)?,
        out,
    };
    let mut devices = Worker::start("devices", move |messages| host.run(messages))?;
    let own = devices.sender().ok_or_else(gone)?;
    devices.give(DeviceMessage::Begin(own)).map_err(|_| gone())?;
    Ok(devices)
}
