//! What tells one payload from another: its [`Fingerprint`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hex;

/// What tells one payload from another, for a store to keep: the SHA-256 of it as canonical JSON.
///
/// Canonical is compact, with the members of every object in one order, and without those that are null: a payload
/// stays the same when its type gets one more optional field. So it is the same in every process and every version.
///
/// It is shown as, read from and serialised as 64 digits of lower-case hex.
///
/// ```
/// use cqrs_core::Fingerprint;
///
/// let kept = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
/// let fingerprint: Fingerprint = kept.parse().unwrap();
/// assert_eq!(fingerprint.to_string(), kept);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Fingerprint([u8; 32]);

/// Text that is no [`Fingerprint`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is 64 digits of lower-case hex")]
pub struct NoFingerprint;

/// The fingerprint of a payload. A list is what its order makes it, so one that has none, a `HashSet`, is another one
/// each time; and variants of an enum that hold null alone are not told apart.
pub(crate) fn fingerprint<T: Serialize + ?Sized>(value: &T) -> Result<Fingerprint, serde_json::Error> {
    Ok(Fingerprint(Sha256::digest(canonical(value)?).into()))
}

/// Not by way of `Value`: how it keeps numbers and members depends on what other crates turn on in serde_json.
fn canonical<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    let json = serde_json::to_string(value)?;
    let mut canonical = String::with_capacity(json.len());
    Reader(&json).rewrite(&mut canonical);
    Ok(canonical)
}

