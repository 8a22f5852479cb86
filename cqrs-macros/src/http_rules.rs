//! What `http(..)` has to be, by itself and beside the message it is declared on.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::{Attribute, Fields, Item, Token, Type, parenthesized};

use crate::errors::Errors;
use crate::http::Http;
use crate::http_alias;
use crate::list;
use crate::options::Macro;

/// What can be told of the option alone.
pub(crate) fn check(http: &Http, of: Macro, errors: &mut Errors) {
    check_method(http, of, errors);
    check_sources(http, errors);
}

/// Which requests a message of this kind may come with.
fn check_method(http: &Http, of: Macro, errors: &mut Errors) {
    let Some(method) = &http.method else { return };
    if of == Macro::Command && method == "get" {
        errors.at(
            method,
            "a command changes something, and whoever is on the way may send a `get` once more: use `post`, `put`, \
             `patch` or `delete`",
        );
    }
    if of == Macro::Query && method != "get" && method != "post" {
        errors.at(
            method,
            format!("a query changes nothing: use `get`, or `post` where it needs a body, and not `{method}`"),
        );
    }
    if let (false, Some(field)) = (http.has_body(), http.query.first()) {
        errors.at(
            field,
            format!("with `{method}` every field comes from the query string, if not from elsewhere: remove `query`"),
        );
    }
}

/// A field comes from one place.
fn check_sources(http: &Http, errors: &mut Errors) {
    let mut seen: Vec<(String, &str)> = Vec::new();
    let paths = http.path.iter().flat_map(|path| &path.names);
    let paths = paths.map(|(name, span)| (name.clone(), *span, "the path"));
    let headers = http.headers.iter().map(|(field, _)| (field.unraw().to_string(), field.span(), "a header"));
    let queries = http.query.iter().map(|field| (field.unraw().to_string(), field.span(), "the query string"));
    for (name, span, from) in paths.chain(headers).chain(queries) {
        match seen.iter().find(|(known, _)| *known == name) {
            Some((_, first)) if *first == from => errors.at_span(span, format!("`{name}` is named twice")),
            Some((_, first)) => errors.at_span(
                span,
                format!("`{name}` comes from {first} already: a field has one place that it comes from"),
            ),
            None => seen.push((name, from)),
        }
    }
}

/// What can be told beside the item and its output.
pub(crate) fn check_against(http: &Http, item: &Item, output: Option<&Type>, errors: &mut Errors) {
    check_fields(http, item, errors);
    http_alias::check(&named(http), item, errors);
    let is_unit = output.is_none_or(|output| matches!(output, Type::Tuple(tuple) if tuple.elems.is_empty()));
    match http.status {
        Some((span, status @ (204 | 205))) if !is_unit => errors.at_span(
            span,
            format!("an answer of status {status} has no body, and this message has an output: write another status"),
        ),
        Some((_, status)) if status != 201 && status != 202 => {
            if let Some(location) = &http.location {
                errors
                    .at_span(location.span, "`location` goes with `status = 201`: it says where to find what was made");
            }
        }
        _ => {}
    }
    match &http.location {
        Some(location) if is_unit && !location.names.is_empty() => errors.at_span(
            location.span,
            "`location` names fields of the output, and this message has none: declare `output = ..`",
        ),
        _ => {}
    }
}

/// Whether the fields that are named are there.
fn check_fields(http: &Http, item: &Item, errors: &mut Errors) {
    let (fields, attributes) = match item {
        Item::Struct(item) => (Some(&item.fields), &item.attrs),
        Item::Enum(item) => (None, &item.attrs),
        _ => return,
    };
    let named = named(http);
    match fields {
        Some(Fields::Named(_) | Fields::Unit) => {}
        _ if http.has_body() && named.is_empty() => return,
        _ => {
            let span = named.first().map(|(_, span)| *span).or(http.method.as_ref().map(|method| method.span()));
            errors.at_span(
                span.unwrap_or(http.key.span()),
                "what comes from path, query string or headers has a name: make the message a struct with named fields",
            );
            return;
        }
    }
    // What serde calls a field is known when the bus is verified.
    if attributes.iter().chain(fields.into_iter().flatten().flat_map(|field| &field.attrs)).any(renames) {
        return;
    }
    let known: Vec<String> =
        fields.into_iter().flatten().filter_map(|field| Some(field.ident.as_ref()?.unraw().to_string())).collect();
    for (name, span) in named {
        if known.contains(&name) {
            continue;
        }
        let meant = list::nearest(&name, known.iter().map(String::as_str));
        let cure =
            meant.map_or_else(|| "add one, or name another".to_owned(), |meant| format!("did you mean `{meant}`?"));
        errors.at_span(span, format!("the message has no field `{name}`: {cure}"));
    }
}

/// Every field that is named, with its place.
fn named(http: &Http) -> Vec<(String, Span)> {
    let headers = http.headers.iter().map(|(field, _)| field);
    let fields = headers.chain(&http.query).map(|field| (field.unraw().to_string(), field.span()));
    http.path.iter().flat_map(|path| &path.names).cloned().chain(fields).collect()
}

/// Whether what serde makes of a field's name may not be the name.
fn renames(attribute: &Attribute) -> bool {
    // What it comes to is not known yet.
    if attribute.path().is_ident("cfg_attr") {
        return true;
    }
    if !attribute.path().is_ident("serde") {
        return false;
    }
    let mut renames = false;
    let read = attribute.parse_nested_meta(|meta| {
        renames |= ["rename", "rename_all", "flatten", "alias", "transparent", "from", "try_from"]
            .iter()
            .any(|word| meta.path.is_ident(word));
        if meta.input.peek(Token![=]) {
            meta.value()?.parse::<syn::Expr>()?;
        } else if meta.input.peek(syn::token::Paren) {
            let inside;
            parenthesized!(inside in meta.input);
            inside.parse::<TokenStream>()?;
        }
        Ok(())
    });
    // What serde cannot read either, serde says.
    read.is_err() || renames
}
