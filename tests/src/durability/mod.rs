//! The durability of the gallery: what was acknowledged is there, whatever happens to the machine.
//!
//! Each part does something bad to a store, opens it again with its key and compares all that it holds with what
//! was acknowledged: power cuts on a disk that loses, reorders and tears what was not synced ([`cuts`]), failing
//! syncs and a full disk ([`failures`]), processes that are killed ([`kills`]), bytes that are changed
//! ([`flips`]). [`erasure`] looks for deleted records in the files, [`tampering`] changes audit logs. The program
//! `durability` is the command around all of them.

mod cuts;
mod erasure;
mod failures;
mod flips;
mod history;
mod kills;
mod observe;
mod report;
mod store;
mod tampering;

pub use cuts::{cuts, cuts_without_syncs};
pub use erasure::{erasure, erasure_without_overwriting};
pub use failures::failures;
pub use flips::flips;
pub use kills::{kills, work};
pub use report::{Erasure, Flips, Report, Survival, Tampering};
pub use tampering::tampering;

#[cfg(test)]
mod tests;
