//! Labelled photos: who is on which file, and which pairs to compare.
//!
//! Three forms are read: the pairs list of Labeled Faces in the Wild (Huang et al., UMass TR 07-49, 2007), a
//! CSV of paths, and a folder of people. A person's name is personal data: it stays in the [`Dataset`], and
//! errors point at line numbers instead.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::text::{CsvPair, PairLine, parse_csv, parse_pairs, read_text};
use crate::{Error, ErrorKind, Result};

/// The endings under which an image of a pairs list or a folder is looked for.
const EXTENSIONS: [&str; 5] = ["jpg", "png", "jpeg", "bmp", "webp"];

/// A file and the person on it.
#[derive(Clone, PartialEq, Eq)]
pub struct LabelledImage {
    /// Where the file is.
    pub path: PathBuf,
    /// Index into [`Dataset::people`]; `None` where the data do not tell people apart.
    pub person: Option<u32>,
    /// The image's number among those of the person (1-based, as in its file name); 0 where there is none.
    pub number: u32,
}

/// Two images to compare, with the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelledPair {
    /// Index of the first image.
    pub a: usize,
    /// Index of the second image.
    pub b: usize,
    /// Whether both show the same person.
    pub mated: bool,
    /// The fold of cross-validation, from 0.
    pub fold: u32,
}

/// Labelled photos with the pairs to compare; the pairs are empty for a folder of people.
#[derive(Clone, Default)]
pub struct Dataset {
    /// The people's names, sorted; empty where the data do not tell people apart.
    pub people: Vec<String>,
    /// The images; those of one person stand together in a folder of people.
    pub images: Vec<LabelledImage>,
    /// The pairs to compare, in the order of the list.
    pub pairs: Vec<LabelledPair>,
    /// How many folds the pairs are divided into; 0 without pairs.
    pub folds: u32,
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names and paths stay out of logs.
        f.debug_struct("Dataset")
            .field("people", &self.people.len())
            .field("images", &self.images.len())
            .field("pairs", &self.pairs.len())
            .field("folds", &self.folds)
            .finish()
    }
}

impl Dataset {
    /// Reads a pairs list in the format of Labeled Faces in the Wild, with its images below `root`
    /// (`root/NAME/NAME_0001.jpg`, also .png, .jpeg, .bmp, .webp).
    ///
    /// Lines are `name i j` (mated) and `name i name j` (non-mated), separated by tabs or blanks. A first line
    /// `folds pairs` states the folds: in each, so many mated pairs and then so many non-mated ones. Without
    /// it, or with a single count, there is one fold: see [`assign_folds`](Self::assign_folds).
    ///
    /// # Errors
    /// [`ErrorKind::Io`] where the list cannot be read; [`ErrorKind::InvalidArgument`] with the line number
    /// where a line is malformed, an image is missing, or the counts differ from the header.
    pub fn from_lfw_pairs(list: &Path, root: &Path) -> Result<Self> {
        let (lines, folds) = parse_pairs(&read_text(list, "pairs list")?)?;
        let names: std::collections::BTreeSet<&str> =
            lines.iter().flat_map(|line| [line.a.0.as_str(), line.b.0.as_str()]).collect();
        let people: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let mut dataset = Self { people, folds, ..Self::default() };
        let mut known = BTreeMap::new();
        for line in &lines {
            let a = dataset.pairs_image(&mut known, root, line, &line.a)?;
            let b = dataset.pairs_image(&mut known, root, line, &line.b)?;
            dataset.pairs.push(LabelledPair { a, b, mated: line.a.0 == line.b.0, fold: line.fold });
        }
        Ok(dataset)
    }

