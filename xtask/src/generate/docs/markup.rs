//! The three kinds of stretches in a text: plain words, code, links.

/// A stretch of Markdown.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Plain(&'a str),
    /// What stands between backticks.
    Code(&'a str),
    /// A link to a place outside the API, such as a web page.
    Web {
        text: &'a str,
        address: &'a str,
    },
    /// A link to an item of Rust: `` [`Client::detect`] `` or `[text](crate::api::Client)`.
    Item(&'a str),
}

/// Cuts a text into its stretches. Brackets that are no link are plain words.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut plain_from, mut at) = (0, 0);
    while let Some(offset) = text[at..].find(['`', '[']) {
        let start = at + offset;
        let found = if text[start..].starts_with('`') { code(&text[start..]) } else { link(&text[start..]) };
        match found {
            Some((piece, length)) => {
                if plain_from < start {
                    pieces.push(Piece::Plain(&text[plain_from..start]));
                }
                pieces.push(piece);
                at = start + length;
                plain_from = at;
            }
            None => at = start + 1,
        }
    }
    if plain_from < text.len() {
        pieces.push(Piece::Plain(&text[plain_from..]));
    }
    pieces
}

fn code(text: &str) -> Option<(Piece<'_>, usize)> {
    let end = 1 + text[1..].find('`')?;
    Some((Piece::Code(&text[1..end]), end + 1))
}

fn link(text: &str) -> Option<(Piece<'_>, usize)> {
    let label_end = text.find(']')?;
    let label = &text[1..label_end];
    let rest = &text[label_end + 1..];
    if let Some(target) = rest.strip_prefix('(') {
        let end = target.find(')').filter(|&end| end > 0)?;
        // An item's path may itself end in `()`.
        let target_end = if target[..end].ends_with('(') { end + 1 } else { end };
        target[target_end..].strip_prefix(')')?;
        let length = label_end + 2 + target_end + 1;
        let target = &target[..target_end];
        let piece =
            if is_path(target) { Piece::Item(target) } else { Piece::Web { text: label, address: target } };
        return Some((piece, length));
    }
    let bare = label.strip_prefix('`').and_then(|label| label.strip_suffix('`'));
    let target = bare.unwrap_or(label);
    // Without backticks, brackets are a link only where they cannot be anything else.
    (is_path(target) && (bare.is_some() || target.contains("::")))
        .then_some((Piece::Item(target), label_end + 1))
}

fn is_path(text: &str) -> bool {
    let path = text.strip_suffix("()").unwrap_or(text);
    path.split("::").all(|part| {
        part.starts_with(|sign: char| sign.is_ascii_alphabetic())
            && part.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::Piece::{Code, Item, Plain, Web};
    use super::*;

    #[test]
    fn cuts_every_kind_of_link() {
        assert_eq!(
            pieces("See [`Client::detect`], `x` [the way](crate::api::Way::go()) or [page](https://a.b/c)."),
            [
                Plain("See "),
                Item("Client::detect"),
                Plain(", "),
                Code("x"),
                Plain(" "),
                Item("crate::api::Way::go()"),
                Plain(" or "),
                Web { text: "page", address: "https://a.b/c" },
                Plain("."),
            ]
        );
    }

    #[test]
    fn brackets_may_be_just_brackets() {
        for text in ["a range [0, 1]", "a ` alone", "[1] and [0..2]", "[word]", "open [ bracket", "[a](b()"] {
            assert_eq!(pieces(text), [Plain(text)]);
        }
        assert_eq!(pieces("[A::B]"), [Item("A::B")]);
        assert_eq!(pieces("a [0, `n`]"), [Plain("a [0, "), Code("n"), Plain("]")]);
    }
}
