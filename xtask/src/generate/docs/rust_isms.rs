//! Words that mean something to Rust programmers only.

use super::markup::{Piece, pieces};

/// In backticks, alone or with something in brackets after them.
const TYPES: [&str; 8] = ["Option", "Some", "None", "Vec", "Result", "Arc", "Send", "Sync"];

/// The first word of a line of documentation that a reader in another language would not understand.
pub(in crate::generate) fn rust_ism(line: &str) -> Option<String> {
    pieces(line).into_iter().find_map(|piece| match piece {
        Piece::Code(code) | Piece::Item(code) => {
            let word = code.split(['<', '(']).next().unwrap_or(code);
            (TYPES.contains(&word) || code.starts_with('&')).then(|| code.to_owned())
        }
        Piece::Plain(text) | Piece::Web { text, .. } => text
            .split(|sign: char| !sign.is_alphanumeric())
            .find(|word| *word == "Arc" || word.to_lowercase().starts_with("panic"))
            .map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_them() {
        for (line, word) in [
            ("`None` where there is none.", "None"),
            ("an `Option<f64>`", "Option<f64>"),
            ("[`Vec`] of them", "Vec"),
            ("takes a `&str`", "&str"),
            ("behind an Arc", "Arc"),
            ("a caught panic included", "panic"),
            ("Panics if", "Panics"),
            ("is `Send`", "Send"),
        ] {
            assert_eq!(rust_ism(line).as_deref(), Some(word), "{line}");
        }
    }

    #[test]
    fn leaves_english_alone() {
        for line in
            ["None was found. Send the result.", "`Ok` is a check code", "an arc of ±10 degrees, `EXIF`"]
        {
            assert_eq!(rust_ism(line), None, "{line}");
        }
    }
}
