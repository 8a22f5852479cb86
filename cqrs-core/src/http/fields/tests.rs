use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::given::decoded;
use super::*;
use crate::http::described::ParameterPlace;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Id(i64);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sort {
    Name,
    Age,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    quantity: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Everything {
    id: Id,
    #[serde(default)]
    tags: Vec<u16>,
    sort: Option<Sort>,
    #[serde(default)]
    exact: bool,
    #[serde(default)]
    name: String,
    #[serde(default)]
    lines: Vec<Line>,
}

/// What a client is told, with the field in front.
fn told(Unreadable { field, detail, .. }: Unreadable) -> String {
    field.map_or_else(|| detail.clone(), |field| format!("{field}: {detail}"))
}

/// Parameters as they come from a query string.
fn parameters(query: &str) -> Result<Vec<Parameter<'_>>, Unreadable> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok(Parameter { name: decoded(name)?, place: ParameterPlace::Query, value: decoded(value)? })
        })
        .collect()
}

fn read(query: &str, body: Option<&str>) -> Result<Everything, String> {
    let texts = parameters(query).map_err(told)?;
    from_fields(Fields { texts: &texts, body: body.map(str::as_bytes), http: None, instead: &[], strange: None })
        .map_err(told)
}

#[test]
fn text_is_whatever_the_field_is() {
    let read = read("id=-7&tags=1&sort=age&tags=2&exact=true&name=Ada+L%C3%B8velace%26Co", None).unwrap();
    assert_eq!(
        json!(read),
        json!({"id": -7, "tags": [1, 2], "sort": "age", "exact": true, "name": "Ada Løvelace&Co", "lines": []})
    );
    let least = super::tests::read("id=1", None).unwrap();
    assert_eq!((least.sort, least.tags), (None, vec![]));
}

#[test]
fn parameters_and_a_body_are_one_message() {
    let body = r#"{"name":"Ada","lines":[{"quantity":3}]}"#;
    let read = read("id=7", Some(body)).unwrap();
    assert_eq!((read.id, read.name.as_str(), read.lines), (Id(7), "Ada", vec![Line { quantity: 3 }]));
}

