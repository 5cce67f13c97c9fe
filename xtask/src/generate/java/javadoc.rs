//! Comments of Java, wrapped.

use crate::generate::model::Doc;

/// The longest line.
const WIDTH: usize = 118;

/// A comment being put together. Texts are in Javadoc's markup already.
#[derive(Clone, Debug, Default)]
pub(super) struct Comment {
    paragraphs: Vec<String>,
    tags: Vec<String>,
}

impl Comment {
    /// The words of a definition.
    pub(super) fn of(doc: &Doc) -> Self {
        let mut comment = Self { paragraphs: vec![doc.summary.clone()], tags: Vec::new() };
        comment.paragraphs.extend(doc.details.iter().map(|paragraph| with_list(paragraph)));
        comment
    }

    /// One sentence.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { paragraphs: vec![text.into()], tags: Vec::new() }
    }

    /// With one more paragraph.
    pub(super) fn and(mut self, text: impl Into<String>) -> Self {
        self.paragraphs.push(text.into());
        self
    }

    /// With a tag such as `@return`; nothing where the text is empty.
    pub(super) fn tag(mut self, tag: &str, text: &str) -> Self {
        if !text.is_empty() {
            self.tags.push(format!("{tag} {text}"));
        }
        self
    }

    /// With the tag `@return` of another.
    pub(super) fn same_return(mut self, other: &Self) -> Self {
        self.tags.extend(other.tags.iter().filter(|tag| tag.starts_with("@return")).cloned());
        self
    }

    /// As it stands before a declaration, indented by so many blanks, with a line end.
    pub(super) fn render(&self, indent: usize) -> String {
        let margin = " ".repeat(indent);
        if let ([only], []) = (self.paragraphs.as_slice(), self.tags.as_slice())
            && !only.contains('\n')
            && only.chars().count() + indent + "/**  */".len() <= WIDTH
        {
            return format!("{margin}/** {only} */\n");
        }
        let mut lines = vec![format!("{margin}/**")];
        for (index, paragraph) in self.paragraphs.iter().enumerate() {
            if index > 0 {
                lines.push(format!("{margin} *"));
            }
            for (row, line) in paragraph.split('\n').enumerate() {
                let start = if index > 0 && row == 0 && !line.starts_with('<') { "<p>" } else { "" };
                wrap(&format!("{start}{line}"), &format!("{margin} * "), "", &mut lines);
            }
        }
        if !self.tags.is_empty() {
            lines.push(format!("{margin} *"));
        }
        for tag in &self.tags {
            wrap(tag, &format!("{margin} * "), "    ", &mut lines);
        }
        lines.push(format!("{margin} */\n"));
        lines.join("\n")
    }
}

/// Everything that a definition says of a field, in one line of text.
pub(super) fn inline(doc: &Doc) -> String {
    std::iter::once(&doc.summary)
        .chain(&doc.details)
        .map(|text| text.replace('\n', " "))
        .collect::<Vec<_>>()
        .join(" ")
}

/// A description as it stands after `@param` or `@return`: a small letter first, no full stop at the end of a
/// single sentence.
pub(super) fn phrase(text: &str) -> String {
    let single = !text.trim_end_matches('.').contains(". ");
    let text = if single { text.trim_end_matches('.') } else { text };
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if first.is_uppercase() && (second.is_lowercase() || second == ' ') => {
            format!("{}{}", first.to_lowercase(), &text[first.len_utf8()..])
        }
        _ => text.to_owned(),
    }
}

/// The items of a list in Markdown as HTML.
fn with_list(paragraph: &str) -> String {
    let mut lines = Vec::new();
    let mut open = false;
    for line in paragraph.split('\n') {
        match line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
            Some(item) => {
                if !open {
                    lines.push("<ul>".to_owned());
                }
                open = true;
                lines.push(format!("<li>{item}</li>"));
            }
            None => lines.push(line.to_owned()),
        }
    }
    if open {
        lines.push("</ul>".to_owned());
    }
    lines.join("\n")
}

/// What stands between blanks. A tag in braces stays in one piece.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut depth = 0_usize;
    for part in text.split_whitespace() {
        match words.last_mut() {
            Some(word) if depth > 0 => {
                word.push(' ');
                word.push_str(part);
            }
            _ => words.push(part.to_owned()),
        }
        depth = (depth + part.matches('{').count()).saturating_sub(part.matches('}').count());
    }
    words
}

/// Breaks a text into lines; `hanging` goes before all but the first.
fn wrap(text: &str, margin: &str, hanging: &str, lines: &mut Vec<String>) {
    let mut line = margin.to_owned();
    let mut empty = true;
    for word in words(text) {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, format!("{margin}{hanging}")));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(&word);
        empty = false;
    }
    lines.push(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_comments_take_one_line() {
        assert_eq!(Comment::text("A face.").render(4), "    /** A face. */\n");
    }

    #[test]
    fn long_ones_are_wrapped_and_lists_become_html() {
        let doc = Doc {
            summary: "Finds faces.".to_owned(),
            details: vec!["Largest first:\n- one\n- two".to_owned()],
            errors: String::new(),
        };
        let long = "word ".repeat(40);
        let comment = Comment::of(&doc).tag("@param a", &long).tag("@return", "faces").render(0);
        let lines: Vec<&str> = comment.lines().collect();
        assert_eq!(
            lines[..7],
            [
                "/**",
                " * Finds faces.",
                " *",
                " * <p>Largest first:",
                " * <ul>",
                " * <li>one</li>",
                " * <li>two</li>"
            ]
        );
        assert!(
            lines[9].starts_with(" * @param a word") && lines[10].starts_with(" *     word"),
            "{comment}"
        );
        assert!(lines.iter().all(|line| line.len() <= WIDTH));
    }

    #[test]
    fn a_tag_is_not_broken() {
        assert_eq!(words("see {@link A b}, {@code c}"), ["see", "{@link A b},", "{@code c}"]);
    }

    #[test]
    fn phrases_follow_a_tag() {
        assert_eq!(phrase("The faces of one picture."), "the faces of one picture");
        assert_eq!(phrase("FMR of it. More."), "FMR of it. More.");
        assert_eq!(phrase("A face as a vector."), "a face as a vector");
        assert_eq!(phrase("ONNX model."), "ONNX model");
    }
}
