//! The window: theme tokens, widgets, screens. It never touches the vault, sync or a driver.

pub mod app;
pub mod applicant;
pub mod demo;
pub mod fonts;
pub mod frames;
pub mod gallery;
pub mod guide;
pub mod pictures;
pub mod printing;
pub mod screens;
pub mod speech;
pub mod stage;
#[cfg(test)]
mod tests;
pub mod theme;
pub mod views;
pub mod widgets;
