#![allow(clippy::unwrap_used, clippy::expect_used)]
use crate as rekam;

mod desk;
