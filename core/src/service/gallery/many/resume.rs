//! Which photos are finished, so that an interrupted enrolment goes on with the others.

use crate::api::EnrollItem;
use crate::gallery::MasterKey;
use crate::{Error, ErrorKind, Result};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

/// A line: half of an HMAC, in hexadecimal. Keyed, because subjects can be guessed.
const DIGITS: usize = 32;

/// The finished photos of one gallery, on disk.
pub(super) struct Finished {
    known: HashSet<String>,
    new: String,
    file: Option<(File, Key)>,
}

impl Finished {
    /// Nothing is remembered.
    pub(super) fn none() -> Self {
        Self { known: HashSet::new(), new: String::new(), file: None }
    }

    /// # Errors
    /// `Io` where the file cannot be read or written.
    pub(super) fn open(path: &Path, master: &MasterKey, gallery: &str) -> Result<Self> {
        let file =
            OpenOptions::new().create(true).read(true).append(true).open(path).map_err(|_| failed())?;
        // A torn last line has another length, and its photo is looked at again.
        let lines =
            BufReader::new(&file).lines().collect::<std::io::Result<HashSet<_>>>().map_err(|_| failed())?;
        // Nothing is appended to a file of another kind, such as the table of photos itself.
        if !lines.iter().flat_map(|line| line.bytes()).all(|byte| byte == 0 || byte.is_ascii_hexdigit()) {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "The resume file is not one that an enrolment has written. Name another.",
            ));
        }
        let known = lines.into_iter().filter(|line| line.len() == DIGITS).collect();
        let key =
            Key::new(HMAC_SHA256, sign(&Key::new(HMAC_SHA256, master.bytes()), &label(gallery)).as_ref());
        Ok(Self { known, new: String::new(), file: Some((file, key)) })
    }

    pub(super) fn has(&self, item: &EnrollItem) -> bool {
        self.mark(item).is_some_and(|mark| self.known.contains(&mark))
    }

    /// Notes a photo; [`Self::save`] writes it.
    pub(super) fn add(&mut self, item: &EnrollItem) {
        if let Some(mark) = self.mark(item) {
            self.new += &mark;
            self.new.push('\n');
        }
    }

    /// # Errors
    /// `Io` where it cannot be written.
    pub(super) fn save(&mut self) -> Result<()> {
        let Some((file, _)) = &mut self.file else { return Ok(()) };
        if self.new.is_empty() {
            return Ok(());
        }
        // One line break before, in case the last line is torn.
        let text = format!("\n{}", std::mem::take(&mut self.new));
        file.write_all(text.as_bytes()).and_then(|()| file.sync_data()).map_err(|_| failed())
    }

    fn mark(&self, item: &EnrollItem) -> Option<String> {
        let (_, key) = self.file.as_ref()?;
        let subject = item.subject.expose();
        let text = [
            &(subject.len() as u64).to_le_bytes()[..],
            subject.as_bytes(),
            item.path.as_os_str().as_encoded_bytes(),
        ]
        .concat();
        let mut mark: String = sign(key, &text).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        mark.truncate(DIGITS);
        Some(mark)
    }
}

fn label(gallery: &str) -> Vec<u8> {
    [b"facebridge finished photos of ", gallery.as_bytes()].concat()
}

fn failed() -> Error {
    Error::new(
        ErrorKind::Io,
        "The resume file cannot be read or written. Check its path, permissions and space.",
    )
}
