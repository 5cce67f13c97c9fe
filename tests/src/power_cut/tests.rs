//! SQLite itself on a disk whose power goes.

use super::*;
use crate::random::Random;
use rusqlite::{Connection, ErrorCode, OpenFlags, params};
use std::collections::BTreeMap;

const PATH: &str = "/store.db";
const GROUPS: i64 = 4;
const ROWS: i64 = 12;
/// So many changes are made between two cuts at most; a transaction has about three.
const CHANGES: usize = 150;

fn connect(disk: &PowerCut, synchronous: &str) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = Connection::open_with_flags_and_vfs(PATH, flags, disk.vfs())?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    assert_eq!(mode, "wal");
    connection.execute_batch(
        "PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 25;
         CREATE TABLE IF NOT EXISTS row(team INTEGER, place INTEGER, round INTEGER, text TEXT, PRIMARY KEY(team, place));
         CREATE TABLE IF NOT EXISTS line(number INTEGER PRIMARY KEY, text TEXT);",
    )?;
    Ok(connection)
}

/// What was acknowledged: the last round of each team of rows, and the lines that were inserted and deleted.
#[derive(Clone, Default)]
struct Acknowledged {
    rounds: [i64; GROUPS as usize],
    lines: BTreeMap<i64, bool>,
    next_line: i64,
}

/// A text that only this row has, long enough to fill pages.
fn text(team: i64, place: i64, round: i64) -> String {
    format!("{team}.{place}.{round};").repeat(20)
}

/// Makes transactions until one fails: rows of a team that must all be of one round, and single lines.
fn work(connection: &mut Connection, known: &mut Acknowledged, random: &mut Random) -> rusqlite::Result<()> {
    for _ in 0..CHANGES {
        if random.below(3) == 0 {
            let number = known.next_line;
            known.next_line += 1;
            connection.execute("INSERT INTO line VALUES (?1, ?2)", params![number, text(9, 9, number)])?;
            known.lines.insert(number, true);
        } else if random.below(4) == 0
            && let Some(number) = known.lines.iter().find(|(_, there)| **there).map(|(&number, _)| number)
        {
            // Under way it is neither: it may be gone or not.
            known.lines.remove(&number);
            connection.execute("DELETE FROM line WHERE number = ?1", [number])?;
            known.lines.insert(number, false);
        } else if random.below(10) == 0 {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        } else {
            let team = random.below(GROUPS as usize) as i64;
            let round = known.rounds[team as usize] + 1;
            let transaction = connection.transaction()?;
            for place in 0..ROWS {
                transaction.execute(
                    "INSERT OR REPLACE INTO row VALUES (?1, ?2, ?3, ?4)",
                    params![team, place, round, text(team, place, round)],
                )?;
            }
            transaction.commit()?;
            known.rounds[team as usize] = round;
        }
    }
    Ok(())
}

