//! The record of a finished session.