    /// Reads a CSV of `path_a,path_b,same` (1/0, true/false, yes/no), paths relative to the file. A header
    /// with these three names is optional; there is one fold, and people are not told apart.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] where the file cannot be read; [`ErrorKind::InvalidArgument`] with the line number
    /// where a line is malformed or an image is missing.
    pub fn from_csv(file: &Path) -> Result<Self> {
        let base = file.parent().unwrap_or(Path::new(""));
        let mut dataset = Self { folds: 1, ..Self::default() };
        let mut known: BTreeMap<PathBuf, usize> = BTreeMap::new();
        for CsvPair { number, a, b, same } in parse_csv(&read_text(file, "CSV of pairs")?)? {
            let mut image = |name: &str| {
                let path = base.join(name);
                if let Some(&index) = known.get(&path) {
                    return Ok(index);
                }
                if !path.is_file() {
                    return Err(missing(number));
                }
                dataset.images.push(LabelledImage { path: path.clone(), person: None, number: 0 });
                known.insert(path, dataset.images.len() - 1);
                Ok(dataset.images.len() - 1)
            };
            let (a, b) = (image(&a)?, image(&b)?);
            dataset.pairs.push(LabelledPair { a, b, mated: same, fold: 0 });
        }
        Ok(dataset)
    }

    /// Reads a folder of people, `root/PERSON/*.jpg` (also .png, .jpeg, .bmp, .webp, in either case), sorted by
    /// name. Other files and empty folders are passed over.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] where the folder cannot be read; [`ErrorKind::InsufficientData`] where it holds fewer
    /// than two people.
    pub fn from_folder(root: &Path) -> Result<Self> {
        let mut dataset = Self::default();
        for folder in sorted_entries(root)?.into_iter().filter(|path| path.is_dir()) {
            let files: Vec<PathBuf> = sorted_entries(&folder)?
                .into_iter()
                .filter(|path| path.is_file() && is_image(path))
                .collect();
            let Some(name) = folder.file_name().filter(|_| !files.is_empty()) else { continue };
            let person = u32::try_from(dataset.people.len())
                .map_err(|_| Error::new(ErrorKind::InvalidArgument, "more than 2^32 people in the folder"))?;
            dataset.people.push(name.to_string_lossy().into_owned());
            dataset.images.extend(files.into_iter().map(|path| LabelledImage {
                number: trailing_number(&path),
                person: Some(person),
                path,
            }));
        }
        if dataset.people.len() < 2 {
            return Err(Error::new(
                ErrorKind::InsufficientData,
                "the folder holds images of fewer than two people; expected one sub-folder for each person",
            ));
        }
        Ok(dataset)
    }

    /// Divides the pairs into `folds` in turn, mated and non-mated apart, so that each fold has its share of
    /// both. People may then stand in several folds; a list that states its folds keeps them apart.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for fewer than two folds.
    pub fn assign_folds(&mut self, folds: u32) -> Result<()> {
        if folds < 2 {
            return Err(Error::new(ErrorKind::InvalidArgument, "cross-validation needs at least two folds"));
        }
        let mut next = [0; 2];
        for pair in &mut self.pairs {
            let counter = &mut next[usize::from(pair.mated)];
            pair.fold = *counter % folds;
            *counter += 1;
        }
        self.folds = folds;
        Ok(())
    }

    /// The index of a person by name.
    pub fn person(&self, name: &str) -> Option<u32> {
        let index = self.people.binary_search_by(|known| known.as_str().cmp(name)).ok()?;
        u32::try_from(index).ok()
    }

    fn pairs_image(
        &mut self,
        known: &mut BTreeMap<(u32, u32), usize>,
        root: &Path,
        line: &PairLine,
        (name, number): &(String, u32),
    ) -> Result<usize> {
        let person = self.person(name).ok_or_else(|| missing(line.number))?;
        if let Some(&index) = known.get(&(person, *number)) {
            return Ok(index);
        }
        let stem = format!("{name}_{number:04}");
        let path = EXTENSIONS
            .iter()
            .map(|extension| root.join(name).join(format!("{stem}.{extension}")))
            .find(|path| path.is_file())
            .ok_or_else(|| missing(line.number))?;
        self.images.push(LabelledImage { path, person: Some(person), number: *number });
        known.insert((person, *number), self.images.len() - 1);
        Ok(self.images.len() - 1)
    }
}

fn missing(line: usize) -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        format!("line {line} names an image that is not there; check the list against the image folder"),
    )
}

