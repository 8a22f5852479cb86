//! Rows as values of serde: [`one`] and [`all`] on any connection.
//!
//! A struct or a map is read by the names of the columns; a tuple by their order; anything else is the row's only
//! column. What a column may hold is in `column`.

#[cfg(test)]
mod tests;

use std::fmt;

use rusqlite::types::Type;
use rusqlite::{Connection, Params, Row, Rows};
use serde::de::{self, DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor};

use crate::column::Column;

/// The first row that a query finds.
///
/// # Errors
/// What SQLite says, or a [`RowError`] in a [`rusqlite::Error::FromSqlConversionFailure`].
pub(crate) fn one<T: DeserializeOwned>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
) -> rusqlite::Result<Option<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    next(&mut rows)
}

/// Every row that a query finds.
///
/// # Errors
/// As for [`one`].
pub(crate) fn all<T: DeserializeOwned>(conn: &Connection, sql: &str, params: impl Params) -> rusqlite::Result<Vec<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(value) = next(&mut rows)? {
        found.push(value);
    }
    Ok(found)
}

/// Runs a statement that finds no rows, and says how many it changed.
///
/// # Errors
/// What SQLite says.
pub(crate) fn execute(conn: &Connection, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
    conn.prepare_cached(sql)?.execute(params)
}

fn next<T: DeserializeOwned>(rows: &mut Rows<'_>) -> rusqlite::Result<Option<T>> {
    match rows.next()? {
        Some(row) => from_row(row).map(Some),
        None => Ok(None),
    }
}

/// A row as a value.
///
/// # Errors
/// A [`RowError`] in a [`rusqlite::Error::FromSqlConversionFailure`].
pub(crate) fn from_row<T: DeserializeOwned>(row: &Row<'_>) -> rusqlite::Result<T> {
    T::deserialize(RowDeserializer { row, columns: row.as_ref().column_count() })
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Null, Box::new(error)))
}

/// Why a row is not of the type that was asked for: which column, what it holds, and what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError(String);

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RowError {}

impl de::Error for RowError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        RowError(message.to_string())
    }
}

impl RowError {
    pub(crate) fn of_column(name: &str, message: impl fmt::Display) -> Self {
        RowError(format!("column `{name}`: {message}"))
    }
}

/// A row, as serde reads it.
#[derive(Clone, Copy)]
struct RowDeserializer<'a, 'row> {
    row: &'a Row<'row>,
    columns: usize,
}

impl<'a> RowDeserializer<'a, '_> {
    fn column(self, index: usize) -> Result<Column<'a>, RowError> {
        let value = self.row.get_ref(index).map_err(de::Error::custom)?;
        Ok(Column { name: self.name(index), value })
    }

    fn name(self, index: usize) -> &'a str {
        self.row.as_ref().column_name(index).unwrap_or("?")
    }

    /// The row's only column.
    fn only(self) -> Result<Column<'a>, RowError> {
        match self.columns {
            1 => self.column(0),
            _ => Err(RowError(format!(
                "a row of the columns {} was asked for one value: select one column, or read a struct or a tuple",
                self.names()
            ))),
        }
    }

    fn names(self) -> String {
        let names = (0..self.columns).map(|index| format!("`{}`", self.name(index)));
        names.collect::<Vec<_>>().join(", ")
    }

    fn by_name<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        let mut fields = Fields { row: self, next: 0, in_column: false };
        visitor.visit_map(&mut fields).map_err(|error| match fields.in_column {
            true => error,
            false => RowError(format!("{error}; the row has the columns {}", self.names())),
        })
    }

    fn by_position<'de, V: Visitor<'de>>(self, wanted: usize, visitor: V) -> Result<V::Value, RowError> {
        if wanted != self.columns {
            let names = self.names();
            return Err(RowError(format!("a tuple of {wanted} was asked for, and the row has the columns {names}")));
        }
        visitor.visit_seq(Fields { row: self, next: 0, in_column: false })
    }
}

macro_rules! only_column {
    ($($method:ident)*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
            self.only()?.$method(visitor)
        }
    )* };
}

impl<'de> de::Deserializer<'de> for RowDeserializer<'_, '_> {
    type Error = RowError;

    only_column! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32
        deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_seq deserialize_identifier
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        self.by_name(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        self.by_name(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RowError> {
        self.by_name(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, RowError> {
        self.by_position(len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, RowError> {
        self.by_position(len, visitor)
    }

    /// Nothing is a row of NULLs alone, as an outer join has it.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        for index in 0..self.columns {
            if !self.column(index)?.is_null() {
                return visitor.visit_some(self);
            }
        }
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, RowError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RowError> {
        self.only()?.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, RowError> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        visitor.visit_unit()
    }
}

/// The columns of a row, one after the other.
struct Fields<'a, 'row> {
    row: RowDeserializer<'a, 'row>,
    next: usize,
    /// Whether the last error is a column's own.
    in_column: bool,
}

impl Fields<'_, '_> {
    fn value<'de, S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, RowError> {
        let column = self.row.column(self.next)?;
        self.next += 1;
        self.in_column = true;
        let value = column.read(seed)?;
        self.in_column = false;
        Ok(value)
    }
}

impl<'de> MapAccess<'de> for &mut Fields<'_, '_> {
    type Error = RowError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, RowError> {
        if self.next == self.row.columns {
            return Ok(None);
        }
        seed.deserialize(de::value::StrDeserializer::<RowError>::new(self.row.name(self.next))).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, RowError> {
        self.value(seed)
    }
}

impl<'de> SeqAccess<'de> for Fields<'_, '_> {
    type Error = RowError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, RowError> {
        if self.next == self.row.columns {
            return Ok(None);
        }
        self.value(seed).map(Some)
    }
}
