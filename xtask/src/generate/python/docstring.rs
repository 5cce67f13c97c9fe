//! Docstrings in Google's style.

use crate::generate::model::Doc;

/// The longest line, indentation included.
const WIDTH: usize = 100;

/// An argument with what is to be said about it.
pub(super) struct Argument {
    pub(super) name: String,
    pub(super) text: String,
}

/// Of something that is called. Lines come without indentation; `indent` is where they will stand.
pub(super) fn callable(doc: &Doc, arguments: &[Argument], returns: &str, indent: usize) -> Vec<String> {
    let mut lines = plain(doc, indent);
    if !arguments.is_empty() {
        lines.extend(["".to_owned(), "Args:".to_owned()]);
        for argument in arguments {
            hang(&mut lines, &format!("{}: {}", argument.name, argument.text), indent);
        }
    }
    if !returns.is_empty() {
        lines.extend(["".to_owned(), "Returns:".to_owned()]);
        hang(&mut lines, returns, indent);
    }
    if !doc.errors.is_empty() {
        lines.extend(["".to_owned(), "Raises:".to_owned()]);
        hang(&mut lines, &format!("FaceError: {}", doc.errors), indent);
    }
    lines
}

/// What a documentation begins with, to be quoted elsewhere.
pub(super) fn first_sentence(doc: &Doc) -> String {
    match doc.summary.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => doc.summary.clone(),
    }
}

/// Of anything else.
pub(super) fn plain(doc: &Doc, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in std::iter::once(&doc.summary).chain(&doc.details) {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        for line in paragraph.lines() {
            lines.extend(wrap(&escaped(line), WIDTH - indent, ""));
        }
    }
    lines
}

/// A text below a heading, its further lines indented once more.
fn hang(lines: &mut Vec<String>, text: &str, indent: usize) {
    let wrapped = wrap(&escaped(text), WIDTH - indent - 4, "    ");
    lines.extend(wrapped.into_iter().map(|line| format!("    {line}")));
}

/// What stands between triple quotation marks must not end them, nor escape anything.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace("\"\"\"", "'''")
}

fn wrap(text: &str, width: usize, hanging: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(format!("{hanging}{word}")),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_hang_and_wrap() {
        let doc = Doc {
            summary: "Finds faces.".to_owned(),
            details: vec!["Largest first:\n- one\n- two".to_owned()],
            errors: "`NoFaceError` where there is none.".to_owned(),
        };
        let argument = Argument { name: "image".to_owned(), text: "word ".repeat(30) };
        let lines = callable(&doc, &[argument], "The faces.", 8);
        assert_eq!(lines[..7], ["Finds faces.", "", "Largest first:", "- one", "- two", "", "Args:"]);
        assert!(lines[7].starts_with("    image: word") && lines[8].starts_with("        word"));
        assert_eq!(
            lines[9..],
            [
                "",
                "Returns:",
                "    The faces.",
                "",
                "Raises:",
                "    FaceError: `NoFaceError` where there is none."
            ]
        );
        assert!(lines.iter().all(|line| line.len() + 8 <= WIDTH));
    }

    #[test]
    fn nothing_ends_the_quotation() {
        let doc = Doc { summary: "A \\ and \"\"\" here.".to_owned(), ..Doc::default() };
        assert_eq!(plain(&doc, 4), ["A \\\\ and ''' here."]);
    }
}
