//! Where on the body a sample comes from: finger positions, slaps, eyes.

use serde::{Deserialize, Serialize};

macro_rules! coded {
    ($(#[$m:meta])* $name:ident { $($(#[$vm:meta])* $v:ident = $code:literal, $id:literal;)* }) => {
        $(#[$m])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vm])* $v = $code),* }
        impl $name {
            /// Every value, in code order.
            pub const ALL: &'static [$name] = &[$($name::$v),*];
            /// The code that the ISO/IEC 19794 formats use.
            #[must_use]
            pub const fn code(self) -> u8 { self as u8 }
            /// The value of an ISO/IEC 19794 code.
            #[must_use]
            pub fn from_code(code: u8) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.code() == code)
            }
            /// Stable name used in files, scripts and message ids.
            #[must_use]
            pub const fn id(self) -> &'static str { match self { $(Self::$v => $id),* } }
            /// The value of a stable name.
            #[must_use]
            pub fn from_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.id() == id)
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.id()) }
        }
    };
}

coded! {
    /// Finger positions, ISO/IEC 19794-2 and -4 codes 1 to 10.
    FingerPosition {
        /// Right thumb.
        RightThumb = 1, "right_thumb";
        /// Right index.
        RightIndex = 2, "right_index";
        /// Right middle.
        RightMiddle = 3, "right_middle";
        /// Right ring.
        RightRing = 4, "right_ring";
        /// Right little.
        RightLittle = 5, "right_little";
        /// Left thumb.
        LeftThumb = 6, "left_thumb";
        /// Left index.
        LeftIndex = 7, "left_index";
        /// Left middle.
        LeftMiddle = 8, "left_middle";
        /// Left ring.
        LeftRing = 9, "left_ring";
        /// Left little.
        LeftLittle = 10, "left_little";
    }
}

coded! {
    /// Plain impressions of several fingers, ISO/IEC 19794-4 codes 13 to 15 (the 4-4-2 sequence).
    Slap {
        /// Plain right four fingers.
        RightFour = 13, "right_four";
        /// Plain left four fingers.
        LeftFour = 14, "left_four";
        /// Plain thumbs.
        Thumbs = 15, "thumbs";
    }
}

coded! {
    /// Eyes, ISO/IEC 19794-6:2011 codes.
    Eye {
        /// Right eye.
        Right = 1, "right";
        /// Left eye.
        Left = 2, "left";
    }
}

/// A hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hand {
    /// Right hand.
    Right,
    /// Left hand.
    Left,
}

impl FingerPosition {
    /// The hand that the finger belongs to.
    #[must_use]
    pub fn hand(self) -> Hand {
        if self.code() <= 5 { Hand::Right } else { Hand::Left }
    }
    /// The same finger of the other hand.
    #[must_use]
    pub fn mirrored(self) -> Self {
        let code = if self.code() <= 5 { self.code() + 5 } else { self.code() - 5 };
        Self::from_code(code).unwrap_or(self)
    }
    /// The slap of the 4-4-2 sequence that holds this finger.
    #[must_use]
    pub fn slap(self) -> Slap {
        match self {
            Self::RightThumb | Self::LeftThumb => Slap::Thumbs,
            _ if self.hand() == Hand::Right => Slap::RightFour,
            _ => Slap::LeftFour,
        }
    }
}

impl Slap {
    /// Its fingers, from left to right as they lie on the platen seen from above.
    #[must_use]
    pub fn fingers(self) -> &'static [FingerPosition] {
        use FingerPosition as F;
        match self {
            Self::RightFour => &[F::RightIndex, F::RightMiddle, F::RightRing, F::RightLittle],
            Self::LeftFour => &[F::LeftLittle, F::LeftRing, F::LeftMiddle, F::LeftIndex],
            Self::Thumbs => &[F::LeftThumb, F::RightThumb],
        }
    }
}
