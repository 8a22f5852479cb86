//! The tables of a database: the framework's by their version, the application's by its migrations.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use crate::error::OpenError;
use crate::guarded::Guarded;
use crate::options::Migration;
use crate::refused::{Refused, Whose};
use crate::schema::{APPLICATION_ID, FRAMEWORK};

/// Why a step failed: SQLite's own error, which may be a lock to wait for, or one that is final.
#[derive(Debug)]
pub(crate) enum Failed {
    Sqlite(rusqlite::Error),
    Open(OpenError),
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Failed::Sqlite(error)
    }
}

impl From<OpenError> for Failed {
    fn from(error: OpenError) -> Self {
        Failed::Open(error)
    }
}

/// Makes the framework's tables, or brings them up to date, and gives the id of the file.
pub(crate) fn framework(conn: &Guarded, path: &Path) -> Result<String, Failed> {
    // Nearly always there is nothing to do, and no lock to wait for.
    if let Found { version, id: Some(id), .. } = found(conn.own(), path)?
        && version == FRAMEWORK.len()
    {
        return Ok(id);
    }
    transaction(conn, || {
        let Found { version, is_new, id } = found(conn.own(), path)?;
        let conn = conn.own();
        for step in &FRAMEWORK[version..] {
            conn.execute_batch(step)?;
        }
        if is_new {
            // A file that had tables of the application's already stays as it is marked.
            conn.pragma_update(None, "application_id", APPLICATION_ID)?;
        }
        conn.execute("REPLACE INTO cq_meta (key, value) VALUES ('schema_version', ?)", (FRAMEWORK.len() as i64,))?;
        if let Some(id) = id {
            return Ok(id);
        }
        conn.execute("INSERT INTO cq_meta (key, value) VALUES ('created_at', unixepoch())", ())?;
        let made = "INSERT INTO cq_meta (key, value) VALUES ('source_id', lower(hex(randomblob(16)))) RETURNING value";
        Ok(conn.query_row(made, (), |row| row.get(0))?)
    })
}

/// What of the framework is in a file.
pub(crate) struct Found {
    /// The version of its tables, which is one that is known; zero for none.
    version: usize,
    /// Whether the file has no tables at all.
    is_new: bool,
    id: Option<String>,
}

/// Looks for the framework in a file, and changes nothing.
pub(crate) fn found(conn: &Connection, path: &Path) -> Result<Found, Failed> {
    let application: i32 = conn.query_row("PRAGMA application_id", (), |row| row.get(0))?;
    if application != 0 && application != APPLICATION_ID {
        return Err(OpenError::OfAnother { path: path.to_owned(), found: application }.into());
    }
    let tables = "SELECT count(*), count(*) FILTER (WHERE name = 'cq_meta') FROM sqlite_schema";
    let (all, ours): (i64, i64) = conn.query_row(tables, (), |row| Ok((row.get(0)?, row.get(1)?)))?;
    if ours == 0 {
        return Ok(Found { version: 0, is_new: all == 0, id: None });
    }
    let values = "SELECT max(value) FILTER (WHERE key = 'schema_version'), \
                  max(value) FILTER (WHERE key = 'source_id') FROM cq_meta";
    let (version, id): (i64, String) = conn.query_row(values, (), |row| Ok((row.get(0)?, row.get(1)?)))?;
    match usize::try_from(version) {
        Ok(version @ 1..) if version <= FRAMEWORK.len() => Ok(Found { version, is_new: false, id: Some(id) }),
        _ => Err(OpenError::Newer { path: path.to_owned(), found: version, known: FRAMEWORK.len() }.into()),
    }
}

/// Applies what of the application's migrations was not applied yet.
pub(crate) fn application(conn: &Guarded, path: &Path, migrations: &[Migration]) -> Result<(), Failed> {
    let mut names = HashSet::new();
    if let Some(twice) = migrations.iter().find(|migration| !names.insert(&*migration.name)) {
        return Err(OpenError::TwoMigrations { name: twice.name.to_string() }.into());
    }
    while next(conn, path, migrations)?.is_some() {
        // Set outside of a transaction, where it has an effect; the references are checked before each commit.
        conn.own().pragma_update(None, "foreign_keys", false)?;
        transaction(conn, || match next(conn, path, migrations)? {
            Some(position) => apply(conn, path, position, &migrations[position]),
            // Another process was faster.
            None => Ok(()),
        })?;
        conn.own().pragma_update(None, "foreign_keys", true)?;
    }
    Ok(())
}

/// Where the first migration stands that was not applied; all that were are as they were.
fn next(conn: &Guarded, path: &Path, migrations: &[Migration]) -> Result<Option<usize>, Failed> {
    let mut statement = conn.own().prepare("SELECT name, checksum FROM cq_migration ORDER BY position")?;
    let mut rows = statement.query(())?;
    let mut position = 0;
    while let Some(row) = rows.next()? {
        let (applied, checksum): (String, String) = (row.get(0)?, row.get(1)?);
        let path = || path.to_owned();
        match migrations.get(position) {
            Some(migration) if migration.name == applied => {
                if checksum != checksum_of(&migration.sql) {
                    return Err(OpenError::ChangedMigration { path: path(), name: applied }.into());
                }
            }
            Some(other) if migrations.iter().any(|migration| migration.name == applied) => {
                let name = other.name.to_string();
                return Err(OpenError::ReorderedMigration { path: path(), name, applied }.into());
            }
            _ => return Err(OpenError::MissingMigration { path: path(), name: applied }.into()),
        }
        position += 1;
    }
    Ok((position < migrations.len()).then_some(position))
}

fn apply(conn: &Guarded, path: &Path, position: usize, migration: &Migration) -> Result<(), Failed> {
    let (path, name) = (|| path.to_owned(), || migration.name.to_string());
    let applied = || conn.foreign(Whose::Migration, |conn| conn.execute_batch(&migration.sql));
    if let Err((source, refused)) = conn.limited(None, applied).0 {
        let (path, name) = (path(), name());
        return Err(match refused {
            Some(Refused { of_transaction: true, .. }) => OpenError::TransactionInMigration { path, name },
            Some(Refused { text: refused, .. }) => OpenError::RefusedInMigration { path, name, refused },
            None => OpenError::FailedMigration { path, name, source },
        }
        .into());
    }
    let conn = conn.own();
    let broken = "SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1";
    if let Some(table) = conn.query_row(broken, (), |row| row.get(0)).optional()? {
        return Err(OpenError::BrokenReferences { path: path(), name: name(), table }.into());
    }
    let record = "INSERT INTO cq_migration (position, name, checksum, applied_at) VALUES (?, ?, ?, unixepoch())";
    conn.execute(record, (position as i64, &*migration.name, checksum_of(&migration.sql)))?;
    Ok(())
}

/// What a text says, whatever its lines end with.
fn checksum_of(sql: &str) -> String {
    let digest = Sha256::digest(sql.replace("\r\n", "\n"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn transaction<T>(conn: &Guarded, work: impl FnOnce() -> Result<T, Failed>) -> Result<T, Failed> {
    conn.own().execute_batch("BEGIN IMMEDIATE")?;
    let result = work().and_then(|value| {
        conn.own().execute_batch("COMMIT")?;
        Ok(value)
    });
    if !conn.own().is_autocommit() {
        conn.own().execute_batch("ROLLBACK")?;
    }
    result
}
