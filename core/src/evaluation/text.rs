//! The text formats of pairs lists, CSV files and name lists, parsed without touching an image.

use std::path::Path;

use crate::{Error, ErrorKind, Result};

/// A line of a pairs list: two images, each by name and number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PairLine {
    pub(crate) number: usize,
    pub(crate) a: (String, u32),
    pub(crate) b: (String, u32),
    pub(crate) fold: u32,
}

/// A line of a CSV of pairs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CsvPair {
    pub(crate) number: usize,
    pub(crate) a: String,
    pub(crate) b: String,
    pub(crate) same: bool,
}

pub(crate) fn read_text(file: &Path, what: &str) -> Result<String> {
    std::fs::read_to_string(file)
        .map_err(|error| Error::new(ErrorKind::Io, format!("the {what} cannot be read ({})", error.kind())))
}

pub(crate) fn malformed(line: usize, expected: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, format!("line {line} is malformed: expected {expected}"))
}

/// Parses a pairs list; gives its lines and the number of folds.
pub(crate) fn parse_pairs(text: &str) -> Result<(Vec<PairLine>, u32)> {
    let mut lines = Vec::new();
    let mut header: Option<(u32, usize)> = None;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let fields: Vec<&str> = line.split_whitespace().collect();
        if fields.is_empty() {
            continue;
        }
        if header.is_none()
            && lines.is_empty()
            && let Some(stated) = parse_header(&fields)
        {
            if stated.0 == 0 || stated.1 == 0 {
                return Err(malformed(number, "positive numbers of folds and pairs"));
            }
            header = Some(stated);
            continue;
        }
        let image = |name: &str, digits: &str| {
            let plain = !name.contains(['/', '\\']) && name != "..";
            let number: Option<u32> = digits.parse().ok().filter(|&number| number > 0);
            number.filter(|_| plain).map(|number| (name.to_owned(), number))
        };
        let pair = match fields[..] {
            [name, i, j] => image(name, i).zip(image(name, j)),
            [name_a, i, name_b, j] => image(name_a, i).zip(image(name_b, j)),
            _ => None,
        };
        let (a, b) = pair
            .filter(|(a, b)| a != b)
            .ok_or_else(|| malformed(number, "`name i j` or `name i name j`, with two different images"))?;
        lines.push(PairLine { number, a, b, fold: 0 });
    }
    let Some((folds, pairs)) = header else { return Ok((lines, 1)) };
    let per_fold = 2 * pairs;
    if lines.len() != per_fold.saturating_mul(folds as usize) {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            format!(
                "line 1 states {folds} folds of {pairs} mated and {pairs} non-mated pairs, but {} pairs follow",
                lines.len()
            ),
        ));
    }
    let mut fold = 0;
    for (i, line) in lines.iter_mut().enumerate() {
        if i > 0 && i % per_fold == 0 {
            fold += 1;
        }
        line.fold = fold;
    }
    Ok((lines, folds))
}

/// `folds pairs`, or a single count of pairs, which is one fold.
fn parse_header(fields: &[&str]) -> Option<(u32, usize)> {
    match fields {
        [folds, pairs] => Some((folds.parse().ok()?, pairs.parse().ok()?)),
        [pairs] => Some((1, pairs.parse().ok()?)),
        _ => None,
    }
}

/// Parses a CSV of `path_a,path_b,same`; fields may stand in double quotes (RFC 4180, within one line).
pub(crate) fn parse_csv(text: &str) -> Result<Vec<CsvPair>> {
    let mut pairs = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        if line.trim().is_empty() {
            continue;
        }
        let expected = "`path_a,path_b,same` with 1/0, true/false or yes/no";
        let fields = split_csv(line).ok_or_else(|| malformed(number, expected))?;
        let [a, b, same] = <[String; 3]>::try_from(fields).map_err(|_| malformed(number, expected))?;
        if number == 1 && (a.as_str(), b.as_str(), same.as_str()) == ("path_a", "path_b", "same") {
            continue;
        }
        let same = match same.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" => true,
            "0" | "false" | "no" => false,
            _ => return Err(malformed(number, expected)),
        };
        if a.is_empty() || b.is_empty() {
            return Err(malformed(number, expected));
        }
        pairs.push(CsvPair { number, a, b, same });
    }
    Ok(pairs)
}

fn split_csv(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line.trim();
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut field = String::new();
            let mut tail = quoted;
            loop {
                let (part, after) = tail.split_once('"')?;
                field.push_str(part);
                match after.strip_prefix('"') {
                    // A doubled quote stands for one.
                    Some(more) => {
                        field.push('"');
                        tail = more;
                    }
                    None => {
                        rest = after.trim_start();
                        break;
                    }
                }
            }
            fields.push(field);
            match rest.strip_prefix(',') {
                Some(more) => rest = more.trim_start(),
                None if rest.is_empty() => return Some(fields),
                None => return None,
            }
        } else if let Some((field, more)) = rest.split_once(',') {
            fields.push(field.trim().to_owned());
            rest = more.trim_start();
        } else {
            fields.push(rest.to_owned());
            return Some(fields);
        }
    }
}

/// Lines that hold something, with their numbers; blank lines and `#` comments are left out.
pub(crate) fn content_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim_end_matches('\r')))
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_with_and_without_header() {
        let (lines, folds) = parse_pairs("2\t1\nA\t1\t2\nA\t1\tB\t1\nB\t1\t3\nC\t2\tB\t1\n").unwrap();
        assert_eq!((folds, lines.len()), (2, 4));
        assert_eq!(lines[2], PairLine { number: 4, a: ("B".into(), 1), b: ("B".into(), 3), fold: 1 });
        let (lines, folds) = parse_pairs("A 1 2\n\nA 1 B 1\n").unwrap();
        assert_eq!((folds, lines[1].number), (1, 3));
        assert_eq!(parse_pairs("1\nA 1 2\nA 1 B 1\n").unwrap().1, 1);
        assert!(parse_pairs("").unwrap().0.is_empty());
    }

    #[test]
    fn faults_name_their_line() {
        for (text, line) in [
            ("A 1 2\nA 1\n", "line 2"),
            ("A x 2\n", "line 1"),
            ("A 1 2\n../A 1 2\n", "line 2"),
            ("A 1 2\nA 1 1\n", "line 2"),
            ("A 0 1\n", "line 1"),
            ("0 3\n", "line 1"),
            ("2 1\nA 1 2\n", "line 1"),
        ] {
            let error = parse_pairs(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.message().contains(line), "{text:?}: {}", error.message());
        }
    }

    #[test]
    fn csv_fields() {
        let pairs = parse_csv("a.jpg, b.jpg ,TRUE\n\"x,\"\"1\"\".jpg\",y.jpg,0\n").unwrap();
        assert_eq!((pairs[0].b.as_str(), pairs[0].same), ("b.jpg", true));
        assert_eq!((pairs[1].a.as_str(), pairs[1].same), ("x,\"1\".jpg", false));
        for text in ["a,b", "a,b,maybe", "a,b,1,2", "\"a,b,1", "\"a\"b,c,1", ",b,1"] {
            assert!(parse_csv(text).unwrap_err().message().contains("line 1"), "{text}");
        }
    }

    #[test]
    fn comments_and_blanks_hold_nothing() {
        let lines: Vec<_> = content_lines("# a\n\nb\r\n c\n").collect();
        assert_eq!(lines, [(3, "b"), (4, " c")]);
    }
}