#[test]
fn what_is_wrong_names_its_field() {
    for (query, body, says) in [
        ("", None, "id: it is missing"),
        ("id=x", None, "id: `x` is not a whole number of 64 bits"),
        ("id=", None, "id: `` is not a whole number of 64 bits"),
        ("id=1&id=2", None, "id: it is given more than once, and is no list"),
        ("id=1&tags=1&tags=x", None, "tags[1]: `x` is not a whole number from 0 to 65535"),
        ("id=1&sort=size", None, "sort: unknown variant `size`, expected `name` or `age`"),
        ("id=1&exact=yes", None, "exact: `yes` is not `true` or `false`"),
        ("id=1&lines=1", None, "lines[0]: "),
        (
            "id=1&page=1",
            None,
            "page: unknown field `page`, expected one of `id`, `tags`, `sort`, `exact`, `name`, `lines`",
        ),
        ("id=1&name=%ff", None, "what is encoded in the query string is not UTF-8"),
        ("id=1", Some(r#"{"id":1}"#), "id: it is given twice"),
        ("id=1", Some(r#"{"nam":"A"}"#), "nam: unknown field `nam`, expected one of"),
        (
            "id=1",
            Some(r#"{"lines":[{"quantity":1},{"quantity":256}]}"#),
            "lines[1].quantity: invalid value: integer `256`",
        ),
        ("id=1", Some(r#"{"lines":[{}]}"#), "lines[0]: missing field `quantity`"),
        ("id=1", Some(r#"{"name":"A""#), "EOF while parsing an object"),
        ("id=1", Some(r#"{"name":"A"} x"#), "trailing characters"),
        ("id=1", Some("[]"), "invalid type: sequence, expected an object with the fields of the message"),
    ] {
        let wrong = read(query, body).unwrap_err();
        assert!(wrong.contains(says), "{query} {body:?}: {wrong}");
    }
}

#[test]
fn a_body_alone_is_read_as_serde_reads_it() {
    let from = |body: &str| from_body::<Everything>(body.as_bytes()).map_err(told);
    assert_eq!(from(r#"{"id":1}"#).unwrap().id, Id(1));
    assert!(from(r#"{"id":"1"}"#).unwrap_err().starts_with("id: invalid type: string \"1\", expected i64"));
    assert!(from("{").unwrap_err().contains("EOF"));
    assert_eq!(from_body::<Vec<u8>>(b" [1]").unwrap(), [1]);
    for (body, says) in
        [("[1,x]", "expected value"), ("[1] 2", "trailing characters"), ("[1,256]", "[1]: invalid value")]
    {
        let wrong = from_body::<Vec<u8>>(body.as_bytes()).map_err(told).unwrap_err();
        assert!(wrong.contains(says), "{body}: {wrong}");
    }
}

#[test]
fn a_list_is_no_message_that_has_fields() {
    #[derive(Debug, Deserialize)]
    struct Create {
        #[allow(dead_code, reason = "it is not read")]
        name: String,
    }

    assert!(from_body::<Create>(br#"{"name":"Ada"}"#).is_ok());
    for list in [r#"["Ada"]"#, r#" ["Ada"]"#] {
        let wrong = from_body::<Create>(list.as_bytes()).map_err(told).unwrap_err();
        assert!(wrong.starts_with("invalid type: sequence, expected an object"), "{wrong}");
    }
}

#[test]
fn a_number_is_one_that_json_can_write() {
    #[derive(Debug, Deserialize)]
    struct Numbers {
        small: f32,
        large: f64,
    }

    let read = |query: &str| {
        let texts = parameters(query).unwrap();
        from_fields::<Numbers>(Fields { texts: &texts, body: None, http: None, instead: &[], strange: None })
            .map_err(told)
    };
    let numbers = read("small=1.5&large=-2e300").unwrap();
    assert_eq!((numbers.small, numbers.large), (1.5, -2e300));
    for wrong in ["NaN", "inf", "-infinity", "1e999", "", "x"] {
        assert_eq!(read(&format!("small=1&large={wrong}")).unwrap_err(), format!("large: `{wrong}` is not a number"));
    }
    assert_eq!(read("small=1e39&large=1").unwrap_err(), "small: `1e39` is not a number of 32 bits");
}

#[test]
fn a_message_without_fields_is_read_from_nothing() {
    #[derive(Debug, Deserialize)]
    struct Sweep;

    let read = |body: Option<&'static [u8]>| {
        from_fields::<Sweep>(Fields { texts: &[], body, http: None, instead: &[], strange: None })
    };
    assert!(read(None).is_ok() && read(Some(b"{}")).is_ok());
    assert!(read(Some(b"{\"a\":1}")).map_err(told).unwrap_err().contains("a"));
}

/// Decoding never panics, and what was encoded comes back.
#[test]
fn what_is_encoded_comes_back() {
    for text in ["", "a b", "ü&=+%", "%zz"] {
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        assert_eq!(decoded(&encoded).unwrap(), Cow::<str>::Owned(text.to_owned()));
    }
    assert_eq!(decoded("%zz").unwrap(), "%zz");
}

#[test]
fn a_message_that_is_no_object_is_all_of_the_body() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Sum(u8, u8);

    #[derive(Debug, PartialEq, Deserialize)]
    struct Only(u8);

    #[derive(Debug, PartialEq, Deserialize)]
    enum Order {
        Tea { cups: u8 },
        Coffee,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "is")]
    enum Drink {
        Tea { cups: u8 },
    }

    fn from<C: serde::de::DeserializeOwned>(body: &str) -> Result<C, String> {
        from_body(body.as_bytes()).map_err(told)
    }

    assert_eq!(from("[1, 2]"), Ok(Sum(1, 2)));
    assert_eq!(from("7"), Ok(Only(7)));
    assert_eq!(from("\"Coffee\""), Ok(Order::Coffee));
    assert_eq!(from(r#"{"Tea":{"cups":2}}"#), Ok(Order::Tea { cups: 2 }));
    assert_eq!(from(r#"{"is":"Tea","cups":2}"#), Ok(Drink::Tea { cups: 2 }));
    for (wrong, says) in [
        (from::<Sum>("[1]").unwrap_err(), "invalid length 1"),
        (from::<Sum>("[1,256]").unwrap_err(), "[1]: invalid value: integer `256`, expected u8"),
        (from::<Sum>("[1,2] 3").unwrap_err(), "trailing characters"),
        (from::<Sum>("{}").unwrap_err(), "invalid type: map, expected tuple struct Sum"),
        (from::<Only>("\"7\"").unwrap_err(), "invalid type: string \"7\", expected u8"),
        (from::<Order>("\"Milk\"").unwrap_err(), "unknown variant `Milk`, expected `Tea` or `Coffee`"),
        (from::<Order>(r#"{"Tea":{"cups":256}}"#).unwrap_err(), "Tea.cups: invalid value: integer `256`, expected u8"),
        (from::<Order>(r#""Coffee" 1"#).unwrap_err(), "trailing characters"),
        (from::<Drink>(r#"{"is":"Milk"}"#).unwrap_err(), "is: unknown variant `Milk`, expected `Tea`"),
    ] {
        assert!(wrong.starts_with(says), "{wrong}");
    }
    let from_nothing = from_fields::<Order>(Fields { texts: &[], body: None, http: None, instead: &[], strange: None })
        .map_err(told)
        .unwrap_err();
    assert_eq!(from_nothing, "the body is missing");
}
