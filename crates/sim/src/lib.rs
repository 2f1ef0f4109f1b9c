//! Services that stand in for devices: an SBI device service over HTTP, and a KTP-el card for a virtual reader; and the
//! receipts that a hub would give.
//!
//! For training, tests and labs only. They make their own keys; nothing here holds a secret of anybody.

pub mod card;
pub mod receipts;
pub mod sbi;
