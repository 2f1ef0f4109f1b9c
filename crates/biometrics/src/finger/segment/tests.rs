#![allow(clippy::unwrap_used, clippy::expect_used)]
mod accuracy;
mod data;
