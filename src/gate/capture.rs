//! What a policy says of captures: from which quality on one is good enough, how often it is tried, and when
//! another finger is asked for.

use serde::{Deserialize, Serialize};

use super::spanned::Node;

/// Limits of captures. The scores are of our own measures (`rekam-finger-2`, `rekam-face-2`, `rekam-iris-2`,
/// `rekam-signature-1`), 0-100; a score equal to its limit passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureRules {
    /// Face.
    pub face_min: u8,
    /// Finger.
    pub finger_min: u8,
    /// Iris.
    pub iris_min: u8,
    /// Signature.
    pub signature_min: u8,
    /// Tries after which the best capture may be accepted with a reason.
    pub tries: u32,
    /// Failed tries after which the verification of a finger may be replaced by an approval.
    pub verify_tries: u32,
    /// A finger weaker than this does not go to the chip while another of the same hand reaches it.
    pub chip_finger_min: u8,
    /// Failed tries of one chip finger's verification after which another finger of that hand is asked for;
    /// `None`: never.
    pub another_finger_after: Option<u32>,
}

impl Default for CaptureRules {
    /// The limits of a policy file without a `[capture]` table.
    fn default() -> Self {
        Self {
            face_min: 40,
            finger_min: 30,
            iris_min: 30,
            signature_min: 30,
            tries: 3,
            verify_tries: 4,
            chip_finger_min: 30,
            another_finger_after: None,
        }
    }
}

/// Reads the table `[capture]`, which may be left out.
pub(super) fn read(root: &Node<'_, '_>) -> CaptureRules {
    let Some(node) = root.table_opt("capture") else { return CaptureRules::default() };
    let score = |key| u8::try_from(node.count(key, 1..=100)).unwrap_or(100);
    let rules = CaptureRules {
        face_min: score("face_min"),
        finger_min: score("finger_min"),
        iris_min: score("iris_min"),
        signature_min: score("signature_min"),
        tries: node.count("tries", 1..=10),
        verify_tries: node.count("verify_tries", 1..=10),
        chip_finger_min: score("chip_finger_min"),
        another_finger_after: node
            .has("another_finger_after")
            .then(|| node.count("another_finger_after", 1..=10)),
    };
    if rules.another_finger_after.is_some_and(|n| n > rules.verify_tries)
        && node.is_integer_in("verify_tries", 1..=10)
        && node.is_integer_in("another_finger_after", 1..=10)
    {
        let what = "the verification may be given up before another finger is asked for";
        node.error("POL-14", "another_finger_after", what, "write at most `verify_tries`");
    }
    node.done();
    rules
}