/// What of the acknowledged is not there, or not whole.
fn faults(connection: &Connection, known: &mut Acknowledged) -> rusqlite::Result<Vec<String>> {
    let mut faults = Vec::new();
    let integrity: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if integrity != "ok" {
        faults.push(integrity);
    }
    for team in 0..GROUPS {
        let mut statement =
            connection.prepare("SELECT place, round, text FROM row WHERE team = ?1 ORDER BY place")?;
        let rows: Vec<(i64, i64, String)> = statement
            .query_map([team], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let round = rows.first().map_or(0, |row| row.1);
        let whole = rows.is_empty()
            || rows.len() == ROWS as usize
                && rows.iter().all(|(place, of, words)| *of == round && *words == text(team, *place, round));
        let acknowledged = known.rounds[team as usize];
        if !whole || round < acknowledged || round > acknowledged + 1 {
            faults.push(format!("team {team}: round {round}, acknowledged {acknowledged}, whole {whole}"));
        }
        known.rounds[team as usize] = round;
    }
    for (&number, &there) in &known.lines {
        let found: Vec<String> = connection
            .prepare("SELECT text FROM line WHERE number = ?1")?
            .query_map([number], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        if found.first().is_some_and(|words| *words == text(9, 9, number)) != there {
            faults.push(format!("line {number}: to be there {there}, found {}", found.len()));
        }
    }
    Ok(faults)
}

/// Cuts the power `cuts` times, each after a random number of changes, on a new disk after every `age` cuts; how
/// many cuts lost or tore something, and what.
fn losses(
    cuts: u64,
    age: u64,
    earliest: u64,
    synchronous: &str,
    prepare: impl Fn(&PowerCut),
) -> (u64, Vec<String>) {
    let new = || {
        let disk = PowerCut::new(Files::new());
        prepare(&disk);
        (disk, Acknowledged::default())
    };
    let (mut disk, mut known) = new();
    let (mut lost, mut told) = (0, Vec::new());
    for cut in 0..cuts {
        let mut random = Random::stream(7, cut);
        disk.cut_at(earliest + random.below(CHANGES) as u64, cut);
        let done = connect(&disk, synchronous)
            .and_then(|mut connection| work(&mut connection, &mut known, &mut random));
        assert!(done.is_err() && disk.left().is_some(), "the power goes while there is work");
        disk.restart();
        let found = connect(&disk, synchronous).and_then(|connection| faults(&connection, &mut known));
        let found = found.unwrap_or_else(|error| vec![error.to_string()]);
        lost += u64::from(!found.is_empty());
        // On a disk that lost something nothing more can be learnt.
        if !found.is_empty() || (cut + 1) % age == 0 {
            (disk, known) = new();
        }
        told.extend(found);
    }
    (lost, told)
}

#[test]
fn sqlite_loses_nothing_that_it_synced() {
    for age in [500, 2] {
        let (lost, told) = losses(500, age, 1, "EXTRA", |_| {});
        assert_eq!(lost, 0, "{told:?}");
    }
}

#[test]
fn sqlite_without_syncs_loses() {
    let (lost, _) = losses(100, 1, 60, "OFF", |_| {});
    assert!(lost >= 95, "only {lost} of 100 cuts lost anything");
    let (lost, _) = losses(100, 1, 60, "EXTRA", |disk| disk.ignore_syncs(true));
    assert!(lost >= 95, "only {lost} of 100 cuts lost anything");
}

/// A new file is switched to the write-ahead log in a transaction with a rollback journal. Under FULL its deletion
/// is not synced: where it comes back, it undoes the switch, and SQLite throws the log away.
#[test]
fn a_new_file_needs_more_than_full_syncs() {
    let (lost, _) = losses(100, 1, 60, "FULL", |_| {});
    assert!(lost > 10, "only {lost} of 100 new files were lost");
}

#[test]
fn a_cut_ends_every_call_and_a_restart_revives_no_connection() {
    let disk = PowerCut::new(Files::new());
    let connection = connect(&disk, "EXTRA").unwrap();
    connection.execute("INSERT INTO line VALUES (1, 'kept')", []).unwrap();
    disk.cut(1);
    assert!(connection.execute("INSERT INTO line VALUES (2, 'lost')", []).is_err());
    disk.restart();
    assert!(connection.execute("INSERT INTO line VALUES (2, 'lost')", []).is_err());
    let again = connect(&disk, "EXTRA").unwrap();
    let count: i64 = again.query_row("SELECT count(*) FROM line", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);
}

#[test]
fn connections_share_the_index_of_the_log() {
    let disk = PowerCut::new(Files::new());
    connect(&disk, "EXTRA").unwrap();
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let disk = &disk;
            scope.spawn(move || {
                let connection = connect(disk, "EXTRA").unwrap();
                connection.busy_timeout(std::time::Duration::from_secs(60)).unwrap();
                for number in 0..50 {
                    let number = 100 * thread + number;
                    connection.execute("INSERT INTO line VALUES (?1, 'x')", [number]).unwrap();
                    let seen: i64 = connection
                        .query_row("SELECT count(*) FROM line WHERE number / 100 = ?1", [thread], |row| {
                            row.get(0)
                        })
                        .unwrap();
                    assert_eq!(seen, number % 100 + 1);
                }
            });
        }
    });
    let count: i64 = connect(&disk, "EXTRA")
        .unwrap()
        .query_row("SELECT count(*) FROM line", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 150);
}

#[test]
fn a_full_disk_and_a_failed_sync_are_told() {
    let disk = PowerCut::new(Files::new());
    let connection = connect(&disk, "EXTRA").unwrap();
    let insert = |number: i64| connection.execute("INSERT INTO line VALUES (?1, 'x')", [number]);
    insert(1).unwrap();
    disk.fail(Failure::Full, 0);
    assert_eq!(insert(2).unwrap_err().sqlite_error_code(), Some(ErrorCode::DiskFull));
    assert_eq!(insert(2).unwrap_err().sqlite_error_code(), Some(ErrorCode::DiskFull));
    disk.heal();
    insert(2).unwrap();
    for failure in [Failure::Sync, Failure::Write] {
        disk.fail(failure, 0);
        assert_eq!(insert(3).unwrap_err().sqlite_error_code(), Some(ErrorCode::SystemIoFailure));
    }
    insert(3).unwrap();
}
