#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;

fn shape(bio_type: BioType, sub_type: &str, sub_ids: &[&str]) -> DeviceShape {
    let sub_ids = sub_ids.iter().map(|s| (*s).to_owned()).collect();
    DeviceShape { bio_type, sub_type: sub_type.to_owned(), sub_ids }
}

/// `part count named exceptions` of each order, or `unsupported`.
#[track_caller]
fn check(task: &CaptureTask, device: &DeviceShape, expected: &[&str]) {
    let told = match Order::of_task(task, device) {
        Ok(orders) => orders.iter().map(words).collect(),
        Err(fault) => vec![fault.id().to_owned()],
    };
    assert_eq!(told, expected, "{task:?}");
}

fn words(order: &Order) -> String {
    let lists = [&order.named, &order.exceptions].map(|list| list.join("+"));
    format!("{} {} [{}] [{}]", order.sub_id, order.count(), lists[0], lists[1])
}

#[test]
fn tasks() {
    use FingerPosition as F;
    let slaps = shape(BioType::Finger, "Slap", &["1", "2", "3"]);
    let single = shape(BioType::Finger, "Single", &["0"]);
    let slap = |slap, missing: &[F]| CaptureTask::Slap { slap, missing: missing.to_vec() };
    check(&slap(Slap::LeftFour, &[]), &slaps, &["1 4 [] []"]);
    check(&slap(Slap::RightFour, &[F::RightRing]), &slaps, &["2 3 [] [Right RingFinger]"]);
    check(&slap(Slap::Thumbs, &[F::LeftThumb, F::RightRing]), &slaps, &["3 1 [] [Left Thumb]"]);
    check(&slap(Slap::Thumbs, &[F::LeftThumb, F::RightThumb]), &slaps, &[]);
    check(&slap(Slap::LeftFour, &[]), &single, &["unsupported"]);
    check(&slap(Slap::LeftFour, &[]), &shape(BioType::Finger, "Touchless", &[]), &["1 4 [] []"]);
    let finger = |position| CaptureTask::Finger { position, again: false };
    let others = "[Right MiddleFinger+Right RingFinger+Right LittleFinger]";
    check(&finger(F::RightIndex), &slaps, &[&format!("2 1 [Right IndexFinger] {others}")]);
    check(&finger(F::LeftThumb), &slaps, &["3 1 [Left Thumb] [Right Thumb]"]);
    check(&finger(F::LeftThumb), &single, &["0 1 [Left Thumb] []"]);
    check(
        &finger(F::LeftThumb),
        &shape(BioType::Finger, "Single", &["1", "2", "3"]),
        &["3 1 [Left Thumb] []"],
    );
    check(&CaptureTask::Platen, &slaps, &["unsupported"]);
    check(&CaptureTask::Face, &slaps, &["unsupported"]);
    let eyes = |missing: &[Eye]| CaptureTask::Irises { missing: missing.to_vec() };
    let double = shape(BioType::Iris, "Double", &["1", "2", "3"]);
    let one = shape(BioType::Iris, "Single", &["1", "2"]);
    check(&eyes(&[]), &double, &["3 2 [] []"]);
    check(&eyes(&[Eye::Left]), &double, &["3 1 [] [Left]"]);
    check(&eyes(&[]), &one, &["2 1 [] []", "1 1 [] []"]);
    check(&eyes(&[Eye::Right]), &one, &["1 1 [] []"]);
    check(&eyes(&[Eye::Right]), &shape(BioType::Iris, "Single", &[]), &["1 1 [] []"]);
    let face = shape(BioType::Face, "Full face", &["0"]);
    check(&CaptureTask::Face, &face, &["0 1 [] []"]);
    check(&CaptureTask::EvidencePhoto, &face, &["0 1 [] [UNKNOWN]"]);
    let exception = |fingers: &[F], eyes: &[Eye]| CaptureTask::ExceptionPhoto {
        fingers: fingers.to_vec(),
        eyes: eyes.to_vec(),
    };
    check(
        &exception(&[F::LeftThumb, F::RightRing], &[Eye::Left]),
        &face,
        &["0 1 [] [Left Thumb+Right RingFinger+Left]"],
    );
    check(&exception(&[], &[]), &face, &["0 1 [] [UNKNOWN]"]);
    check(&CaptureTask::Signature, &face, &["unsupported"]);
}

#[test]
fn names_are_told_apart() {
    let mut names: Vec<_> = FingerPosition::ALL.iter().map(|f| finger_name(*f)).collect();
    names.extend(Eye::ALL.iter().map(|e| eye_name(*e)));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 12);
    assert!(names.iter().all(|name| name.starts_with("Left") || name.starts_with("Right")));
}
