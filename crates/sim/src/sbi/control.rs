//! What a test or a trainer can set: states, scores, delays, faults, oddities, the person in front of the devices.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use biometrics::position::{Eye, FingerPosition};
use devices::drivers::simulated::parameters::Background;

use super::state::{Shared, State};
use super::wire::{Method, Modality, Status, words};

/// Most faults that wait at once, and most calls that are remembered.
pub const PLANS_MAX: usize = 100;
/// Most calls that are remembered; older ones go.
pub const CALLS_MAX: usize = 1000;

words! {
    /// What can go wrong. Each says of which methods; `RCAPTURE` where it says nothing.
    Fault {
        /// Any method: answers an error code (that of the plan) in the shape that the method has for errors.
        Error = "error",
        /// Any method: no answer, the connection stays open until the service stops.
        Hang = "hang",
        /// Any method: the connection is closed without an answer.
        Drop = "drop",
        /// Any method but `STREAM`: half of the answer, then the connection is closed.
        Cut = "cut",
        /// Any method: an answer that is no JSON.
        NotJson = "not-json",
        /// Any method: an answer that does not end, up to [`super::HUGE_BYTES`].
        HugeBody = "huge-body",
        /// The answer is for another transaction.
        WrongTransaction = "wrong-transaction",
        /// A digit of the last hash is changed.
        TamperedHash = "tampered-hash",
        /// `MOSIPDINFO` and `RCAPTURE`: a byte of each signature is changed.
        TamperedSignature = "tampered-signature",
        /// `MOSIPDINFO` and `RCAPTURE`: the payload is changed after signing.
        TamperedPayload = "tampered-payload",
        /// `MOSIPDINFO` and `RCAPTURE`: the certificate's time is over.
        ExpiredCertificate = "expired-certificate",
        /// `MOSIPDINFO` and `RCAPTURE`: the certificate is by another root of the same name.
        ForeignCertificate = "foreign-certificate",
        /// The digital id in the data is of another device.
        WrongDigitalId = "wrong-digital-id",
        /// The second element is the first one again.
        Duplicate = "duplicate",
        /// The last element is left out.
        Missing = "missing",
        /// Left is called right and right left.
        WrongSubtypes = "wrong-subtypes",
        /// The record is of another kind than the type says.
        WrongRecord = "wrong-record",
        /// The environment in the data is another.
        WrongEnv = "wrong-env",
        /// The purpose in the data is another.
        WrongPurpose = "wrong-purpose",
        /// The capture is told to be an hour old.
        OldTimestamp = "old-timestamp",
        /// The score is above 100.
        WrongScore = "wrong-score",
        /// `MOSIPDISC`, `MOSIPDINFO`, `RCAPTURE`: numbers where strings belong.
        Numbers = "numbers",
        /// `MOSIPDISC`, `MOSIPDINFO`, `RCAPTURE`: what is empty is left out; a face has `bioSubType: null`.
        Nulls = "nulls",
        /// `MOSIPDISC` and `MOSIPDINFO`: the callback is on another machine.
        CallbackElsewhere = "callback-elsewhere",
        /// `STREAM`: after three parts the connection ends within a delimiter.
        CutInBoundary = "cut-in-boundary",
        /// `STREAM`: after three parts the connection ends within the headers of a part.
        CutInHeaders = "cut-in-headers",
        /// `STREAM`: after three parts the connection ends within a picture.
        CutInPicture = "cut-in-picture",
        /// `STREAM`: after three parts the connection ends between two parts.
        CutBetweenParts = "cut-between-parts",
        /// `STREAM`: after three parts nothing comes, the connection stays open.
        Stall = "stall",
        /// `STREAM`: every second part is no picture.
        BadPicture = "bad-picture",
        /// `STREAM`: after three parts one says that it has 4 GiB.
        HugePart = "huge-part",
    }
}

