//! Paths as `http(..)` writes them: `/users/{user_id}`.

use proc_macro2::{Ident, Span};
use syn::LitStr;

use crate::errors::Errors;

/// A path: texts, and between them names.
pub(crate) struct Template {
    pub(crate) literal: LitStr,
    pub(crate) span: Span,
    /// One more than names.
    pub(crate) texts: Vec<String>,
    pub(crate) names: Vec<(String, Span)>,
}

/// The path of a route: a name is a segment.
pub(crate) fn path(literal: &LitStr, errors: &mut Errors) -> Option<Template> {
    template(literal, is_name, "`/users/{user_id}`", errors)
}

/// Where to find what was made. `{}` is the output itself, and `{0}` its first field.
pub(crate) fn location(literal: &LitStr, errors: &mut Errors) -> Option<Template> {
    let known = |name: &str| {
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit()) && name.parse::<u32>().is_ok();
        name.is_empty() || is_number || syn::parse_str::<Ident>(&format!("r#{name}")).is_ok()
    };
    template(literal, known, "`/users/{id}`", errors)
}

fn template(literal: &LitStr, known: impl Fn(&str) -> bool, such: &str, errors: &mut Errors) -> Option<Template> {
    let text = literal.value();
    let mut wrong = |what: String| {
        errors.at(literal, what);
        None
    };
    if !text.starts_with('/') {
        return wrong(format!("a path begins with `/`, such as {such}"));
    }
    if text.len() > 1 && text.ends_with('/') {
        return wrong("this path ends with `/`, so that it is another one than without: remove it".to_owned());
    }
    if text.contains("//") {
        return wrong("this path has an empty segment: `//`".to_owned());
    }
    if let Some(letter) = text.chars().find(|&letter| !letter.is_ascii_graphic() || "?#%\\\"<>^`|:*".contains(letter)) {
        return wrong(format!("a path has no `{letter}` in it: it is segments, such as {such}"));
    }
    let (mut texts, mut names) = (vec![String::new()], Vec::new());
    for segment in text.split('/').skip(1) {
        if let Some(last) = texts.last_mut() {
            last.push('/');
        }
        match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) if known(name) => {
                names.push((name.to_owned(), literal.span()));
                texts.push(String::new());
            }
            None if !segment.contains(['{', '}']) => {
                if let Some(last) = texts.last_mut() {
                    last.push_str(segment);
                }
            }
            _ => return wrong(format!("a name stands alone in its segment, and is a field's: {such}")),
        }
    }
    Some(Template { literal: literal.clone(), span: literal.span(), texts, names })
}

/// A field's name, as Rust or JSON has it.
fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '-')
}

/// The name of a header.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
