//! Documents on their way to the printer: kept in the vault first, removed from there when they are printed.

use std::sync::Arc;

use devices::vocabulary::DeviceFault;
use uuid::Uuid;

use super::{Document, Station};
use crate::runtime::printing::PrintJob;
use crate::runtime::station::{DocumentKind, Notice, NoticeLevel, PrintProgress};
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
        let job = PaperJob::Keep { id: document.id, document: Box::new(kept), now };
        self.give_vault(VaultJob::Paper(job));
    }

    fn print(&mut self, id: Uuid, kind: DocumentKind, pdf: Arc<[u8]>) {
        if self.progress.len() >= PROGRESS_MAX {
            self.progress.retain(|_, p| !p.is_over());
        }
        self.progress.insert(id, PrintProgress::Queued);
        let job = PrintJob { document: id, title: kind.title(), pdf };
        if self.printing.give(job).is_err() {
            self.printing_told(id, PrintProgress::NotPrinted(DeviceFault::Busy));
        }
    }

    /// Prints a document again, or one that waits.
    pub(super) fn reprint(&mut self, id: Uuid) {
        if self.signed_in.is_none() || self.progress.get(&id).is_some_and(|p| !p.is_over()) {
            return;
        }
        let shown = self.document.as_ref().filter(|(_, d)| d.id == id).cloned();
        let listed = self.unprinted.iter().find(|l| l.id == id).map(|l| l.session);
        let Some(session) = shown.as_ref().map(|(session, _)| *session).or(listed) else { return };
        let now = self.clock.now();
        let details = vec![("document", id.to_string())];
        self.give_vault(VaultJob::Audit { session, event: "document-reprinted", details, now });
        match shown {
            Some((session, document)) => {
                self.keep_paper(session, &document);
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
        match &progress {
            PrintProgress::Printed | PrintProgress::Sent => {
                self.give_vault(VaultJob::Paper(PaperJob::Printed { id, now }));
            }
            PrintProgress::NotPrinted(fault) => {
                let code = fault.code();
                let message = "runtime-not-printed".to_owned();
                self.notify(Notice { level: NoticeLevel::Warning, message, code: code.to_owned() });
                let listed = self.unprinted.iter().find(|l| l.id == id).map(|l| l.session);
                let shown = self.document.as_ref().filter(|(_, d)| d.id == id).map(|(session, _)| *session);
                if let Some(session) = listed.or(shown) {
                    let details = vec![("document", id.to_string()), ("code", code.to_owned())];
                    self.give_vault(VaultJob::Audit { session, event: "document-not-printed", details, now });
                }
            }
            _ => {}
        }
        self.progress.insert(id, progress);
    }
}
