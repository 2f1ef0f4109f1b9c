//! One finger against the chip fingers of 5 000 people.

use biometrics::finger::FingerMatcher;
use biometrics::finger::MinutiaeMatcher;
use biometrics::finger::index::Index;
use biometrics::minutiae::{Minutia, MinutiaKind, Template};
use biometrics::position::FingerPosition;
use biometrics::synth::finger::{FingerSpec, Impression, Master};
use biometrics::synth::rng::Rng;

use super::super::{CliError, failure};
use super::{Measured, timed};

/// Templates in the index.
const TEMPLATES: u64 = 10_000;
/// Of them from pictures of synthetic fingers; the others are drawn at random, as rendering ten thousand fingers
/// takes many minutes.
const FROM_PICTURES: u64 = 40;

/// A template with as many minutiae as an ordinary print, placed at random.
fn drawn(seed: u64) -> Template {
    let mut rng = Rng::new(seed, 0x5EA2);
    let count = 45 + (rng.next_u64() % 50) as usize;
    let minutia = |rng: &mut Rng| Minutia {
        x: rng.range(40.0, 376.0) as u16,
        y: rng.range(40.0, 520.0) as u16,
        angle: (rng.next_u64() % 256) as u8,
        kind: if rng.next_u64().is_multiple_of(2) { MinutiaKind::Ending } else { MinutiaKind::Bifurcation },
        quality: 60,
    };
    Template { width: 416, height: 560, ppi: 500, minutiae: (0..count).map(|_| minutia(&mut rng)).collect() }
}

fn captured(person_seed: u64, seed: u64) -> Result<Template, CliError> {
    let spec = FingerSpec { person_seed, position: FingerPosition::RightIndex };
    let image = Master::new(&spec).impression(&Impression::ordinary(seed));
    Ok(MinutiaeMatcher::new().extract(&image)?)
}

pub(super) fn search(rounds: u32) -> Result<Measured, CliError> {
    let mut index = Index::new();
    for n in 0..TEMPLATES {
        let template = if n < FROM_PICTURES { captured(n + 1, 1)? } else { drawn(n) };
        index.insert(n, &template)?;
    }
    let probe = captured(1, 2)?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let samples = timed(rounds, || {
        let found = index.search(&probe, threads, 3)?;
        match found.first() {
            Some(best) if best.id == 0 => Ok(()),
            _ => Err(failure("CLI-09", "the finger was not found among the templates; report this")),
        }
    })?;
    Ok(Measured {
        what: "one finger against 10 000 templates, all cores",
        budget: 2_000.0,
        unit: "ms",
        samples,
    })
}
