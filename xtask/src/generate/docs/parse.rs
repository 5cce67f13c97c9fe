//! From the lines of a doc comment to its paragraphs.

use crate::generate::model::Doc;

/// Parses the lines of a doc comment. Says what is wrong where a part of it could not be carried over.
pub(in crate::generate) fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Doc, String> {
    let mut doc = Doc::default();
    let mut errors = Vec::new();
    let mut in_errors = false;
    for paragraph in paragraphs(lines)? {
        let text = match paragraph.strip_prefix("# ") {
            Some(heading) => {
                let (title, rest) = heading.split_once('\n').unwrap_or((heading, ""));
                if title != "Errors" || in_errors {
                    return Err(format!("only one `# Errors` may head a part of it, not `# {title}`"));
                }
                in_errors = true;
                rest
            }
            None => paragraph.as_str(),
        };
        match text {
            "" => {}
            text if in_errors => errors.push(text.replace('\n', " ")),
            text if doc.summary.is_empty() => doc.summary = text.replace('\n', " "),
            text => doc.details.push(text.to_owned()),
        }
    }
    if doc.summary.is_empty() {
        return Err("it needs a first sentence".to_owned());
    }
    doc.errors = errors.join(" ");
    Ok(doc)
}

/// The paragraphs, their lines joined; a list item or a heading keeps a line of its own.
fn paragraphs<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Vec<String>, String> {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut open = false;
    let mut after_heading = false;
    for line in lines.into_iter().map(str::trim) {
        if line.starts_with("```") || line.starts_with("~~~") {
            return Err("code blocks are Rust's alone; put examples into the language's own guide".to_owned());
        }
        if line.is_empty() {
            open = false;
            continue;
        }
        let heading = line.starts_with('#');
        match paragraphs.last_mut() {
            Some(paragraph) if open && !heading => {
                paragraph.push(if after_heading || is_list_item(line) { '\n' } else { ' ' });
                paragraph.push_str(line);
            }
            _ => paragraphs.push(line.to_owned()),
        }
        open = true;
        after_heading = heading;
    }
    Ok(paragraphs)
}

fn is_list_item(line: &str) -> bool {
    let numbered = line.trim_start_matches(|sign: char| sign.is_ascii_digit());
    line.starts_with("- ")
        || line.starts_with("* ")
        || (numbered.len() < line.len() && numbered.starts_with(". "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_lists_and_errors() {
        let text = "Finds\nfaces.\n\nLargest\nfirst:\n- one\n  more\n- two\n\nLast.\n\n# Errors\n`A` here;\n`B` there.\n\nAlso `C`.";
        assert_eq!(
            parse(text.lines()).unwrap(),
            Doc {
                summary: "Finds faces.".to_owned(),
                details: vec!["Largest first:\n- one more\n- two".to_owned(), "Last.".to_owned()],
                errors: "`A` here; `B` there. Also `C`.".to_owned(),
            }
        );
    }

    #[test]
    fn refuses_what_cannot_be_carried() {
        for (text, reason) in [
            ("", "it needs a first sentence"),
            ("# Errors\nNone at all.", "it needs a first sentence"),
            ("One.\n\n# Examples\nSee.", "not `# Examples`"),
            ("One.\n# Errors\nA.\n# Errors\nB.", "only one `# Errors`"),
            ("One.\n\n```\nlet a = 1;\n```", "code blocks"),
        ] {
            let refusal = parse(text.lines()).unwrap_err();
            assert!(refusal.contains(reason), "{text:?}: {refusal}");
        }
    }
}