impl Fault {
    /// The methods in which the fault can come.
    #[must_use]
    pub fn methods(self) -> &'static [Method] {
        use Method as M;
        match self {
            Self::Error | Self::Hang | Self::Drop | Self::NotJson | Self::HugeBody => {
                &[M::Disc, M::Info, M::Stream, M::RCapture, M::Capture]
            }
            Self::Cut => &[M::Disc, M::Info, M::RCapture, M::Capture],
            Self::TamperedSignature
            | Self::TamperedPayload
            | Self::ExpiredCertificate
            | Self::ForeignCertificate => &[M::Info, M::RCapture],
            Self::Numbers | Self::Nulls => &[M::Disc, M::Info, M::RCapture],
            Self::CallbackElsewhere => &[M::Disc, M::Info],
            Self::CutInBoundary
            | Self::CutInHeaders
            | Self::CutInPicture
            | Self::CutBetweenParts
            | Self::Stall
            | Self::BadPicture
            | Self::HugePart => &[M::Stream],
            _ => &[M::RCapture],
        }
    }
}

/// A fault that waits for its calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The fault.
    pub fault: Fault,
    /// Error code of [`Fault::Error`].
    pub code: u16,
    /// Methods; every method of the fault where there are none.
    pub methods: Vec<Method>,
    /// Device; every one where it is none.
    pub modality: Option<Modality>,
    /// How many calls; every one until it is cleared where it is none.
    pub calls: Option<u32>,
}

impl Plan {
    /// The fault in every call until it is cleared.
    #[must_use]
    pub fn always(fault: Fault) -> Self {
        Self { fault, code: 999, methods: Vec::new(), modality: None, calls: None }
    }

    /// The fault in the next call that can have it.
    #[must_use]
    pub fn once(fault: Fault) -> Self {
        Self { calls: Some(1), ..Self::always(fault) }
    }

    /// The next call of a method answers an error code.
    #[must_use]
    pub fn error(method: Method, code: u16) -> Self {
        Self { code, methods: vec![method], ..Self::once(Fault::Error) }
    }

    /// The same for these methods only.
    #[must_use]
    pub fn on(self, methods: &[Method]) -> Self {
        Self { methods: methods.to_vec(), ..self }
    }

    /// The same for one device only.
    #[must_use]
    pub fn of(self, modality: Modality) -> Self {
        Self { modality: Some(modality), ..self }
    }

    /// True when this plan concerns the call. A call whose device is not known concerns plans for every device only.
    pub(super) fn concerns(&self, method: Method, modality: Option<Modality>) -> bool {
        self.fault.methods().contains(&method)
            && (self.methods.is_empty() || self.methods.contains(&method))
            && (self.modality.is_none() || self.modality == modality)
    }
}

/// How the service differs from what a strict reader of HTTP expects. [`Oddities::MOCK`] is what the mock service of the
/// protocol does, and the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Oddities {
    /// The length of a request is read only from a header that is written exactly `Content-Length: ` or
    /// `content-length: `.
    pub strict_length_header: bool,
    /// Of a body, only what came with the head (or else with the next packet) is read.
    pub body_in_one_read: bool,
    /// Two empty lines follow every JSON answer, beyond its length.
    pub empty_lines: bool,
    /// A stream is answered as `HTTP/1.0`.
    pub stream_http_1_0: bool,
    /// The declared boundary already has the dashes of the delimiter.
    pub dashes_in_boundary: bool,
    /// No space after the colons of a part's headers.
    pub tight_part_headers: bool,
    /// A whole second answer (code 0 or 609) follows the end of a stream on the same connection.
    pub second_response: bool,
    /// Errors of `STREAM` are `{errorCode, errorInfo}` without `error` around.
    pub bare_stream_errors: bool,
    /// `RCAPTURE` needs a running `STREAM` of the same device and sub id.
    pub stream_first: bool,
    /// A sample below the requested score is answered only when the time is over.
    pub waits_for_score: bool,
}

impl Oddities {
    /// As the mock service.
    pub const MOCK: Self = Self {
        strict_length_header: true,
        body_in_one_read: true,
        empty_lines: true,
        stream_http_1_0: true,
        dashes_in_boundary: true,
        tight_part_headers: true,
        second_response: true,
        bare_stream_errors: true,
        stream_first: true,
        waits_for_score: false,
    };
    /// As the texts of the standards.
    pub const NONE: Self = Self {
        strict_length_header: false,
        body_in_one_read: false,
        empty_lines: false,
        stream_http_1_0: false,
        dashes_in_boundary: false,
        tight_part_headers: false,
        second_response: false,
        bare_stream_errors: false,
        stream_first: false,
        waits_for_score: false,
    };

