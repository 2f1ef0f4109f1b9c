//! What the vault mended by itself is said on the screen, until somebody takes it away.

use super::*;

/// What is said of the index: it was damaged, deleted, or copied back.
const MENDED: [&str; 3] = ["vault-note-index-rebuilt", "vault-note-index-mended", "vault-note-row-mended"];

#[test]
fn a_mended_index_is_said_before_and_after_the_sign_in() {
    for language in [Language::Indonesian, Language::English] {
        for message in MENDED {
            let mut window = Window::open_after(language, vec2(1024.0, 640.0), &[message]);
            let said = window.words.get(message);
            assert!(said.len() > 20 && said != message, "{message} has no words");
            assert!(window.sees(&said), "{message} at sign-in");
            window.sign_in();
            assert!(window.sees(&said), "{message} on the start page");
            window.press_id("action-close");
            assert!(!window.sees(&said), "{message} is taken away");
        }
    }
}
