//! Integration tests: the real binary on real folders. One crate, so that it links once.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "main/bad_input.rs"]
mod bad_input;
#[path = "main/bio.rs"]
mod bio;
#[path = "main/camera.rs"]
mod camera;
#[path = "main/card.rs"]
mod card;
#[path = "main/cards.rs"]
mod cards;
#[path = "main/commands.rs"]
mod commands;
#[path = "main/doctor.rs"]
mod doctor;
#[path = "main/keys.rs"]
mod keys;
#[path = "main/kill.rs"]
mod kill;
#[path = "main/queue.rs"]
mod queue;
#[path = "main/real.rs"]
mod real;
#[path = "main/safekeeping.rs"]
mod safekeeping;
#[path = "main/sbi.rs"]
mod sbi;
#[path = "main/sbi_commands.rs"]
mod sbi_commands;
#[path = "main/scripts.rs"]
mod scripts;
#[path = "main/support.rs"]
mod support;
#[path = "main/upkeep.rs"]
mod upkeep;
