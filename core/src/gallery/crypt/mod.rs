//! Keys and sealing: nothing personal leaves this process in the clear.

mod keys;
mod master;
mod seal;

pub(crate) use keys::{DataKey, StoreKeys, random, wrapping_key};
pub use master::MasterKey;
pub(crate) use seal::{Place, Record};
