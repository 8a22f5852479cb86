//! What rows are read as, and what errors say.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rusqlite::{Connection, Params};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{all, execute, one};
use crate::faults::fault_of;

fn read<T: DeserializeOwned>(sql: &str, params: impl Params) -> T {
    one(&Connection::open_in_memory().unwrap(), sql, params).unwrap().unwrap()
}

#[track_caller]
fn told<T: DeserializeOwned + std::fmt::Debug>(sql: &str) -> String {
    let error = one::<T>(&Connection::open_in_memory().unwrap(), sql, ()).unwrap_err();
    let fault = fault_of(error, "reading");
    fault.detail().strip_prefix("reading: ").unwrap().to_owned()
}

#[derive(Deserialize, Debug, PartialEq)]
struct User {
    id: Id,
    name: String,
    email: Option<String>,
    role: Role,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Id(i64);

#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Role {
    Reader,
    ChiefEditor,
    Guest { until: u16 },
}

#[test]
fn a_struct_is_read_by_the_names_of_columns() {
    let user: User = read("SELECT 'chief-editor' AS role, NULL AS email, 'Ada' AS name, 7 AS id, 1 AS unknown", ());
    assert_eq!(user, User { id: Id(7), name: "Ada".into(), email: None, role: Role::ChiefEditor });
}

#[test]
fn a_struct_within_a_struct_is_flattened_or_json() {
    #[derive(Deserialize, Debug, PartialEq)]
    struct Order {
        #[serde(flatten)]
        total: Total,
        to: Address,
        lines: Vec<(String, u32)>,
        role: Role,
    }
    #[derive(Deserialize, Debug, PartialEq)]
    struct Total {
        amount: i64,
        currency: String,
    }
    #[derive(Deserialize, Debug, PartialEq)]
    struct Address {
        city: String,
    }
    let order: Order = read(
        r#"SELECT 5 AS amount, 'EUR' AS currency, '{"city":"Bern"}' AS "to", '[["tea",2]]' AS lines,
                  '{"guest":{"until":9}}' AS role"#,
        (),
    );
    let total = Total { amount: 5, currency: "EUR".into() };
    let to = Address { city: "Bern".into() };
    assert_eq!(order, Order { total, to, lines: vec![("tea".into(), 2)], role: Role::Guest { until: 9 } });
}

#[test]
fn a_tuple_is_read_by_position_and_anything_else_is_the_only_column() {
    #[derive(Deserialize, Debug, PartialEq)]
    struct Pair(i64, String);
    assert_eq!(read::<(i64, String, Option<f64>)>("SELECT 1, 'a', NULL", ()), (1, "a".into(), None));
    assert_eq!(read::<Pair>("SELECT 1, 'a'", ()), Pair(1, "a".into()));
    assert_eq!(read::<(i64,)>("SELECT 1", ()), (1,));
    assert_eq!(read::<Id>("SELECT 1", ()), Id(1));
    assert_eq!(read::<char>("SELECT 'a'", ()), 'a');
    assert_eq!(read::<Role>("SELECT 'reader'", ()), Role::Reader);
    assert!(read::<bool>("SELECT 1", ()) && !read::<bool>("SELECT 0", ()));
    read::<()>("SELECT 1, 2", ());
}

#[test]
fn a_map_is_read_by_the_names_of_columns() {
    let row: BTreeMap<String, serde_json::Value> = read("SELECT 1 AS a, 2.5 AS b, 'c' AS c, NULL AS d", ());
    let json = serde_json::json!({"a": 1, "b": 2.5, "c": "c", "d": null});
    assert_eq!(serde_json::to_value(row).unwrap(), json);
    assert_eq!(read::<serde_json::Value>("SELECT 1 AS a, 2.5 AS b, 'c' AS c, NULL AS d", ()), json);
}

#[test]
fn nothing_is_null_or_a_row_of_nulls() {
    assert_eq!(read::<Option<i64>>("SELECT NULL", ()), None);
    assert_eq!(read::<Option<i64>>("SELECT 1", ()), Some(1));
    assert_eq!(read::<Option<(i64, i64)>>("SELECT NULL, NULL", ()), None);
    assert_eq!(read::<Option<(i64, Option<i64>)>>("SELECT 1, NULL", ()), Some((1, None)));
    assert_eq!(read::<Option<User>>("SELECT NULL AS id, NULL AS name, NULL AS email, NULL AS role", ()), None);
}

#[test]
fn an_id_is_read_from_text_or_from_bytes() {
    let id = Uuid::from_u128(0x0123_4567_89ab_cdef);
    assert_eq!(read::<Uuid>("SELECT ?", (id.to_string(),)), id);
    assert_eq!(read::<Uuid>("SELECT ?", (id.as_bytes().to_vec(),)), id);
}

#[test]
fn rows_are_none_one_or_many() {
    let conn = Connection::open_in_memory().unwrap();
    execute(&conn, "CREATE TABLE t (id INTEGER PRIMARY KEY) STRICT", ()).unwrap();
    assert_eq!(one::<i64>(&conn, "SELECT id FROM t", ()).unwrap(), None);
    assert_eq!(execute(&conn, "INSERT INTO t (id) VALUES (?), (?)", (1, 2)).unwrap(), 2);
    assert_eq!(one::<i64>(&conn, "SELECT id FROM t ORDER BY id", ()).unwrap(), Some(1));
    assert_eq!(all::<i64>(&conn, "SELECT id FROM t WHERE id > ? ORDER BY id", (0,)).unwrap(), [1, 2]);
    assert!(all::<i64>(&conn, "SELECT id FROM t WHERE id > ?", (2,)).unwrap().is_empty());
}

