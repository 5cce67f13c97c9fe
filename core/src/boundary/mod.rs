//! What the shells of all languages share: handles, the panic guard, the folder of their package. It is not
//! an interface for users, and it takes no decision.

mod guard;
mod handles;

pub use crate::engine::models::set_package_folder;
pub use guard::guard;
pub use handles::{Handles, handles};
