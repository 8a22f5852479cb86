//! How values of the core stand in columns.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cqrs_core::store::Position;
use cqrs_core::{Context, Fault, MessageId};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use uuid::Uuid;

/// An id, as its sixteen bytes.
pub(super) struct Id(pub(super) MessageId);

impl ToSql for Id {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.as_bytes())))
    }
}

impl FromSql for Id {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let bytes: [u8; 16] = value.as_blob()?.try_into().map_err(|_| FromSqlError::InvalidType)?;
        Ok(Id(Uuid::from_bytes(bytes).into()))
    }
}

/// A time, as microseconds since 1970, negative before. What is too far from that is the nearest that can be told.
pub(super) struct Time(pub(super) SystemTime);

impl ToSql for Time {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(match self.0.duration_since(UNIX_EPOCH) {
            Ok(since) => micros(since),
            Err(before) => -micros(before.duration()),
        }))
    }
}

impl FromSql for Time {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let since = value.as_i64()?;
        let span = Duration::from_micros(since.unsigned_abs());
        let time = if since < 0 { UNIX_EPOCH.checked_sub(span) } else { UNIX_EPOCH.checked_add(span) };
        Ok(Time(time.unwrap_or(UNIX_EPOCH)))
    }
}

/// A position, as the number of its row.
pub(super) struct Row(pub(super) Position);

impl ToSql for Row {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let (.., row) = self.0.parts();
        Ok(ToSqlOutput::from(i64::try_from(row).unwrap_or(i64::MAX)))
    }
}

impl FromSql for Row {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let row = u64::try_from(value.as_i64()?).map_err(|_| FromSqlError::OutOfRange(0))?;
        Ok(Row(Position::at(row)))
    }
}

/// A number that counts something.
pub(super) struct Count(pub(super) u64);

impl ToSql for Count {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(i64::try_from(self.0).unwrap_or(i64::MAX)))
    }
}

impl FromSql for Count {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        u64::try_from(number).map(Count).map_err(|_| FromSqlError::OutOfRange(number))
    }
}

/// A call, as JSON.
pub(super) struct Call(pub(super) Context);

impl FromSql for Call {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Call).map_err(|error| FromSqlError::Other(error.into()))
    }
}

/// JSON that is text for SQLite, which keeps its text as UTF-8.
pub(super) fn text(json: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(json).map_err(|error| Fault::internal("a payload is no JSON").caused_by(error))
}

/// A span of time, as microseconds.
pub(super) fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// What was written then or earlier is not kept any more by something that is kept so long.
pub(super) fn kept_since(now: SystemTime, keep: Duration) -> SystemTime {
    let longest = || UNIX_EPOCH.checked_sub(Duration::from_micros(i64::MAX.unsigned_abs()));
    now.checked_sub(keep).or_else(longest).unwrap_or(UNIX_EPOCH)
}
