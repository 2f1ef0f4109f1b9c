//! Documents on their way to the printer: kept in the vault first, removed from there when they are printed.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use devices::vocabulary::{DeviceFault, DeviceKind};
use uuid::Uuid;

use super::{Document, Station};
use crate::runtime::device_host::DeviceMessage;
use crate::runtime::printing::PrintJob;
use crate::runtime::station::{DocumentKind, Notice, NoticeLevel, PrintProgress, UnprintedLine};
use crate::runtime::vault_jobs::{PaperJob, VaultJob};
use crate::vault::UnprintedDocument;

/// Documents whose progress is remembered; the oldest finished ones go first.
const PROGRESS_MAX: usize = 64;

impl Station {
    /// Sends a new document to the printer, once the vault has been given it.
    pub(super) fn print_new(&mut self, session: Uuid, document: &Document) {
        if !self.prints {
            return;
        }
        self.keep_paper(session, document);
        self.print(document.id, document.kind, document.bytes.clone());
    }

    fn keep_paper(&mut self, session: Uuid, document: &Document) {
        let kept = UnprintedDocument {
            kind: document.kind.id().to_owned(),
            session,
            name: document.name.clone(),
            pdf: document.bytes.to_vec(),
        };
        let now = self.clock.now();
        self.unkept.insert(document.id);
        let rules = self.policy.retention;
        // A slip may tell of a fever: it is health data.
        let days = match document.kind {
            DocumentKind::Slip => rules.unprinted_days.min(rules.health_days),
            DocumentKind::Proof | DocumentKind::Receipt => rules.unprinted_days,
        };
        let job = PaperJob::Keep { id: document.id, document: Box::new(kept), days, now };
        self.give_vault(VaultJob::Paper(job));
    }

    fn print(&mut self, id: Uuid, kind: DocumentKind, pdf: Arc<[u8]>) {
        if self.progress.len() >= PROGRESS_MAX {
            self.progress.retain(|_, p| !p.is_over());
        }
        self.progress.insert(id, PrintProgress::Queued);
        let job = PrintJob { document: id, title: kind.title(), pdf, printer: self.printer.clone() };
        if self.printing.give(job).is_err() {
            self.printing_told(id, PrintProgress::NotPrinted(DeviceFault::Busy));
        }
    }

    /// Prints a document again, or one that waits.
    pub(super) fn reprint(&mut self, id: Uuid) {
        if self.signed_in.is_none() || self.progress.get(&id).is_some_and(|p| !p.is_over()) {
            return;
        }
        let Some(session) = self.paper_of(id) else { return };
        let shown = self.document.as_ref().filter(|(_, d)| d.id == id).cloned();
        let now = self.clock.now();
        let details = vec![("document", id.to_string())];
        self.give_vault(VaultJob::Audit { session, event: "document-reprinted", details, now });
        match shown {
            Some((session, document)) => {
                // One that waits in the vault is kept already.
                if !self.unprinted.iter().any(|l| l.id == id) {
                    self.keep_paper(session, &document);
                }
                self.print(id, document.kind, document.bytes);
            }
            None => {
                self.progress.insert(id, PrintProgress::Queued);
                self.give_vault(VaultJob::Paper(PaperJob::Load { id }));
            }
        }
    }

    pub(super) fn paper_loaded(&mut self, id: Uuid, document: Option<Box<UnprintedDocument>>) {
        match document {
            Some(d) => self.print(id, DocumentKind::from_id(&d.kind), d.pdf.as_slice().into()),
            // The vault has said why.
            None => drop(self.progress.remove(&id)),
        }
    }

    pub(super) fn printing_told(&mut self, id: Uuid, progress: PrintProgress) {
        let now = self.clock.now();
        self.tell_printer(&progress);
        match &progress {
            PrintProgress::Printed => {
                self.unkept.remove(&id);
                self.give_vault(VaultJob::Paper(PaperJob::Printed { id, now }));
            }
            // Nobody knows whether it came out: it stays in the vault until the officer says so.
            PrintProgress::Sent => self.audit_paper(id, "document-sent", Vec::new(), now),
            PrintProgress::NotPrinted(fault) => {
                let code = fault.code();
                let message = "runtime-not-printed".to_owned();
                self.notify(Notice { level: NoticeLevel::Warning, message, code: code.to_owned() });
                self.audit_paper(id, "document-not-printed", vec![("code", code.to_owned())], now);
            }
            _ => {}
        }
        self.progress.insert(id, progress);
    }

    /// A printer that did not print is shown as faulty, so that another one can be taken; one that did is well again.
    fn tell_printer(&mut self, progress: &PrintProgress) {
        let told = match progress {
            PrintProgress::Printed => None,
            // The worker had no room, or the document is none: neither is the printer's.
            PrintProgress::NotPrinted(DeviceFault::Busy | DeviceFault::BadData { .. }) => return,
            PrintProgress::NotPrinted(fault) => Some(fault.clone()),
            _ => return,
        };
        self.tell_devices(DeviceMessage::Printing(told));
    }

    /// The printer that the device list shows is the one that the following documents go to, also once it is gone:
    /// another one is the officer's choice.
    pub(super) fn note_printer(&mut self) {
        let line = self.lines.iter().find(|l| l.kind == DeviceKind::Printer);
        if let Some(info) = line.and_then(|l| l.info.as_ref()) {
            self.printer = Some(info.id.clone());
        }
    }

    /// What came of the documents that wait. While nobody is signed in any more it stays out of memory.
    pub(super) fn papers(&mut self, lines: Vec<UnprintedLine>) {
        if self.signed_in.is_some() {
            self.unprinted = lines;
        }
    }

    /// The officer saw a document come out that nobody else knows of: sent without further word, in this run or an
    /// earlier one.
    pub(super) fn came_out(&mut self, id: Uuid) {
        let unknown = self.progress.get(&id).is_none_or(|p| *p == PrintProgress::Sent);
        if self.signed_in.is_none() || !unknown || self.paper_of(id).is_none() {
            return;
        }
        let now = self.clock.now();
        self.audit_paper(id, "document-came-out", Vec::new(), now);
        self.give_vault(VaultJob::Paper(PaperJob::Printed { id, now }));
        self.progress.insert(id, PrintProgress::Printed);
    }

    /// The session of a document that is listed or on screen.
    fn paper_of(&self, id: Uuid) -> Option<Uuid> {
        let listed = self.unprinted.iter().find(|l| l.id == id).map(|l| l.session);
        listed.or_else(|| self.document.as_ref().filter(|(_, d)| d.id == id).map(|(session, _)| *session))
    }

    fn audit_paper(
        &mut self,
        id: Uuid,
        event: &'static str,
        more: Vec<(&'static str, String)>,
        now: DateTime<Utc>,
    ) {
        let details = [vec![("document", id.to_string())], more].concat();
        self.give_vault(match self.paper_of(id) {
            Some(session) => VaultJob::Audit { session, event, details, now },
            None => VaultJob::AuditDesk { event, details, now },
        });
    }
}
