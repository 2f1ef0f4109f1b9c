//! Every word that people read: Fluent catalogues, Indonesian first, English second.
//!
//! Catalogues are built in. A new room brings its words as `id/<room>.ftl` and `en/<room>.ftl` and one line in
//! [`CATALOGUES`]; a new language is one folder and one variant of [`Language`].

mod format;
#[cfg(test)]
mod tests;

use biometrics::quality::QualityReason;
use devices::vocabulary::{DeviceFault, DeviceKind, PrintHitch, Retry};
use fluent::concurrent::FluentBundle;
use fluent::{FluentArgs, FluentResource, FluentValue};
use serde::{Deserialize, Serialize};

/// A language of the station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Language {
    /// Bahasa Indonesia.
    #[default]
    #[serde(rename = "id")]
    Indonesian,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// Every language; the first one is the one that others fall back to.
    pub const ALL: &'static [Self] = &[Self::Indonesian, Self::English];

    /// BCP 47 tag, also the folder of its catalogues.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Indonesian => "id",
            Self::English => "en",
        }
    }

    /// The language of a tag.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|l| l.tag() == tag)
    }
}

/// One catalogue in every language.
struct Catalogue {
    /// File stem.
    name: &'static str,
    /// Indonesian text of the file.
    indonesian: &'static str,
    /// English text of the file.
    english: &'static str,
}

macro_rules! catalogue {
    ($name:literal) => {
        Catalogue {
            name: $name,
            indonesian: include_str!(concat!("id/", $name, ".ftl")),
            english: include_str!(concat!("en/", $name, ".ftl")),
        }
    };
}

/// The catalogues, a line each.
const CATALOGUES: &[Catalogue] = &[
    catalogue!("applicant"),
    catalogue!("core"),
    catalogue!("documents"),
    catalogue!("gate"),
    catalogue!("lock"),
    catalogue!("handover"),
    catalogue!("keys"),
    catalogue!("limits"),
    catalogue!("population"),
    catalogue!("printing"),
    catalogue!("runtime"),
    catalogue!("safekeeping"),
    catalogue!("sbi"),
    catalogue!("screens"),
    catalogue!("vault"),
    catalogue!("station"),
];

impl Catalogue {
    fn text(&self, language: Language) -> &'static str {
        match language {
            Language::Indonesian => self.indonesian,
            Language::English => self.english,
        }
    }
}

/// What happened, what to do now, and the code that support can search for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What happened.
    pub what: String,
    /// What to do now.
    pub to_do: String,
    /// Stable code, the same in every language.
    pub code: String,
}

/// The words of one language, with Indonesian behind them.
pub struct Words {
    language: Language,
    own: FluentBundle<FluentResource>,
    fallback: Option<FluentBundle<FluentResource>>,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Words({})", self.language.tag())
    }
}

impl Words {
    /// Builds the words of a language from the built-in catalogues.
    ///
    /// A catalogue line that Fluent cannot read is left out and reads as missing (see [`Words::get`]); the tests of
    /// this module keep that from happening.
    #[must_use]
    pub fn new(language: Language) -> Self {
        let fallback = (language != Language::ALL[0]).then(|| bundle(Language::ALL[0]));
        Self { language, own: bundle(language), fallback }
    }

    /// The language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// The text of a message without variables. A missing one shows as `⟦id⟧`, followed by the Indonesian text
    /// where that exists, so that a gap is seen and the officer can still work.
    #[must_use]
    pub fn get(&self, id: &str) -> String {
        self.lookup(id, None)
    }

