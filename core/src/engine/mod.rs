//! The engine on this machine.
pub mod models;
