//! The package for java.

use super::Workshop;
use crate::failure::{Failure, Result};

/// Makes the package in the workshop's folder.
pub(crate) fn package(_workshop: &Workshop) -> Result<()> {
    Err(Failure::new("this package is not made yet"))
}
