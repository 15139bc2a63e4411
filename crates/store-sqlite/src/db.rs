//! What the log and the vault share of SQLite: opening a connection, checking that a file holds the tables this version
//! makes, and naming troubles. Not here: any table.

use std::path::Path;
use std::time::Duration;

use ledger::ports::Problem;
use rusqlite::{Connection, Error, ErrorCode, OpenFlags, ffi};

/// The oldest SQLite accepted, as `sqlite3_libversion_number` counts: before 3.51.3, two connections that write and
/// checkpoint could lose committed pages ("WAL-reset" defect, 3.7.0 to 3.51.2).
pub const MIN_SQLITE_VERSION: i32 = 3_051_003;

/// How long a connection waits for a lock that another one holds. Only recovery after a crash and foreign tools hold any.
const BUSY: Duration = Duration::from_secs(2);

/// The tables of one file.
pub(crate) struct Layout {
    /// `PRAGMA application_id`: which kind of file it is.
    pub(crate) application: i32,
    /// `PRAGMA user_version`: which version of its tables.
    pub(crate) version: i32,
    /// Name and text of each table and index, in the order of the names.
    pub(crate) tables: &'static [(&'static str, &'static str)],
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Write,
    Read,
}

/// Opens a connection: WAL, every commit synced, nothing mapped into memory (so that an I/O error stays an error), and
/// a page cache of `cache_kib`. Checkpoints are the caller's affair.
pub(crate) fn connect(path: &Path, access: Access, cache_kib: u32) -> Result<Connection, Problem> {
    let found = rusqlite::version_number();
    if found < MIN_SQLITE_VERSION {
        let version = rusqlite::version();
        return Err(Problem::Failed(format!("SQLite {version} may lose commits; 3.51.3 or newer is needed")));
    }
    let flags = match access {
        Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let connection = connection.map_err(problem)?;
    connection.busy_timeout(BUSY).map_err(problem)?;
    connection
        .execute_batch(&format!(
            "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;
             PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{cache_kib};"
        ))
        .map_err(problem)?;
    if access == Access::Write {
        // FULL syncs the WAL at each commit; the two fullfsync settings matter on macOS, where a plain fsync stops at
        // the drive's cache.
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
                 PRAGMA checkpoint_fullfsync = ON; PRAGMA wal_autocheckpoint = 0;",
            )
            .map_err(problem)?;
        let mode: String = pragma(&connection, "journal_mode")?;
        if mode != "wal" {
            return Err(Problem::Failed(format!(
                "SQLite cannot use a write-ahead log here (journal mode {mode}); use a local disk"
            )));
        }
    }
    Ok(connection)
}

/// Makes the tables in an empty file, in one transaction with `fill`.
pub(crate) fn create_if_new(
    connection: &Connection,
    layout: &Layout,
    fill: impl FnOnce(&Connection) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let (application, version) = identity(connection)?;
    if application != 0 || version != 0 || tables(connection)? != 0 {
        return Ok(());
    }
    let transaction = connection.unchecked_transaction().map_err(problem)?;
    for (_, sql) in layout.tables {
        transaction.execute_batch(sql).map_err(problem)?;
    }
    transaction.pragma_update(None, "application_id", layout.application).map_err(problem)?;
    transaction.pragma_update(None, "user_version", layout.version).map_err(problem)?;
    fill(&transaction)?;
    transaction.commit().map_err(problem)
}

/// Checks that the file holds exactly the tables of the layout, word for word: an altered definition would let bytes be
/// read as what they are not.
pub(crate) fn check(connection: &Connection, layout: &Layout) -> Result<(), Problem> {
    let (application, version) = identity(connection)?;
    if application != layout.application {
        return Err(Problem::Damaged("it is not marked as a file of this kind".into()));
    }
    if version != layout.version {
        return Err(Problem::Damaged(format!(
            "it is marked as format {version}, which this program does not know: it is altered, or a newer program's"
        )));
    }
    let sql = "SELECT name, sql FROM sqlite_schema ORDER BY name";
    let mut statement = connection.prepare(sql).map_err(problem)?;
    let mut rows = statement.query([]).map_err(problem)?;
    let mut expected = layout.tables.iter();
    while let Some(row) = rows.next().map_err(problem)? {
        let (name, sql): (String, String) = (row.get(0).map_err(problem)?, row.get(1).map_err(problem)?);
        if expected.next() != Some(&(name.as_str(), sql.as_str())) {
            return Err(Problem::Damaged(format!("its table {name:?} is not as this program made it")));
        }
    }
    match expected.next() {
        None => Ok(()),
        Some((name, _)) => Err(Problem::Damaged(format!("its table {name:?} is missing"))),
    }
}

fn identity(connection: &Connection) -> Result<(i32, i32), Problem> {
    Ok((pragma(connection, "application_id")?, pragma(connection, "user_version")?))
}

fn tables(connection: &Connection) -> Result<i64, Problem> {
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(problem)
}

fn pragma<T: rusqlite::types::FromSql>(connection: &Connection, name: &str) -> Result<T, Problem> {
    connection.pragma_query_value(None, name, |row| row.get(0)).map_err(problem)
}

/// What a trouble of SQLite means for the caller.
#[expect(clippy::needless_pass_by_value, reason = "reads as `map_err(problem)`")]
pub(crate) fn problem(error: Error) -> Problem {
    let text = error.to_string();
    match &error {
        Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DiskFull => Problem::Full(text),
            ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            // A row where none may stand, or of a type its column does not take: not what this program writes.
            | ErrorCode::ConstraintViolation
            | ErrorCode::TypeMismatch => Problem::Damaged(text),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Problem::InUse(text),
            _ => match failure.extended_code {
                // Bytes that the file should have and has not, or that the file system says are wrong.
                ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_DATA | ffi::SQLITE_IOERR_CORRUPTFS => {
                    Problem::Damaged(text)
                }
                code => Problem::Failed(format!("{text} (SQLite code {code})")),
            },
        },
        // Our statements are fixed and fit our tables, so what does not fit is the file.
        Error::SqlInputError { .. }
        | Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::Utf8Error(..)
        | Error::InvalidColumnType(..)
        | Error::InvalidColumnIndex(..)
        | Error::QueryReturnedNoRows => Problem::Damaged(text),
        _ => Problem::Failed(text),
    }
}