    /// The text of a message with its variables: `words.with("greeting", &[("name", name)])`. For variables of
    /// different types make each an [`Arg`]. Values are shown as they are; numbers choose plural forms.
    #[must_use]
    pub fn with<'a, V: Into<Arg<'a>> + Clone>(&self, id: &str, values: &[(&'a str, V)]) -> String {
        let args: FluentArgs<'_> = values.iter().map(|(k, v)| (*k, v.clone().into().0)).collect();
        self.lookup(id, Some(&args))
    }

    /// True when the language itself has the message.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.own.has_message(id)
    }

    /// What a quality reason means to the officer.
    #[must_use]
    pub fn reason(&self, reason: QualityReason) -> Told {
        self.told("reason", reason.id(), format!("reason-{}", reason.id()))
    }

    /// What a retry means to the officer.
    #[must_use]
    pub fn retry(&self, retry: Retry) -> Told {
        self.told("retry", retry.id(), format!("retry-{}", retry.id()))
    }

    /// What a device fault means to the officer. The device is named first: the fault is its, never the person's.
    #[must_use]
    pub fn fault(&self, kind: DeviceKind, fault: &DeviceFault) -> Told {
        let mut told = self.told("fault", fault.id(), fault.code().to_owned());
        if let DeviceFault::Reported { code } = fault {
            told.code = format!("{} {code}", told.code);
            // Words of its own for a known code of the device's protocol; what to do may be the general advice.
            let id = format!("fault-reported-{code}");
            if self.has(&id) {
                told.what = self.get(&id);
            }
            let id = format!("{id}-do");
            if self.has(&id) {
                told.to_do = self.get(&id);
            }
        }
        // A printer says itself what it waits for.
        if let DeviceFault::CannotPrint { detail } = fault
            && PrintHitch::from_id(detail).is_some()
        {
            told.what = self.get(&format!("print-hitch-{detail}"));
        }
        let device = self.get(&format!("device-{}", kind.id()));
        told.what =
            self.with("fault-of-device", &[("device", device.as_str()), ("what", told.what.as_str())]);
        told
    }

    fn told(&self, family: &str, id: &str, code: String) -> Told {
        let what = self.get(&format!("{family}-{id}"));
        Told { what, to_do: self.get(&format!("{family}-{id}-do")), code }
    }

    fn lookup(&self, id: &str, args: Option<&FluentArgs<'_>>) -> String {
        if let Some(text) = render(&self.own, id, args) {
            return text;
        }
        tracing::warn!(message_id = id, language = self.language.tag(), "I18N-01 message missing");
        match self.fallback.as_ref().and_then(|b| render(b, id, args)) {
            Some(text) => format!("⟦{id}⟧ {text}"),
            None => format!("⟦{id}⟧"),
        }
    }
}

/// A variable of a message.
#[derive(Debug, Clone)]
pub struct Arg<'a>(FluentValue<'a>);

impl<'a> From<&'a str> for Arg<'a> {
    fn from(v: &'a str) -> Self {
        Self(v.into())
    }
}
impl<'a> From<&'a String> for Arg<'a> {
    fn from(v: &'a String) -> Self {
        Self(v.as_str().into())
    }
}
impl From<String> for Arg<'_> {
    fn from(v: String) -> Self {
        Self(v.into())
    }
}
macro_rules! number_args {
    ($($t:ty),*) => { $(impl From<$t> for Arg<'_> {
        fn from(v: $t) -> Self { Self(v.into()) }
    })* };
}
number_args!(u8, u16, u32, u64, usize, i32, i64);

/// A message by its id, with variables: `t!(words, "field-digits", count = 3, total = 16)`.
#[macro_export]
macro_rules! t {
    ($words:expr, $id:literal) => { $words.get($id) };
    ($words:expr, $id:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $words.with($id, &[$((stringify!($name), $crate::i18n::Arg::from($value))),+])
    };
}

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let locale = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    // Both languages run left to right: no isolation marks, which fonts may lack and PDF text would carry.
    bundle.set_use_isolating(false);
    for catalogue in CATALOGUES {
        let resource = match FluentResource::try_new(catalogue.text(language).to_owned()) {
            Ok(resource) => resource,
            Err((resource, errors)) => {
                let lines = errors.len();
                tracing::error!(file = catalogue.name, language = language.tag(), lines, "I18N-02 catalogue");
                resource
            }
        };
        if let Err(errors) = bundle.add_resource(resource) {
            let twice = errors.len();
            tracing::error!(
                file = catalogue.name,
                language = language.tag(),
                twice,
                "I18N-03 ids defined twice"
            );
        }
    }
    bundle
}

fn render(bundle: &FluentBundle<FluentResource>, id: &str, args: Option<&FluentArgs<'_>>) -> Option<String> {
    let pattern = bundle.get_message(id)?.value()?;
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, args, &mut errors).into_owned();
    if !errors.is_empty() {
        tracing::warn!(message_id = id, "I18N-04 message lacks a variable");
    }
    Some(text)
}
