//! Population data: NIK, No. KK, value lists of the card, biodata, the roster. Pure.

pub mod biodata;
