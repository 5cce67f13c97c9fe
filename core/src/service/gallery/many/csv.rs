//! A table of photos: one line each, with the subject and what is known of it.

use super::{invalid, person_type};
use crate::api::{Direction, EnrollItem, Sensitive, SubjectAttributes};
use crate::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    subject: String,
    path: PathBuf,
    #[serde(default)]
    direction: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    id_number: Option<String>,
    #[serde(default)]
    person_type: Option<String>,
    #[serde(default)]
    customer_id: Option<String>,
}

/// The photos that `file` lists; relative paths are relative to it.
///
/// # Errors
/// `Io` where it cannot be read; `InvalidArgument` where it is malformed, with the number of the line and none of
/// its words.
pub(super) fn items(file: &Path) -> Result<Vec<EnrollItem>> {
    let unreadable = |_| Error::new(ErrorKind::Io, "The CSV file cannot be read. Check its path.");
    let folder = file.parent().unwrap_or(Path::new(""));
    let text = std::fs::read(file).map_err(|error: std::io::Error| unreadable(error))?;
    let mut reader = ::csv::ReaderBuilder::new().trim(::csv::Trim::All).from_reader(text.as_slice());
    let mut items = Vec::new();
    for (position, line) in reader.deserialize::<Line>().enumerate() {
        // The heading is line 1.
        let number = position + 2;
        let line = line.map_err(|_| {
            invalid(&format!(
                "Line {number} of the CSV file is malformed, or the heading has an unknown column. Columns: subject, path, direction, name, id_number, person_type, customer_id."
            ))
        })?;
        items.push(
            item(line, folder)
                .map_err(|reason| invalid(&format!("Line {number} of the CSV file: {reason}.")))?,
        );
    }
    Ok(items)
}

fn item(line: Line, folder: &Path) -> Result<EnrollItem, &'static str> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let direction = match given(line.direction).as_deref() {
        None => None,
        Some("front" | "0") => Some(Direction::Front),
        Some("left" | "1") => Some(Direction::Left),
        Some("right" | "2") => Some(Direction::Right),
        Some("up" | "3") => Some(Direction::Up),
        Some("down" | "4") => Some(Direction::Down),
        Some(_) => return Err("`direction` must be front, left, right, up or down"),
    };
    let kind = match given(line.person_type).as_deref() {
        None => None,
        Some(text) => Some(person_type(text).ok_or("`person_type` must be normal, vip or inner")?),
    };
    let hidden = |text: Option<String>| given(text).map(Sensitive::from);
    let (name, id_number, customer_id) =
        (hidden(line.name), hidden(line.id_number), hidden(line.customer_id));
    let known = kind.is_some() || name.is_some() || id_number.is_some() || customer_id.is_some();
    let attributes = known.then(|| SubjectAttributes {
        name,
        id_number,
        person_type: kind.unwrap_or_default(),
        customer_id,
    });
    Ok(EnrollItem { subject: line.subject.into(), path: folder.join(line.path), direction, attributes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<EnrollItem>> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("people.csv");
        std::fs::write(&file, text).unwrap();
        let mut items = items(&file)?;
        for item in &mut items {
            item.path = item.path.strip_prefix(folder.path()).unwrap().to_owned();
        }
        Ok(items)
    }

    #[test]
    fn a_line_is_a_photo() {
        let items =
            read("subject,path,direction,name,person_type\n7,a.jpg,left,Ada,vip\n8,b/c.jpg,,,\n").unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!((items[0].subject.expose(), items[0].direction), ("7", Some(Direction::Left)));
        assert_eq!(items[0].attributes.as_ref().unwrap().name.as_ref().unwrap().expose(), "Ada");
        assert_eq!((items[1].path.as_path(), &items[1].attributes), (Path::new("b/c.jpg"), &None));
    }

    #[test]
    fn mistakes_are_told_by_their_line() {
        for (text, part) in [
            ("subject,path\n7,a.jpg\n8\n", "Line 3"),
            ("subject,path,nickname\n7,a.jpg,Secret\n", "unknown column"),
            ("subject,path,direction\n7,a.jpg,Secret\n", "`direction` must be"),
            ("subject,path,person_type\n7,a.jpg,Secret\n", "`person_type` must be"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.message().contains(part) && !error.message().contains("Secret"), "{error}");
        }
    }
}
