//! Lists that go with a data set: known label errors to leave out, and groups of people.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use super::dataset::Dataset;
use super::text::{content_lines, malformed, read_text};
use crate::Result;

/// Known label errors, for comparisons of all with all.
///
/// The official protocol of a pairs list keeps every pair, so that figures stay comparable with published
/// ones; leave this out there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exclusions {
    /// Pairs of people that are one person, or whose photos are mixed up; the smaller index first.
    pub people: BTreeSet<(u32, u32)>,
    /// Images that show someone else than their label says.
    pub images: BTreeSet<usize>,
    /// Entries of the list about people or images that the data set does not have.
    pub unmatched: usize,
}

impl Exclusions {
    /// Reads a tab-separated list with an optional header `name_a name_b …`, `#` comments allowed.
    ///
    /// Two kinds of line: `name_a, name_b, reason` for two names that are one person, and `name, number,
    /// reason` for a mislabelled image. The reason may be left out.
    ///
    /// # Errors
    /// [`Io`](crate::ErrorKind::Io) where the file cannot be read;
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) with the line number of a malformed line.
    pub fn from_file(file: &Path, dataset: &Dataset) -> Result<Self> {
        Self::parse(&read_text(file, "list of exclusions")?, dataset)
    }

    fn parse(text: &str, dataset: &Dataset) -> Result<Self> {
        let mut exclusions = Self::default();
        for (number, line) in content_lines(text) {
            let mut fields = line.split('\t').map(str::trim);
            let (Some(a), Some(b)) = (fields.next(), fields.next()) else {
                return Err(malformed(number, "two names, or a name and an image number, between tabs"));
            };
            if a.is_empty() || b.is_empty() || a == b {
                return Err(malformed(number, "two different names, or a name and an image number"));
            }
            if (a, b) == ("name_a", "name_b") {
                continue;
            }
            let known = match b.parse::<u32>() {
                Ok(image_number) => exclusions.add_image(dataset, a, image_number),
                Err(_) => exclusions.add_people(dataset, a, b),
            };
            exclusions.unmatched += usize::from(!known);
        }
        Ok(exclusions)
    }

    fn add_people(&mut self, dataset: &Dataset, a: &str, b: &str) -> bool {
        match (dataset.person(a), dataset.person(b)) {
            (Some(a), Some(b)) => {
                self.people.insert((a.min(b), a.max(b)));
                true
            }
            _ => false,
        }
    }

    fn add_image(&mut self, dataset: &Dataset, name: &str, number: u32) -> bool {
        let Some(person) = dataset.person(name) else { return false };
        let found =
            dataset.images.iter().position(|image| image.person == Some(person) && image.number == number);
        self.images.extend(found);
        found.is_some()
    }

    /// Whether comparisons between these two people are left out.
    pub fn covers(&self, a: u32, b: u32) -> bool {
        self.people.contains(&(a.min(b), a.max(b)))
    }
}

/// A group of people whose rates are reported, and kept, on their own.
#[derive(Clone, PartialEq, Eq)]
pub struct Cohort {
    /// What the report calls it.
    pub name: String,
    /// Indices of its people, ascending.
    pub people: Vec<u32>,
    /// Names of the list that the data set does not have.
    pub unmatched: usize,
}

impl fmt::Debug for Cohort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cohort")
            .field("name", &self.name)
            .field("people", &self.people.len())
            .field("unmatched", &self.unmatched)
            .finish()
    }
}

impl Cohort {
    /// Reads a list with one person's name on each line, `#` comments allowed.
    ///
    /// # Errors
    /// [`Io`](crate::ErrorKind::Io) where the file cannot be read.
    pub fn from_file(name: impl Into<String>, file: &Path, dataset: &Dataset) -> Result<Self> {
        Ok(Self::parse(name.into(), &read_text(file, "list of people")?, dataset))
    }

    fn parse(name: String, text: &str, dataset: &Dataset) -> Self {
        let mut people = BTreeSet::new();
        let mut unmatched = 0;
        for (_, line) in content_lines(text) {
            match dataset.person(line.trim()) {
                Some(person) => {
                    people.insert(person);
                }
                None => unmatched += 1,
            }
        }
        Self { name, people: people.into_iter().collect(), unmatched }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::evaluation::dataset::LabelledImage;

    fn dataset() -> Dataset {
        let image = |person, number| LabelledImage { path: "x".into(), person: Some(person), number };
        Dataset {
            people: vec!["Ann".into(), "Bob".into(), "Cid".into()],
            images: vec![image(0, 1), image(0, 2), image(1, 1), image(2, 1)],
            ..Dataset::default()
        }
    }

    #[test]
    fn both_kinds_of_exclusion() {
        let text = "name_a\tname_b\tsource\nCid\tAnn\terrata\n# note\nAnn\t2\twrong person\nAnn\tZoe\tx\n";
        let exclusions = Exclusions::parse(text, &dataset()).unwrap();
        assert!(exclusions.covers(0, 2) && exclusions.covers(2, 0) && !exclusions.covers(0, 1));
        assert_eq!(exclusions.images, BTreeSet::from([1]));
        assert_eq!(exclusions.unmatched, 1);
    }

    #[test]
    fn malformed_exclusions_name_their_line() {
        for text in ["name_a\tname_b\nAnn", "#\nAnn\tAnn", "#\n\tBob"] {
            let error = Exclusions::parse(text, &dataset()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.message().contains("line 2") && !error.message().contains("Ann"));
        }
    }

    #[test]
    fn a_cohort_is_a_list_of_names() {
        let cohort = Cohort::parse("group".into(), "# people\nCid\nAnn\nCid\nZoe\n", &dataset());
        assert_eq!((cohort.people.as_slice(), cohort.unmatched), ([0, 2].as_slice(), 1));
        assert!(!format!("{cohort:?}").contains("Ann"));
    }
}
