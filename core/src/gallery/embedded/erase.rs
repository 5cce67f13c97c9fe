//! Deletion, and the overwriting of what was deleted.

use super::change::Change;
use super::failure::failure;
use super::store::{Store, Writer};
use super::view::{View, number};
use crate::gallery::model::{Deleted, TemplateKind};
use crate::{Error, ErrorKind, Result};
use rusqlite::Connection;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Deletions in one transaction of a sweep or of a tenant's end.
const BATCH_ROWS: usize = 1000;
/// Deletions that are listed for other processes, at least; who is further behind reads everything.
const LISTED: u64 = 65_536;
/// Pause between attempts while readers hold old pages.
const PAUSE: Duration = Duration::from_millis(2);

impl Store {
    /// Overwrites what was deleted: copies the log into the main file and cuts it off, once no reader needs it.
    ///
    /// # Errors
    /// `ErasurePending` where readers of other processes hold it back for longer than the store may wait.
    pub(super) fn erase(&self) -> Result<()> {
        let writer = self.writer()?;
        writer
            .connection()
            .busy_timeout(self.options.erasure_wait.min(Duration::from_secs(1)))
            .map_err(failure)?;
        let outcome = self.cut_log(&writer);
        writer.connection().busy_timeout(self.options.busy_wait).map_err(failure)?;
        self.erasure_pending.store(outcome.is_err(), Ordering::Release);
        outcome
    }

    fn cut_log(&self, writer: &Writer<'_>) -> Result<()> {
        let begin = Instant::now();
        loop {
            let outcome: rusqlite::Result<bool> =
                writer
                    .connection()
                    .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| Ok(row.get::<_, i64>(0)? == 0));
            match outcome.map_err(failure) {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) => match error.kind() {
                    // The deletion stands; its bytes are still in the log.
                    ErrorKind::StoreBusy => {}
                    ErrorKind::StoreFull => return Err(pending()),
                    _ => return Err(self.note(error)),
                },
            }
            if begin.elapsed() >= self.options.erasure_wait {
                return Err(pending());
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Overwrites where this call deleted something, or an earlier one is not finished.
    pub(super) fn erase_after(&self, deleted: bool) -> Result<()> {
        if deleted || self.erasure_pending.load(Ordering::Acquire) { self.erase() } else { Ok(()) }
    }

    pub(super) fn delete_face(&self, tenant: &str, face: u64) -> Result<bool> {
        let deleted = self.write(tenant, |change| change.delete_face(face))?;
        self.erase_after(deleted.faces > 0)?;
        Ok(deleted.faces > 0)
    }

    pub(super) fn delete_subjects(&self, tenant: &str, subjects: &[&str]) -> Result<Deleted> {
        let deleted = self.write(tenant, |change| {
            let mut deleted = Deleted::default();
            for subject in subjects {
                if let Some(found) = change.view.find_subject(subject)? {
                    deleted.faces += change.delete_subject(found.number)?;
                    deleted.subjects += 1;
                }
            }
            change.shorten_list(deleted.faces)?;
            Ok(deleted)
        })?;
        self.erase_after(deleted != Deleted::default())?;
        Ok(deleted)
    }

    pub(super) fn retire_kind(&self, tenant: &str, kind: &TemplateKind) -> Result<u64> {
        let Some(kind) = self.kind(&*self.reader()?, kind)? else { return Ok(0) };
        let deleted = self.write(tenant, |change| {
            let faces = change.view.all(
                "SELECT face FROM template a WHERE tenant = ?1 AND kind = ?2 AND EXISTS
                 (SELECT 1 FROM template b WHERE b.tenant = a.tenant AND b.face = a.face AND b.kind <> a.kind)",
                [change.view.tenant.id, kind.id].map(u64::cast_signed),
                |row| number(row, 0).map_err(failure),
            )?;
            for &face in &faces {
                change.remove_template(kind.id, face)?;
            }
            change.shorten_list(faces.len() as u64)?;
            Ok(faces.len() as u64)
        })?;
        self.erase_after(deleted > 0)?;
        Ok(deleted)
    }

    /// Deletes what is due in every tenant.
    pub(super) fn sweep(&self, now: i64, tenants: &[String]) -> Result<Deleted> {
        let mut deleted = Deleted::default();
        for tenant in tenants {
            let due = match self.read(tenant, |view| view.due(now)) {
                // Dropped meanwhile.
                Err(error) if error.kind() == ErrorKind::GalleryNotFound => continue,
                due => due?,
            };
            for batch in due.chunks(BATCH_ROWS) {
                let part = self.write(tenant, |change| change.delete_due(batch, now))?;
                deleted.subjects += part.subjects;
                deleted.faces += part.faces;
            }
        }
        self.erase_after(deleted != Deleted::default())?;
        Ok(deleted)
    }

    /// Overwrites the keys of dropped tenants where some were just `ended`, then deletes their rows and overwrites
    /// those too. The tenants are gone whatever becomes of this.
    ///
    /// # Errors
    /// `ErasurePending`, also where the disk is full or another process is writing; `StoreFailed`, `Io`.
    pub(super) fn erase_dropped(&self, ended: bool) -> Result<()> {
        // The keys first: without them the rows are noise, however long deleting those takes.
        if ended
            && let Err(error) = self.erase()
            && error.kind() != ErrorKind::ErasurePending
        {
            return Err(error);
        }
        let deleted = self.delete_dropped().map_err(|error| match error.kind() {
            ErrorKind::StoreFull | ErrorKind::StoreBusy => {
                self.erasure_pending.store(true, Ordering::Release);
                pending()
            }
            _ => error,
        })?;
        self.erase_after(ended || deleted)
    }

    /// Deletes the rows of tenants whose keys are destroyed; false where there are no such tenants.
    pub(super) fn delete_dropped(&self) -> Result<bool> {
        let mut writer = self.writer()?;
        let dropped: Vec<i64> = writer
            .connection()
            .prepare("SELECT tenant FROM dropped")
            .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
            .map_err(failure)?;
        for &tenant in &dropped {
            while delete_rows(&mut writer, tenant).map_err(|error| self.note(error))? {
                writer.shorten_log();
            }
        }
        Ok(!dropped.is_empty())
    }
}

/// Deletes some rows of a dropped tenant; false where none are left.
fn delete_rows(writer: &mut Writer<'_>, tenant: i64) -> Result<bool> {
    let transaction = writer.begin()?;
    let mut gone = 0;
    for (table, key) in [("template", "seq"), ("face", "face"), ("subject", "number"), ("deleted", "seq")] {
        let sql = format!(
            "DELETE FROM {table} WHERE tenant = ?1 AND {key} IN (SELECT {key} FROM {table} WHERE tenant = ?1 LIMIT ?2)"
        );
        gone = transaction.execute(&sql, (tenant, BATCH_ROWS as i64)).map_err(failure)?;
        if gone > 0 {
            break;
        }
    }
    if gone == 0 {
        transaction.execute("DELETE FROM dropped WHERE tenant = ?1", [tenant]).map_err(failure)?;
    }
    transaction.commit().map_err(failure)?;
    Ok(gone > 0)
}

impl Change<'_> {
    fn delete_face(&mut self, face: u64) -> Result<Deleted> {
        let Some(found) = self.view.face(face)? else { return Ok(Deleted::default()) };
        self.remove_face(face)?;
        let subjects = u64::from(self.view.faces_of(found.owner)?.is_empty());
        if subjects == 1 {
            self.remove_subject(found.owner)?;
        }
        self.shorten_list(1)?;
        Ok(Deleted { subjects, faces: 1 })
    }

