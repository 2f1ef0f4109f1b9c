//! The window: theme tokens, widgets, screens. It never touches the vault, sync or a driver.

pub mod fonts;
pub mod gallery;
pub mod theme;
pub mod widgets;