/// What is left of JSON that serde_json has written, and that is therefore known to be some.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    /// Moves one value to the end of `out`, and makes it canonical.
    fn rewrite(&mut self, out: &mut String) {
        let mut separator = "";
        if self.eat('{') {
            let mut members = Vec::new();
            while self.has_item('}') {
                let name = self.token();
                self.eat(':');
                let mut value = String::new();
                self.rewrite(&mut value);
                if value != "null" {
                    members.push((name, value));
                }
            }
            members.sort();
            out.push('{');
            for (name, value) in members {
                out.extend([separator, name, ":", &value]);
                separator = ",";
            }
            out.push('}');
        } else if self.eat('[') {
            out.push('[');
            while self.has_item(']') {
                out.push_str(separator);
                self.rewrite(out);
                separator = ",";
            }
            out.push(']');
        } else {
            out.push_str(self.token());
        }
    }

    fn eat(&mut self, character: char) -> bool {
        self.0 = self.0.trim_ascii_start();
        let rest = self.0.strip_prefix(character);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// Whether there is one more before the closing bracket.
    fn has_item(&mut self, close: char) -> bool {
        self.eat(',');
        !self.eat(close) && !self.0.is_empty()
    }

    /// A string, a number or a word.
    fn token(&mut self) -> &'a str {
        let text = self.0.trim_ascii_start();
        let (quoted, mut escaped) = (text.starts_with('"'), false);
        let end = text.char_indices().skip(1).find(|(_, character)| match quoted {
            true => {
                let end = *character == '"' && !escaped;
                escaped = *character == '\\' && !escaped;
                end
            }
            false => matches!(character, ',' | ':' | ']' | '}' | ' ' | '\t' | '\r' | '\n'),
        });
        let end = end.map_or(text.len(), |(at, _)| at + usize::from(quoted));
        let (token, rest) = text.split_at(end);
        self.0 = rest;
        token
    }
}

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Self, NoFingerprint> {
        hex::read(text.as_bytes()).map(Fingerprint).ok_or(NoFingerprint)
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = NoFingerprint;

    fn try_from(text: String) -> Result<Self, NoFingerprint> {
        text.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::Serializer;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_store_finds_again_what_it_kept() {
        #[derive(Serialize)]
        struct PlaceOrder {
            lines: Vec<Option<u32>>,
            customer: &'static str,
            note: Option<String>,
            rate: f32,
            total: u128,
        }
        let order = PlaceOrder {
            lines: vec![Some(2), None],
            customer: "Ada \"\u{e9}\"",
            note: None,
            rate: 0.1,
            total: u128::from(u64::MAX) + 1,
        };
        let written =
            "{\"customer\":\"Ada \\\"\u{e9}\\\"\",\"lines\":[2,null],\"rate\":0.1,\"total\":18446744073709551616}";
        assert_eq!(canonical(&order).unwrap(), written);
        let kept = "4c615b7e7c06f89052ec985c715fd7c64e04e064d42096cb13bca059cfe1e19f";
        let found = fingerprint(&order).unwrap();
        assert_eq!(found.to_string(), kept);
        assert_eq!(format!("{found:?}"), format!("Fingerprint({kept})"));
        assert_eq!(kept.parse(), Ok(found));
        assert_eq!(serde_json::to_value(found).unwrap(), json!(kept));
        assert_eq!(serde_json::from_value::<Fingerprint>(json!(kept)).unwrap(), found);
        for wrong in ["", &kept[1..], &kept.to_uppercase(), &format!("{kept}00")] {
            assert_eq!(wrong.parse::<Fingerprint>(), Err(NoFingerprint), "{wrong}");
            assert!(serde_json::from_value::<Fingerprint>(json!(wrong)).is_err());
        }
    }

    #[test]
    fn absent_is_null_in_objects_alone() {
        let same = |one: Value, other: Value| fingerprint(&one).unwrap() == fingerprint(&other).unwrap();
        assert!(same(json!({"a": 1, "b": null}), json!({"a": 1})));
        assert!(same(json!({"a": [{"b": null}]}), json!({"a": [{}]})));
        for (one, other) in [
            (json!([1, null]), json!([1])),
            (json!([1, 2]), json!([2, 1])),
            (json!({"a": {"b": null}}), json!({})),
            (json!({"a": "null"}), json!({})),
            (json!({"a": 1}), json!({"a": "1"})),
            (json!({"a": 1}), json!({"a": 1.0})),
            (json!({"a": ""}), json!({"a": " "})),
            (json!(null), json!({})),
        ] {
            assert!(!same(one.clone(), other.clone()), "{one} and {other}");
        }
        assert!(fingerprint(&HashMap::from([((1, 2), 3)])).is_err(), "no JSON has such a name");
    }

    /// A payload whose members come in any order.
    enum Payload {
        Plain(Value),
        List(Vec<Payload>),
        Object(Vec<(String, Payload)>),
    }

    impl Serialize for Payload {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Payload::Plain(value) => value.serialize(serializer),
                Payload::List(items) => items.serialize(serializer),
                Payload::Object(members) => serializer.collect_map(members.iter().map(|(name, value)| (name, value))),
            }
        }
    }

    /// What the next payload is made of, drawn from a fixed seed.
    struct Drawn(u64);

    impl Drawn {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % end
        }

        fn payload(&mut self, depth: usize) -> Payload {
            let plain = [
                json!(null),
                json!(true),
                json!(-7),
                json!(u64::MAX),
                json!(1.5e300),
                json!(""),
                json!("null"),
                json!("a\"]},:[{ \\"),
                json!("\\\\\""),
                json!("\u{1f980}\n\u{0}"),
            ];
            match self.below(if depth == 0 { 1 } else { 3 }) {
                0 => Payload::Plain(plain[self.below(plain.len())].clone()),
                1 => Payload::List((0..self.below(4)).map(|_| self.payload(depth - 1)).collect()),
                _ => {
                    let mut members: HashMap<_, _> =
                        (0..self.below(5)).map(|_| (self.name(), self.payload(depth - 1))).collect();
                    Payload::Object(members.drain().collect())
                }
            }
        }

        fn name(&mut self) -> String {
            ["a", "aa", "b", "B", "", "n\"}", "\u{e9}"][self.below(7)].to_owned()
        }
    }

    /// The same, slowly: without the members that are null, in the order of `BTreeMap`.
    fn naive(value: Value) -> String {
        match value {
            Value::Object(members) => {
                let members = members.into_iter().filter(|(_, value)| !value.is_null());
                let mut members: Vec<_> =
                    members.map(|(name, value)| format!("{}:{}", json!(name), naive(value))).collect();
                members.sort();
                format!("{{{}}}", members.join(","))
            }
            Value::Array(items) => format!("[{}]", items.into_iter().map(naive).collect::<Vec<_>>().join(",")),
            plain => plain.to_string(),
        }
    }

    #[test]
    fn any_payload_is_what_a_slow_way_makes_of_it() {
        let mut drawn = Drawn(7);
        for _ in 0..5_000 {
            let payload = drawn.payload(4);
            let value = serde_json::to_value(&payload).unwrap();
            let indented = serde_json::to_string_pretty(&payload).unwrap();
            let mut reread = String::new();
            Reader(&indented).rewrite(&mut reread);
            let canonical = canonical(&payload).unwrap();
            assert_eq!(canonical, naive(value));
            assert_eq!(canonical, reread, "space between does not count");
        }
    }
}
