//! What the vault mended by itself is said on the screen, until somebody takes it away.

use super::*;

/// What can be said of a vault that was opened.
const MENDED: [&str; 12] = [
    "vault-note-index-rebuilt",
    "vault-note-index-mended",
    "vault-note-row-mended",
    "vault-note-save-completed",
    "vault-note-save-undone",
    "vault-note-card-undone",
    "vault-note-state-undone",
    "vault-note-record-unreadable",
    "vault-note-audit-mended",
    "vault-note-clock-back",
    "vault-note-step-unreadable",
    "vault-note-sync-key-unfit",
];

#[test]
fn what_was_mended_is_said_before_and_after_the_sign_in() {
    for language in [Language::Indonesian, Language::English] {
        for message in MENDED {
            let mut window = Window::open_after(language, vec2(1024.0, 640.0), &[message]);
            let said = window.words.get(message);
            let to_do = window.words.get(&format!("{message}-do"));
            assert!(said.len() > 20 && said != message, "{message} has no words");
            assert!(window.sees(&said), "{message} at sign-in");
            window.sign_in();
            assert!(window.sees(&said) && window.sees(&to_do), "{message} on the start page");
            window.press_id("action-close");
            assert!(!window.sees(&said), "{message} is taken away");
        }
    }
}
