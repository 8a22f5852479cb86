//! How an output is answered, by what its type is: a status, and a body or none.

use std::fmt;
use std::marker::PhantomData;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::call::{Body, Reply};
use super::declared::HttpInfo;
use super::described::{Described, RouteAnswer};
use crate::message::Message;
use crate::message::succeeds::Probe;
use crate::result::operation_result::OperationResult;
use crate::result::problem::Problem;

/// A message with a route; implemented by its attribute.
// `Wire` is no supertrait, so that a message without serde's traits is one error and not two.
pub trait Routed: Message + Described {
    /// Whether an answer may have a `Location`.
    const LOCATED: bool = false;

    /// How its output is answered.
    fn form() -> impl Form<Self::Output>;

    /// Where to find what was made.
    fn location(_output: &Self::Output) -> Option<String> {
        None
    }
}

/// How an output of type `O` is answered.
pub trait Form<O> {
    /// What a call by name answers.
    fn to_value(&self, output: O) -> serde_json::Result<Value>;
    /// The answer; what failed, or is not there, as a problem.
    fn reply(&self, http: &HttpInfo, output: O) -> Result<Reply, NoReply>;
    /// What answers there are.
    fn describe(&self, http: &HttpInfo, generator: &mut SchemaGenerator) -> Vec<RouteAnswer>;
}

/// Why an output is answered with a problem, or cannot be answered.
pub enum NoReply {
    /// The application says no.
    Problem(Problem),
    /// What it says cannot be written.
    Json(serde_json::Error),
}

impl From<serde_json::Error> for NoReply {
    fn from(error: serde_json::Error) -> Self {
        NoReply::Json(error)
    }
}

/// `()`: a status, and no body.
pub struct OfUnit;

/// `Option<T>`: `None` is an answer of its own.
pub struct OfOption<T>(PhantomData<fn() -> T>);

/// `OperationResult<T>`: it says itself what its status is.
pub struct OfResult<T>(PhantomData<fn() -> T>);

/// Any other type: its JSON.
pub struct OfValue<T>(PhantomData<fn() -> T>);

impl Probe<()> {
    /// Of a type that is `()`.
    #[must_use]
    pub fn form() -> OfUnit {
        OfUnit
    }
}

impl<T> Probe<Option<T>> {
    /// Of a type that is an `Option`.
    #[must_use]
    pub fn form() -> OfOption<T> {
        OfOption(PhantomData)
    }
}

impl<T> Probe<OperationResult<T>> {
    /// Of a type that is an `OperationResult`.
    #[must_use]
    pub fn form() -> OfResult<T> {
        OfResult(PhantomData)
    }
}

/// The form of a type that is none of those with a form of their own.
pub trait ToForm<T> {
    /// Of any other type.
    #[must_use]
    fn form() -> OfValue<T> {
        OfValue(PhantomData)
    }
}

impl<T> ToForm<T> for Probe<T> {}

// What a `location` is made of: the value that is told, if there is one.

impl OfUnit {
    /// It is there.
    #[must_use]
    pub fn value<'o>(&self, output: &'o ()) -> Option<&'o ()> {
        Some(output)
    }
}

impl<T> OfOption<T> {
    /// Unless it is `None`.
    #[must_use]
    pub fn value<'o>(&self, output: &'o Option<T>) -> Option<&'o T> {
        output.as_ref()
    }
}

impl<T> OfResult<T> {
    /// If it succeeded, and with a value.
    #[must_use]
    pub fn value<'o>(&self, output: &'o OperationResult<T>) -> Option<&'o T> {
        output.value()
    }
}

impl<T> OfValue<T> {
    /// It is there.
    #[must_use]
    pub fn value<'o>(&self, output: &'o T) -> Option<&'o T> {
        Some(output)
    }
}

impl Form<()> for OfUnit {
    fn to_value(&self, output: ()) -> serde_json::Result<Value> {
        serde_json::to_value(output)
    }

    fn reply(&self, http: &HttpInfo, (): ()) -> Result<Reply, NoReply> {
        Ok(Reply::empty(http.status.unwrap_or(204)))
    }

    fn describe(&self, http: &HttpInfo, _: &mut SchemaGenerator) -> Vec<RouteAnswer> {
        vec![RouteAnswer { status: http.status.unwrap_or(204), schema: None }]
    }
}

impl<T: serde::Serialize + Described> Form<T> for OfValue<T> {
    fn to_value(&self, output: T) -> serde_json::Result<Value> {
        serde_json::to_value(output)
    }

    fn reply(&self, http: &HttpInfo, output: T) -> Result<Reply, NoReply> {
        Ok(Reply::json(http.status.unwrap_or(200), &output)?)
    }

    fn describe(&self, http: &HttpInfo, generator: &mut SchemaGenerator) -> Vec<RouteAnswer> {
        let schema = Some(T::schema(generator));
        vec![RouteAnswer { status: http.status.unwrap_or(200), schema }]
    }
}

impl<T: serde::Serialize + Described> Form<Option<T>> for OfOption<T> {
    fn to_value(&self, output: Option<T>) -> serde_json::Result<Value> {
        serde_json::to_value(output)
    }

    fn reply(&self, http: &HttpInfo, output: Option<T>) -> Result<Reply, NoReply> {
        match (output, http.none) {
            (None, Some(status @ 400..)) => Err(NoReply::Problem(Problem::new(status, "there is nothing here"))),
            (None, Some(status)) => Ok(Reply::empty(status)),
            (output, _) => Ok(Reply::json(http.status.unwrap_or(200), &output)?),
        }
    }

