//! Text that must never be printed.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// Text that must never be printed: personal data such as a name, and secrets such as a key.
///
/// Debug output hides it; serialised data holds it, which is what a caller serialises for. Its memory is wiped
/// when it is dropped.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sensitive(String);

impl Sensitive {
    /// The text, for whoever needs it; do not print it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not even its length, which narrows a name or number down.
        f.write_str("<hidden>")
    }
}

impl From<String> for Sensitive {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Sensitive {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Drop for Sensitive {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_what_serialised_data_hold() {
        let name = Some(Sensitive::from("Ada"));
        assert_eq!(format!("{name:?}"), "Some(<hidden>)");
        assert_eq!(format!("{:#?}", Sensitive::default()), "<hidden>");
        let json = serde_json::to_string(&name).unwrap();
        assert_eq!(json, "\"Ada\"");
        assert_eq!(serde_json::from_str::<Sensitive>(&json).unwrap().expose(), "Ada");
    }
}