fn sorted_entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| {
        Error::new(ErrorKind::Io, format!("a folder of images cannot be read ({})", error.kind()))
    };
    let mut entries = std::fs::read_dir(folder)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(unreadable)?;
    // By name bytes, so that people come in the order of `Dataset::person`'s binary search.
    entries.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
    Ok(entries)
}

fn is_image(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

/// The digits at the end of `NAME_0001.jpg`; 0 where there are none.
fn trailing_number(path: &Path) -> u32 {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    stem.rsplit('_').next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (person, images) in [("Ann", 3), ("Bob", 2), ("Cid", 1)] {
            std::fs::create_dir(root.path().join(person)).unwrap();
            for number in 1..=images {
                let extension = if number == 2 { "png" } else { "jpg" };
                let name = format!("{person}_{number:04}.{extension}");
                std::fs::write(root.path().join(person).join(name), b"").unwrap();
            }
        }
        std::fs::write(root.path().join("Ann").join("notes.txt"), b"").unwrap();
        root
    }

    #[test]
    fn reads_a_folder_of_people() {
        let root = folder();
        let dataset = Dataset::from_folder(root.path()).unwrap();
        assert_eq!(dataset.people, ["Ann", "Bob", "Cid"]);
        let labels: Vec<_> =
            dataset.images.iter().map(|image| (image.person.unwrap(), image.number)).collect();
        assert_eq!(labels, [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (2, 1)]);
        assert_eq!(dataset.person("Bob"), Some(1));
        assert!(!format!("{dataset:?}").contains("Ann"));
    }

    #[test]
    fn reads_a_pairs_list() {
        let root = folder();
        let list = root.path().join("pairs.txt");
        std::fs::write(&list, "2 1\nAnn 1 2\nAnn 1 Bob 1\nBob\t1\t2\nAnn\t3\tCid\t1\n").unwrap();
        let mut dataset = Dataset::from_lfw_pairs(&list, root.path()).unwrap();
        assert_eq!((dataset.folds, dataset.images.len(), dataset.pairs.len()), (2, 6, 4));
        let pairs: Vec<_> = dataset.pairs.iter().map(|pair| (pair.mated, pair.fold)).collect();
        assert_eq!(pairs, [(true, 0), (false, 0), (true, 1), (false, 1)]);
        assert_eq!(dataset.pairs[0].a, dataset.pairs[1].a);
        assert_eq!(dataset.assign_folds(1).unwrap_err().kind(), ErrorKind::InvalidArgument);
        dataset.assign_folds(2).unwrap();
        assert_eq!(dataset.pairs[3].fold, 1);
    }

    #[test]
    fn names_the_line_and_nobody() {
        let root = folder();
        let list = root.path().join("pairs.txt");
        std::fs::write(&list, "Ann 1 2\nBob 1 9\n").unwrap();
        let error = Dataset::from_lfw_pairs(&list, root.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.message().contains("line 2") && !error.message().contains("Bob"));
        let absent = Dataset::from_lfw_pairs(&root.path().join("none.txt"), root.path()).unwrap_err();
        assert_eq!(absent.kind(), ErrorKind::Io);
    }

    #[test]
    fn reads_a_csv_of_paths() {
        let root = folder();
        let file = root.path().join("pairs.csv");
        std::fs::write(
            &file,
            "path_a,path_b,same\nAnn/Ann_0001.jpg,Ann/Ann_0002.png,1\n\"Ann/Ann_0001.jpg\",Bob/Bob_0001.jpg,no\n",
        )
        .unwrap();
        let dataset = Dataset::from_csv(&file).unwrap();
        assert_eq!(dataset.images.len(), 3);
        assert_eq!(dataset.pairs.iter().map(|pair| pair.mated).collect::<Vec<_>>(), [true, false]);
        std::fs::write(&file, "Ann/Ann_0001.jpg,gone.jpg,1\n").unwrap();
        assert!(Dataset::from_csv(&file).unwrap_err().message().contains("line 1"));
    }

    #[test]
    fn an_empty_folder_is_too_little() {
        let root = tempfile::tempdir().unwrap();
        let error = Dataset::from_folder(root.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InsufficientData);
        assert_eq!(Dataset::from_folder(&root.path().join("none")).unwrap_err().kind(), ErrorKind::Io);
    }
}
