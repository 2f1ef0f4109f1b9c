//! Who else of this computer may read the vault's files: nobody.

use std::path::{Path, PathBuf};

use super::Vault;
use super::check::{Problem, ProblemKind};
use super::error::VaultError;
use super::files::Files;
use super::layout::Layout;

/// What anybody but the owner may do.
const OTHERS: u32 = 0o077;

fn exposed(files: &dyn Files, path: &Path) -> Result<Option<u32>, VaultError> {
    match files.mode(path) {
        // Not every vault has every file.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(VaultError::io("vault folder", e)),
        Ok(mode) => Ok(mode.filter(|mode| mode & OTHERS != 0)),
    }
}

/// Refuses a vault of which others may read the folder, a folder in it, or a file with keys. Few files are looked at,
/// so that opening stays fast; `rekam vault check` looks at all.
///
/// # Errors
/// [`VaultError::Exposed`] or the disk's.
pub(super) fn refuse_exposed(files: &dyn Files, layout: &Layout) -> Result<(), VaultError> {
    let mut paths = vec![layout.root().to_owned()];
    paths.extend(layout.folders());
    paths.extend([layout.config(), layout.station_key(), layout.sync_key(), layout.officers()]);
    let slots = files.list(&layout.keys()).map_err(|e| VaultError::io("keys", e))?;
    paths.extend(slots.into_iter().map(|slot| layout.keys().join(slot.name)));
    for path in paths {
        if let Some(mode) = exposed(files, &path)? {
            let (file, folder) = (path.display().to_string(), layout.root().display().to_string());
            return Err(VaultError::Exposed { mode, file, folder });
        }
    }
    Ok(())
}

impl Vault {
    /// Looks at the mode of every file and folder. What sled makes has the mode that the process's mask gives: the
    /// station sets one that keeps others out, and the vault's folder keeps them out in any case.
    pub(super) fn check_modes(&self, problems: &mut Vec<Problem>) -> Result<(), VaultError> {
        let mut folders: Vec<PathBuf> = vec![self.layout().root().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in self.files().list(&folder).map_err(|e| VaultError::io("vault folder", e))? {
                if folder == self.layout().root() && entry.name.starts_with("index") {
                    continue;
                }
                let path = folder.join(entry.name);
                if let Some(mode) = exposed(self.files(), &path)? {
                    let subject = path.strip_prefix(self.layout().root()).unwrap_or(&path);
                    problems.push(Problem {
                        kind: ProblemKind::Exposed,
                        subject: subject.display().to_string(),
                        detail: format!("{mode:o}"),
                    });
                }
                if entry.folder {
                    folders.push(path);
                }
            }
        }
        Ok(())
    }
}