    fn describe(&self, http: &HttpInfo, generator: &mut SchemaGenerator) -> Vec<RouteAnswer> {
        let status = http.status.unwrap_or(200);
        let Some(none) = http.none else {
            return vec![RouteAnswer { status, schema: Some(nullable::<T>(generator)) }];
        };
        let found = RouteAnswer { status, schema: Some(T::schema(generator)) };
        vec![found, RouteAnswer { status: none, schema: None }]
    }
}

fn nullable<T: Described>(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [T::schema(generator), { "type": "null" }] })
}

impl<T: serde::Serialize + Described> Form<OperationResult<T>> for OfResult<T> {
    fn to_value(&self, output: OperationResult<T>) -> serde_json::Result<Value> {
        serde_json::to_value(output)
    }

    fn reply(&self, _: &HttpInfo, output: OperationResult<T>) -> Result<Reply, NoReply> {
        let status = output.status_code();
        match output.into_result() {
            Ok(Some(value)) => Ok(Reply::json(status, &value)?),
            Ok(None) => Ok(Reply::empty(status)),
            Err(problem) => Err(NoReply::Problem(problem)),
        }
    }

    fn describe(&self, _: &HttpInfo, generator: &mut SchemaGenerator) -> Vec<RouteAnswer> {
        let mut with_value = |status| RouteAnswer { status, schema: Some(T::schema(generator)) };
        let mut answers = vec![with_value(200), with_value(201), with_value(202)];
        answers.extend(OperationResult::<T>::STATUSES.iter().map(|&status| RouteAnswer { status, schema: None }));
        answers
    }
}

impl Reply {
    fn empty(status: u16) -> Self {
        Reply { status, location: None, body: Body::Empty }
    }

    fn json(status: u16, value: &impl serde::Serialize) -> serde_json::Result<Self> {
        Ok(Reply { status, location: None, body: Body::Json(serde_json::to_vec(value)?) })
    }
}

/// A form that says by itself which status an answer has.
#[diagnostic::on_unimplemented(
    message = "the output of this message says by itself which status it is answered with",
    label = "remove `status`",
    note = "an `OperationResult` has its own status, such as 201 for `OperationResult::created(..)`"
)]
pub trait TakesStatus {}
impl TakesStatus for OfUnit {}
impl<T> TakesStatus for OfOption<T> {}
impl<T> TakesStatus for OfValue<T> {}

/// A form that may be nothing.
#[diagnostic::on_unimplemented(
    message = "`none` is for an output that may be none",
    label = "the output of this message is no `Option`",
    note = "declare `output = Option<..>`, or remove `none`"
)]
pub trait MayBeNone {}
impl<T> MayBeNone for OfOption<T> {}

/// A form whose status may be 201 although none is declared.
#[diagnostic::on_unimplemented(
    message = "`location` goes with an answer of status 201",
    label = "no `status = 201`",
    note = "write `status = 201` beside it, or answer an `OperationResult`"
)]
pub trait MayBeCreated {}
impl<T> MayBeCreated for OfResult<T> {}

/// Part of an address: what may stand in a `location`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in an address: it is not `Display`",
    label = "a field that `location` names is written into an address",
    note = "implement `std::fmt::Display` for `{Self}`, or name another field of the output"
)]
pub trait Located {
    #[doc(hidden)]
    fn write_part(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

// `Display` is no supertrait, so that rustc says what is written here and not what it says of `Display`.
#[diagnostic::do_not_recommend]
impl<T: fmt::Display> Located for T {
    fn write_part(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt(f)
    }
}

/// An address: texts, and between them what stands in for the names. It is empty where one of those is nothing, `.` or
/// `..`, which no segment can be: the address would lead elsewhere, and as `%2E%2E` too.
#[must_use]
pub fn located(texts: &[&str], parts: &[&dyn Located]) -> String {
    use fmt::Write as _;

    let mut address = String::new();
    for (n, text) in texts.iter().enumerate() {
        address.push_str(text);
        if let Some(part) = parts.get(n) {
            let start = address.len();
            let written = fmt::from_fn(|f| part.write_part(f));
            // A type that reports an error while it is written has written what it could.
            let _ = write!(Segment(&mut address), "{written}");
            if matches!(&address[start..], "" | "." | "..") {
                return String::new();
            }
        }
    }
    address
}

/// Writes one segment of a path: what would end it, or stand for something else, is written as its bytes.
struct Segment<'a>(&'a mut String);

impl fmt::Write for Segment<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => self.0.push(char::from(byte)),
                _ => write!(self.0, "%{byte:02X}")?,
            }
        }
        Ok(())
    }
}

/// What the form of a message's output is asked.
pub struct FormOf;

impl FormOf {
    /// Whether a status may be declared.
    pub fn takes_a_status(_: impl TakesStatus) {}
    /// Whether it may be declared what `None` is answered with.
    pub fn may_be_none(_: impl MayBeNone) {}
    /// Whether there may be something to point to.
    pub fn may_be_created(_: impl MayBeCreated) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_an_address_stays_in_its_segment() {
        assert_eq!(located(&["/users/", ""], &[&7]), "/users/7");
        assert_eq!(
            located(&["/a/", "/b/", "/c"], &[&"x/../y", &"100% é?#"]),
            "/a/x%2F..%2Fy/b/100%25%20%C3%A9%3F%23/c"
        );
        for elsewhere in ["", ".", ".."] {
            assert_eq!(located(&["/a/", "/b"], &[&elsewhere]), "", "{elsewhere}");
        }
        assert_eq!(located(&["/a/", ""], &[&"..."]), "/a/...");
    }
}
