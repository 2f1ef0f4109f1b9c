//! What the vault mended by itself is said on the screen, until somebody takes it away.

use super::*;

/// Every message of a vault's notes, so that none is left out: from the list in the code.
fn messages() -> Vec<&'static str> {
    let code = include_str!("../../vault/notes.rs");
    code.split('"').filter(|text| text.starts_with("vault-note-")).collect()
}

#[test]
fn what_was_mended_is_said_before_and_after_the_sign_in() {
    for language in [Language::Indonesian, Language::English] {
        assert!(messages().len() > 10);
        for message in messages() {
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