#[test]
fn an_error_says_the_column_what_it_holds_and_what_was_asked_for() {
    assert_eq!(
        told::<User>("SELECT NULL AS name, 1 AS id, 'reader' AS role"),
        "column `name`: it holds NULL, and text was asked for; an `Option` takes NULL"
    );
    assert_eq!(told::<User>("SELECT 'x' AS id"), "column `id`: it holds the text \"x\", and an `i64` was asked for");
    assert_eq!(
        told::<User>("SELECT 'Ada' AS name, 1 AS id"),
        "missing field `role`; the row has the columns `name`, `id`"
    );
    assert_eq!(
        told::<(i64, i64)>("SELECT 1 AS a, 2 AS b, 3 AS c"),
        "a tuple of 2 was asked for, and the row has the columns `a`, `b`, `c`"
    );
    assert_eq!(
        told::<i64>("SELECT 1 AS a, 2 AS b"),
        "a row of the columns `a`, `b` was asked for one value: select one column, or read a struct or a tuple"
    );
    assert_eq!(told::<u8>("SELECT 300 AS age"), "column `age`: invalid value: integer `300`, expected u8");
    assert_eq!(told::<u64>("SELECT -1 AS age"), "column `age`: invalid value: integer `-1`, expected u64");
    assert_eq!(told::<i32>("SELECT 1.5 AS age"), "column `age`: it holds the real 1.5, and an `i32` was asked for");
    assert_eq!(
        told::<bool>("SELECT 2 AS done"),
        "column `done`: it holds the integer 2, and a `bool`, 0 or 1, was asked for"
    );
    assert_eq!(
        told::<String>("SELECT x'0102' AS name"),
        "column `name`: it holds a blob of 2 bytes, and text was asked for"
    );
    assert_eq!(
        told::<Role>("SELECT 'king' AS role"),
        "column `role`: unknown variant `king`, expected one of `reader`, `chief-editor`, `guest`"
    );
    assert_eq!(
        told::<(Vec<u8>,)>("SELECT '[1, 2' AS list"),
        "column `list`: it holds the text \"[1, 2\", which is not the JSON of a list: EOF while parsing a list at \
         line 1 column 5"
    );
    assert!(told::<String>("SELECT CAST(x'ff' AS TEXT) AS name").ends_with("and text of UTF-8 was asked for"));
    let long = told::<i64>("SELECT printf('%.60c', 'ä') AS name");
    assert_eq!(long, format!("column `name`: it holds the text \"{}\".., and an `i64` was asked for", "ä".repeat(40)));
}

#[test]
fn json_with_something_behind_it_is_refused() {
    assert!(told::<(Vec<u8>,)>("SELECT '[1] 2' AS list").contains("trailing characters"));
}

proptest! {
    #[test]
    fn what_is_stored_is_read_back(
        integer: i64, small: i32, real in any::<f64>().prop_filter("NaN is NULL", |real| !real.is_nan()),
        text: String, blob: Vec<u8>, truth: bool, maybe: Option<i64>, long: u32,
    ) {
        let row: (i64, i32, f64, String, Vec<u8>, bool, Option<i64>, u32) = read(
            "SELECT ?, ?, ?, ?, ?, ?, ?, ?",
            (integer, small, real, text.clone(), blob.clone(), truth, maybe, long),
        );
        prop_assert_eq!(row, (integer, small, real, text, blob, truth, maybe, long));
    }

    #[test]
    fn an_integer_is_read_where_it_fits_and_refused_where_not(integer: i64) {
        let conn = Connection::open_in_memory().unwrap();
        macro_rules! check {
            ($($t:ty)*) => { $(
                let read = one::<$t>(&conn, "SELECT ?", (integer,));
                match <$t>::try_from(integer) {
                    Ok(fits) => prop_assert_eq!(read.unwrap(), Some(fits)),
                    Err(_) => prop_assert!(read.is_err()),
                }
            )* };
        }
        check!(i8 i16 i32 i64 i128 u8 u16 u32 u64 u128);
    }

    #[test]
    fn no_value_in_any_type_panics(text: String, integer: i64, real: f64, blob: Vec<u8>) {
        let conn = Connection::open_in_memory().unwrap();
        macro_rules! check {
            ($($t:ty),*) => { $(
                drop(one::<$t>(&conn, "SELECT ?", (&text,)));
                drop(one::<$t>(&conn, "SELECT ?", (integer,)));
                drop(one::<$t>(&conn, "SELECT ?", (real,)));
                drop(one::<$t>(&conn, "SELECT ?", (&blob,)));
                drop(one::<$t>(&conn, "SELECT NULL", ()));
            )* };
        }
        check!(i64, u8, f64, String, Vec<u8>, bool, char, Role, User, (Vec<u8>,), (User,), Uuid, Option<bool>);
    }
}
