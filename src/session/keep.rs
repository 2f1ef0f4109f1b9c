//! A session on disk: one piece of CBOR per step, each with the shared core, so that any of them alone brings the
//! session back as far as it goes. Encryption is the vault's.

use std::sync::Arc;

use record::schema::StepId;
use serde::{Deserialize, Serialize};

use super::core::Core;
use super::{Session, SessionContext};
use crate::steps::{
    StepsData, biodata::BiodataData, fingers::FingersData, health::HealthData, identity::IdentityData,
    irises::IrisesData, photo::PhotoData, proof::ProofData, seal::SealData, signature::SignatureData,
    statement::StatementData, urgency::UrgencyData, verification::VerificationData,
};

/// Version of the kept form; another one is refused, not guessed at.
const VERSION: u32 = 1;

/// Why a kept session cannot be taken up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeepError {
    /// A step could not be encoded.
    #[error("SES-01 step {0} cannot be encoded")]
    Encode(StepId),
    /// A kept step cannot be read.
    #[error("SES-02 a kept step cannot be read; the others are used")]
    Decode,
    /// The kept form is of another version of the program.
    #[error("SES-03 kept by another version ({found}); finish it with that version or discard it")]
    Version {
        /// Version found.
        found: u32,
    },
    /// Nothing usable was kept.
    #[error("SES-04 nothing of the session could be read")]
    Nothing,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    core: Core,
    data: StepData,
}

macro_rules! step_data {
    ($($variant:ident => $field:ident : $type:ty),* $(,)?) => {
        #[derive(Serialize, Deserialize)]
        enum StepData { $($variant(Box<$type>),)* Approval }

        impl StepData {
            fn of(data: &StepsData, step: StepId) -> Self {
                match step {
                    $(StepId::$variant => Self::$variant(Box::new(data.$field.clone())),)*
                    StepId::Approval => Self::Approval,
                }
            }
            fn put(self, data: &mut StepsData) {
                match self {
                    $(Self::$variant(d) => data.$field = *d,)*
                    Self::Approval => {}
                }
            }
        }
    };
}

step_data! {
    Health => health: HealthData,
    Identity => identity: IdentityData,
    Urgency => urgency: UrgencyData,
    Biodata => biodata: BiodataData,
    Photo => photo: PhotoData,
    Signature => signature: SignatureData,
    Fingers => fingers: FingersData,
    Irises => irises: IrisesData,
    Verification => verification: VerificationData,
    Statement => statement: StatementData,
    Seal => seal: SealData,
    Proof => proof: ProofData,
}

impl Session {
    /// CBOR of one step with the core.
    ///
    /// # Errors
    /// [`KeepError::Encode`].
    pub fn step_bytes(&self, step: StepId) -> Result<Vec<u8>, KeepError> {
        let kept = Kept { version: VERSION, core: self.core.clone(), data: StepData::of(&self.data, step) };
        let mut out = Vec::new();
        ciborium::into_writer(&kept, &mut out).map_err(|_| KeepError::Encode(step))?;
        Ok(out)
    }

    /// Brings a session back from its kept steps, in any order. Steps that cannot be read are left out and named
    /// in the second value; the session then goes on from the first step that is not finished.
    ///
    /// # Errors
    /// [`KeepError::Nothing`] when no step could be read.
    pub fn restore<'a>(
        ctx: Arc<SessionContext>,
        kept: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<(Self, Vec<KeepError>), KeepError> {
        let mut data = StepsData::default();
        let mut core: Option<Core> = None;
        let mut errors = Vec::new();
        for bytes in kept {
            match ciborium::from_reader::<Kept, _>(bytes) {
                Ok(k) if k.version != VERSION => errors.push(KeepError::Version { found: k.version }),
                Ok(k) => {
                    k.data.put(&mut data);
                    if core.as_ref().is_none_or(|c| c.revision < k.core.revision) {
                        core = Some(k.core);
                    }
                }
                Err(_) => errors.push(KeepError::Decode),
            }
        }
        let core = core.ok_or(KeepError::Nothing)?;
        if data.health.venue.is_empty() {
            ctx.policy.venues.first().map_or("", |v| v.id.as_str()).clone_into(&mut data.health.venue);
        }
        Ok((Self { ctx, core, data }, errors))
    }
}
