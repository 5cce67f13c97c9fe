//! Looks for deleted records in the files of a store.

use super::cuts::PATH;
use super::history::Newcomer;
use super::report::Erasure;
use super::store::{attributes, new_face, open};
use crate::power_cut::{Files, PowerCut};
use crate::random::Random;
use facebridge::gallery::{Duplicates, Enrolled};
use rusqlite::{Connection, OpenFlags};
use std::collections::{HashMap, HashSet};
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const TENANT: &str = "north";
/// For each record that is deleted so many are kept.
const KEPT: u64 = 3;
/// Records that are enrolled in one step; the last of them are enrolled one by one.
const BATCH: usize = 250;
/// Subjects of a call that deletes several.
const TOGETHER: usize = 10;
/// Bytes of a piece, and how far apart two are: of a row cut in half a piece is found as well.
const PIECE: usize = 16;
const STEP: usize = 24;

/// Rows as they stand in the files.
type Rows = Vec<Vec<u8>>;

/// A subject with one face, and the bytes of its rows as they stand in the files.
struct Record {
    subject: String,
    face: u64,
    stamp: u64,
    /// Its template and what is known of its face.
    of_face: Rows,
    /// What is known of the subject, and by what it is found.
    of_subject: Rows,
}

/// A store of which some records are to be deleted.
struct Filled {
    disk: PowerCut,
    doomed: Vec<Record>,
    kept: Vec<Record>,
}

/// Deletes `count` records of four times as many, in every way there is: by face, by subject, several at once, and by
/// replacing the face and the attributes. Looks for their bytes, which were noted before, in every file.
///
/// # Errors
/// What the store did wrong.
pub fn erasure(count: u64, seed: u64) -> Outcome<Erasure> {
    let mut filled = Filled::new(count, seed)?;
    let gallery = open(Path::new(PATH), Some(filled.disk.vfs()))?;
    let mut together = Vec::new();
    for (number, record) in filled.doomed.iter_mut().enumerate() {
        match number % 4 {
            0 => drop(gallery.delete_face(TENANT, record.face)?),
            1 => drop(gallery.delete_subjects(TENANT, &[&record.subject])?),
            2 => {
                let (subject, stamp) = (record.subject.clone(), record.stamp + 1);
                let new = new_face(&Newcomer { subject, stamp, named: false, own_id: false });
                gallery.replace(TENANT, record.face, &new, Duplicates::Off)?;
                gallery.set_attributes(TENANT, &record.subject, &attributes(stamp))?;
                // The subject is there still, and is found as before.
                record.of_subject.truncate(1);
            }
            _ => together.push(record.subject.as_str()),
        }
    }
    for subjects in together.chunks(TOGETHER) {
        gallery.delete_subjects(TENANT, subjects)?;
    }
    let found_while_open = filled.found(&filled.doomed);
    gallery.close()?;
    drop(gallery);
    Ok(filled.report(found_while_open))
}

/// The control: the same rows deleted by SQLite without overwriting; nearly all must be found.
///
/// # Errors
/// What SQLite did wrong.
pub fn erasure_without_overwriting(count: u64, seed: u64) -> Outcome<Erasure> {
    let filled = Filled::new(count, seed)?;
    let connection = filled.connect(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "secure_delete", 0)?;
    for record in &filled.doomed {
        let face = record.face.cast_signed();
        connection.execute("DELETE FROM template WHERE face = ?1", [face])?;
        connection.execute("DELETE FROM face WHERE face = ?1", [face])?;
    }
    connection.execute("DELETE FROM subject WHERE number NOT IN (SELECT subject FROM face)", [])?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    let found_while_open = filled.found(&filled.doomed);
    drop(connection);
    Ok(filled.report(found_while_open))
}

impl Filled {
    fn new(count: u64, seed: u64) -> Outcome<Self> {
        let mut filled = Self { disk: PowerCut::new(Files::new()), doomed: Vec::new(), kept: Vec::new() };
        let gallery = open(Path::new(PATH), Some(filled.disk.vfs()))?;
        gallery.create_tenant(TENANT)?;
        let faces: Vec<_> = (0..count * (KEPT + 1))
            .map(|number| {
                // Half of the ids are the store's. All are random, so that rows come to lie between others.
                let stamp = Random::stream(seed, number).next() >> 24;
                let subject = format!("subject {stamp}");
                (stamp, new_face(&Newcomer { subject, stamp, named: true, own_id: number % 2 == 0 }))
            })
            .collect();
        let mut ids = Vec::new();
        let single = faces.len() / 4;
        for batch in faces[single..].chunks(BATCH) {
            let batch: Vec<_> = batch.iter().map(|(_, face)| face.clone()).collect();
            for outcome in gallery.enroll_batch(TENANT, &batch, Duplicates::Off)? {
                ids.push(new_id(&outcome?)?);
            }
        }
        for (_, face) in &faces[..single] {
            ids.push(new_id(&gallery.enroll(TENANT, face, Duplicates::Off)?)?);
        }
        gallery.close()?;
        drop(gallery);
        let connection = filled.connect(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let in_order = faces[single..].iter().chain(&faces[..single]);
        for (number, ((stamp, new), face)) in in_order.zip(ids).enumerate() {
            let (of_face, of_subject) = rows_of(&connection, face)?;
            let record = Record { subject: new.subject.clone(), face, stamp: *stamp, of_face, of_subject };
            let doomed = (number as u64).is_multiple_of(KEPT + 1);
            if doomed { &mut filled.doomed } else { &mut filled.kept }.push(record);
        }
        drop(connection);
        Ok(filled)
    }

    /// SQLite without the store.
    fn connect(&self, flags: OpenFlags) -> Outcome<Connection> {
        Ok(Connection::open_with_flags_and_vfs(PATH, flags, self.disk.vfs())?)
    }

    fn report(&self, found_while_open: u64) -> Erasure {
        Erasure {
            deleted: self.doomed.len() as u64,
            found_while_open,
            found_when_closed: self.found(&self.doomed),
            kept: self.kept.len() as u64,
            kept_found: self.found(&self.kept),
        }
    }

    /// Of how many of `records` any piece is in any file.
    fn found(&self, records: &[Record]) -> u64 {
        let mut owners: HashMap<&[u8], usize> = HashMap::new();
        for (owner, record) in records.iter().enumerate() {
            for row in record.of_face.iter().chain(&record.of_subject) {
                for at in (0..=row.len().saturating_sub(PIECE)).step_by(STEP) {
                    owners.insert(&row[at..at + PIECE], owner);
                }
            }
        }
        let mut found: HashSet<usize> = HashSet::new();
        for bytes in self.disk.files().values() {
            found.extend(bytes.windows(PIECE).filter_map(|piece| owners.get(piece)));
        }
        found.len() as u64
    }
}

fn new_id(enrolled: &Enrolled) -> Outcome<u64> {
    match enrolled {
        Enrolled::New { face, .. } => Ok(*face),
        _ => Err("a new face was there already".into()),
    }
}

/// What the store wrote of a face, and of its subject.
fn rows_of(connection: &Connection, face: u64) -> Outcome<(Rows, Rows)> {
    Ok(connection.query_row(
        "SELECT template.sealed, face.sealed, subject.sealed, subject.lookup FROM template
         JOIN face ON face.face = template.face JOIN subject ON subject.number = template.subject
         WHERE template.face = ?1",
        [face.cast_signed()],
        |row| Ok((vec![row.get(0)?, row.get(1)?], vec![row.get(2)?, row.get(3)?])),
    )?)
}
