//! What a request says beside its body: path, headers and query string.

use std::borrow::Cow;

use percent_encoding::percent_decode;
use serde::de;

use super::unreadable::Unreadable;
use crate::http::call::Parts;
use crate::http::declared::HttpInfo;
use crate::http::described::ParameterPlace;

/// More parameters than that are no message.
const MOST_PARAMETERS: usize = 256;

/// One parameter of a request.
pub(crate) struct Parameter<'a> {
    pub(in crate::http) name: Cow<'a, str>,
    pub(super) place: ParameterPlace,
    pub(in crate::http) value: Cow<'a, str>,
}

impl Parameter<'_> {
    pub(super) fn is_one_with(&self, other: &Self) -> bool {
        self.place == other.place && self.name == other.name
    }
}

/// What path, headers and query string say, and what of it cannot be read; or that it is too much.
pub(super) fn texts<'a>(
    http: &HttpInfo,
    parts: &Parts<'a>,
    wrong: &mut Vec<Unreadable>,
) -> Result<Vec<Parameter<'a>>, Unreadable> {
    let mut texts = Vec::new();
    for (name, value) in http.path_names().zip(parts.path) {
        let (name, value) = (Cow::Borrowed(name), Cow::Borrowed(&**value));
        texts.push(Parameter { name, place: ParameterPlace::Path, value });
    }
    for &(field, header) in http.headers {
        let lower = header.to_ascii_lowercase();
        match (parts.headers)(&lower) {
            Ok(values) => texts.extend(values.into_iter().map(|value| {
                let (name, value) = (Cow::Borrowed(field), Cow::Borrowed(value));
                Parameter { name, place: ParameterPlace::Header, value }
            })),
            Err(detail) => wrong.push(Unreadable::field(field, detail)),
        }
    }
    for pair in parts.query.split('&').filter(|pair| !pair.is_empty()) {
        match of_pair(http, pair) {
            Ok(Some(parameter)) => texts.push(parameter),
            Ok(None) => {}
            Err(unreadable) => wrong.push(unreadable),
        }
        if texts.len() + wrong.len() > MOST_PARAMETERS {
            return Err(de::Error::custom(format_args!("more than {MOST_PARAMETERS} parameters are no message")));
        }
    }
    Ok(texts)
}

/// A pair of the query string: nothing, where the message asks for none of that name.
fn of_pair<'a>(http: &HttpInfo, pair: &'a str) -> Result<Option<Parameter<'a>>, Unreadable> {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let name = decoded(name);
    // Beside a body it has a say where the message says so.
    if http.method.has_body() && !name.as_ref().is_ok_and(|name| http.query.contains(&&**name)) {
        return Ok(None);
    }
    let name = name?;
    if http.headers.iter().any(|(field, _)| *field == name) {
        return Err(Unreadable::field(&name, "it is given as a header, and not in the query string"));
    }
    let value = decoded(value).map_err(|wrong| wrong.of(&name))?;
    Ok(Some(Parameter { name, place: ParameterPlace::Query, value }))
}

/// A name or a value of a query string.
pub(super) fn decoded(text: &str) -> Result<Cow<'_, str>, Unreadable> {
    if !text.contains(['%', '+']) {
        return Ok(Cow::Borrowed(text));
    }
    let spaced = text.replace('+', " ");
    match percent_decode(spaced.as_bytes()).decode_utf8() {
        Ok(decoded) => Ok(Cow::Owned(decoded.into_owned())),
        Err(_) => Err(de::Error::custom("what is encoded in the query string is not UTF-8")),
    }
}