    /// Every switch by its name.
    pub(super) fn switches(&mut self) -> [(&'static str, &mut bool); 10] {
        [
            ("strict-length-header", &mut self.strict_length_header),
            ("body-in-one-read", &mut self.body_in_one_read),
            ("empty-lines", &mut self.empty_lines),
            ("stream-http-1-0", &mut self.stream_http_1_0),
            ("dashes-in-boundary", &mut self.dashes_in_boundary),
            ("tight-part-headers", &mut self.tight_part_headers),
            ("second-response", &mut self.second_response),
            ("bare-stream-errors", &mut self.bare_stream_errors),
            ("stream-first", &mut self.stream_first),
            ("waits-for-score", &mut self.waits_for_score),
        ]
    }
}

impl Default for Oddities {
    fn default() -> Self {
        Self::MOCK
    }
}

/// The made-up person in front of the devices: for a seed the same one as simulated devices give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Whose samples.
    pub seed: u64,
    /// Fingers that the person does not have.
    pub missing_fingers: Vec<FingerPosition>,
    /// Eyes that the person does not have.
    pub missing_eyes: Vec<Eye>,
    /// Colour behind the face.
    pub background: Background,
}

impl Person {
    /// The whole person of a seed before a red background.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, missing_fingers: Vec::new(), missing_eyes: Vec::new(), background: Background::Red }
    }
}

/// A call that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Method.
    pub method: Method,
    /// Device, where the request named one that is there.
    pub modality: Option<Modality>,
}

/// Sets what a running service does. Clones control the same service.
#[derive(Debug, Clone)]
pub struct Control(pub(super) Arc<Shared>);

impl Control {
    /// Sets the state of a device, or of all. A device that is ready becomes busy by itself while it is used.
    pub fn status(&self, modality: Option<Modality>, status: Status) {
        self.each(modality, |device| device.status = status);
    }

    /// Sets the score of what is captured; none: it is measured.
    pub fn score(&self, modality: Option<Modality>, score: Option<&str>) {
        self.each(modality, |device| device.score = score.map(ToOwned::to_owned));
    }

    /// Delays the answers of methods; no methods: of all.
    pub fn delay(&self, modality: Option<Modality>, methods: &[Method], delay: Duration) {
        let methods = if methods.is_empty() { Method::ALL } else { methods };
        self.each(modality, |device| {
            device.delays = methods.iter().map(|method| (*method, delay)).collect::<BTreeMap<_, _>>();
        });
    }

    /// Changes who is in front of the devices.
    pub fn person(&self, person: Person) {
        self.0.change(|state| state.person = person);
    }

    /// The person in front of the devices.
    #[must_use]
    pub fn current_person(&self) -> Person {
        self.0.change(|state| state.person.clone())
    }

    /// Changes how the service differs from the standards.
    pub fn oddities(&self, oddities: Oddities) {
        self.0.change(|state| state.oddities = oddities);
    }

    /// The present oddities.
    #[must_use]
    pub fn current_oddities(&self) -> Oddities {
        self.0.change(|state| state.oddities)
    }

    /// Plans a fault; false when [`PLANS_MAX`] already wait.
    pub fn plan(&self, plan: Plan) -> bool {
        self.0.change(|state| {
            let room = state.plans.len() < PLANS_MAX;
            if room {
                state.plans.push(plan);
            }
            room
        })
    }

    /// Takes back every fault that was planned.
    pub fn clear(&self) {
        self.0.change(|state| state.plans.clear());
    }

    /// Takes back everything that was set: states, scores, delays, faults; person and oddities as at the start.
    pub fn reset(&self) {
        self.0.change(State::reset);
    }

    /// The calls so far, oldest first, at most [`CALLS_MAX`].
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.0.change(|state| state.calls.iter().copied().collect())
    }

    fn each(&self, modality: Option<Modality>, mut set: impl FnMut(&mut super::state::Device)) {
        self.0.change(|state| {
            let meant = |own: Modality| modality.is_none_or(|asked| asked == own);
            state.devices.iter_mut().filter(|device| meant(device.modality)).for_each(&mut set);
        });
    }
}
