//! What `rekam doctor` says of the computer: can what is in memory or on the disk be read by whoever takes it away?

use record::schema::Environment;
use rekam::hardening::host::{ThisHost, core_pattern, disk_of, hibernation, locked_kib, swap};
use rekam::hardening::{Hardening, MemoryLock};

use super::devices::Look;

/// Disk, swap, hibernation, core dumps, memory. In training they are told and are no failure.
pub(super) fn looks(vault: Option<&std::path::Path>, environment: Environment, h: &Hardening) -> Vec<Look> {
    let host = ThisHost;
    let training = environment == Environment::Training;
    let look = |name, safe: bool, told: String| Look { name, ok: safe || training, told };
    let disk = vault.map(|folder| disk_of(&host, folder));
    let (swap, sleep) = (swap(&host), hibernation(&host));
    let memory = match h.memory {
        MemoryLock::Locked => "locked".to_owned(),
        MemoryLock::Limited { limit_kib } => {
            format!(
                "not locked: the limit is {limit_kib} KiB; set LimitMEMLOCK=infinity, or encrypt the swap"
            )
        }
        MemoryLock::Refused => "not locked: the system refused".to_owned(),
    };
    let watched = rekam::runtime::sleep::check();
    let locked = locked_kib(&host).unwrap_or(0);
    vec![
        look(
            "disk-encryption",
            disk.is_some_and(|d| d.is_safe()),
            disk.map_or_else(String::new, |d| format!("{}; the vault's disk should be on LUKS", d.id())),
        ),
        look("swap", swap.is_safe(), format!("{}; use no swap, zram, or one on LUKS", swap.id())),
        look(
            "hibernation",
            sleep.is_safe(),
            format!(
                "{}; hibernating writes the memory there: mask hibernate.target or encrypt it",
                sleep.id()
            ),
        ),
        look(
            "core-dumps",
            h.no_core && h.not_dumpable,
            format!(
                "of rekam: limit {}, dumpable {}; of others: {}",
                if h.no_core { "0" } else { "not 0" },
                if h.not_dumpable { "no" } else { "yes" },
                core_pattern(&host)
            ),
        ),
        look(
            "sleep",
            watched.is_ok(),
            watched.map_or_else(
                |e| format!("not noticed ({e}): lock the screen by hand"),
                |()| "logind tells".to_owned(),
            ),
        ),
        // The swap is what locked memory is for: where that is safe, unlocked memory is.
        look(
            "memory-lock",
            h.memory == MemoryLock::Locked || swap.is_safe(),
            format!("{memory} ({locked} KiB locked)"),
        ),
        look(
            "freed-memory",
            h.c_buffers_wiped,
            if h.c_buffers_wiped {
                "wiped when it is given back".to_owned()
            } else {
                "buffers of C libraries are not wiped: this libc does not know M_PERTURB".to_owned()
            },
        ),
    ]
}
