//! Shared by the tests in this crate.