    fn delete_subject(&mut self, subject: u64) -> Result<u64> {
        let faces = self.view.faces_of(subject)?;
        for face in &faces {
            self.remove_face(face.id)?;
        }
        self.remove_subject(subject)?;
        Ok(faces.len() as u64)
    }

    fn delete_due(&mut self, due: &[Due], now: i64) -> Result<Deleted> {
        let is_due = |time: Option<i64>| time.is_some_and(|time| time <= now);
        let mut deleted = Deleted::default();
        for due in due {
            // It may have been deleted or prolonged meanwhile.
            let part = match *due {
                Due::Face(face) => match self.view.face(face)? {
                    Some(found) if is_due(found.face.expires_at) => self.delete_face(face)?,
                    _ => Deleted::default(),
                },
                Due::Subject(subject) => match self.view.subject(subject)? {
                    Some(found) if is_due(found.attributes.expires_at) => {
                        Deleted { subjects: 1, faces: self.delete_subject(subject)? }
                    }
                    _ => Deleted::default(),
                },
            };
            deleted.subjects += part.subjects;
            deleted.faces += part.faces;
        }
        self.shorten_list(deleted.faces)?;
        Ok(deleted)
    }

    /// Now and then takes the oldest entries off the list of deletions.
    fn shorten_list(&mut self, added: u64) -> Result<()> {
        let listed = &self.view.store.listed_deletions;
        if added == 0 || listed.fetch_add(added, Ordering::Relaxed) + added < LISTED {
            return Ok(());
        }
        listed.store(0, Ordering::Relaxed);
        prune(self.view.connection, LISTED)
    }
}

/// Keeps the newest `keep` entries of the list of deletions.
pub(super) fn prune(connection: &Connection, keep: u64) -> Result<()> {
    connection
        .execute(
            "UPDATE meta SET pruned = coalesce(
                (SELECT seq FROM deleted ORDER BY seq DESC LIMIT 1 OFFSET ?1), pruned)",
            [keep.cast_signed()],
        )
        .and_then(|_| connection.execute("DELETE FROM deleted WHERE seq <= (SELECT pruned FROM meta)", []))
        .map_err(failure)?;
    Ok(())
}

/// Something whose time has come.
enum Due {
    Face(u64),
    Subject(u64),
}

impl View<'_> {
    fn due(&self, now: i64) -> Result<Vec<Due>> {
        let is_due = |time: Option<i64>| time.is_some_and(|time| time <= now);
        let tenant = [self.tenant.id.cast_signed()];
        let mut due = Vec::new();
        let mut subjects = self
            .connection
            .prepare_cached("SELECT number, key, sealed FROM subject WHERE tenant = ?1")
            .map_err(failure)?;
        let mut rows = subjects.query(tenant).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            let found = self.read_subject(row)?;
            if is_due(found.subject.attributes.expires_at) {
                due.push(Due::Subject(found.number));
            }
        }
        let mut faces = self
            .connection
            .prepare_cached("SELECT face, subject, key, sealed FROM face WHERE tenant = ?1")
            .map_err(failure)?;
        let mut rows = faces.query(tenant).map_err(failure)?;
        while let Some(row) = rows.next().map_err(failure)? {
            let found = self.read_face(row)?;
            if is_due(found.face.expires_at) {
                due.push(Due::Face(found.face.id));
            }
        }
        Ok(due)
    }
}

fn pending() -> Error {
    Error::new(
        ErrorKind::ErasurePending,
        "It is deleted and no longer matched, but its bytes are still in the files: another process is reading or writing, or the disk is full. Call again.",
    )
    .retryable_later()
}

pub(super) fn no_subject() -> Error {
    Error::new(
        ErrorKind::SubjectNotFound,
        "There is no subject of this id in the gallery. Enrol a face first.",
    )
}
