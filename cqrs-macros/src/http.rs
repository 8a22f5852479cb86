//! `http(post = "/users", status = 201, location = "/users/{id}")`.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Item, LitInt, LitStr, Token, Type, parenthesized};

use crate::errors::Errors;
use crate::expand::at;
use crate::http_path::{self, Template};
use crate::http_rules;
use crate::list::{self, Form, Keys};
use crate::options::Macro;

/// The option as it was declared.
pub(crate) struct Http {
    pub(crate) key: Ident,
    pub(crate) method: Option<Ident>,
    pub(crate) path: Option<Template>,
    pub(crate) status: Option<(Span, u16)>,
    pub(crate) none: Option<(Span, u16)>,
    pub(crate) location: Option<Template>,
    /// Fields that come from headers, with the header's name.
    pub(crate) headers: Vec<(Ident, LitStr)>,
    /// Fields that come from the query string although there is a body.
    pub(crate) query: Vec<Ident>,
    /// Something in it is wrong, and is told: rustc has nothing to add.
    is_wrong: bool,
}

/// What may stand in it.
pub(crate) const FORMS: &[Form] = &[
    ("get", &["get = \"/users/{user_id}\""]),
    ("post", &["post = \"/users\""]),
    ("put", &["put = \"/users/{user_id}\""]),
    ("patch", &["patch = \"/users/{user_id}\""]),
    ("delete", &["delete = \"/users/{user_id}\""]),
    ("status", &["status = 201"]),
    ("location", &["location = \"/users/{id}\""]),
    ("none", &["none = 404"]),
    ("headers", &["headers(version = \"If-Match\")"]),
    ("query", &["query(dry_run)"]),
];

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Reads what follows `http`.
pub(crate) fn read(of: Macro, key: Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Http> {
    let list;
    parenthesized!(list in input);
    let before = errors.count();
    let mut keys = Keys::of("http", FORMS.iter().copied());
    let (mut method, mut path, mut location): (Option<Ident>, _, _) = (None, None, None);
    let (mut status, mut none, mut headers, mut query) = (None, None, Vec::new(), Vec::new());
    list::each(&list, errors, |list, errors| {
        let key = keys.next(list)?;
        let Some(name) = keys.known(&key, list, errors)? else { return Ok(()) };
        match name {
            "status" => status = number(list, errors, 200..=299, "the status of a success is from 200 to 299")?,
            "none" => none = number(list, errors, [204, 404, 410], "`None` is answered with 404, 410 or 204")?,
            "location" => location = http_path::location(&text(list, "location = \"/users/{id}\"")?, errors),
            "headers" => headers = fields_of_headers(&key, list, errors)?,
            "query" => query = fields_of_query(&key, list, errors)?,
            word => {
                if let Some(first) = &method {
                    errors.at(&key, format!("a message has one route, and `{first}` says it: remove `{word}`"));
                }
                // A misspelt one is the one that was meant.
                method = Some(Ident::new(word, key.span()));
                path = http_path::path(&text(list, &format!("{word} = \"/users\""))?, errors);
            }
        }
        list::comma(list, name)
    })?;
    if !METHODS.iter().any(|method| keys.has(method)) {
        let path = if of == Macro::Query { "get = \"/users/{user_id}\"" } else { "post = \"/users\"" };
        errors.at(&key, format!("`http` says which requests the message comes with: `http({path})`"));
    }
    let mut http = Http { key, method, path, status, none, location, headers, query, is_wrong: false };
    http_rules::check(&http, of, errors);
    http.is_wrong = errors.count() > before;
    Ok(http)
}

/// A path.
fn text(list: ParseStream<'_>, written: &str) -> syn::Result<LitStr> {
    match list.peek(LitStr) {
        true => list.parse(),
        false => Err(list.error(format!("a path is a string: `{written}`"))),
    }
}

/// A status.
fn number(
    list: ParseStream<'_>,
    errors: &mut Errors,
    allowed: impl IntoIterator<Item = u16>,
    wrong: &str,
) -> syn::Result<Option<(Span, u16)>> {
    if !list.peek(LitInt) {
        return Err(list.error(wrong));
    }
    let literal: LitInt = list.parse()?;
    match literal.base10_parse() {
        Ok(number) if literal.suffix().is_empty() && allowed.into_iter().any(|known| known == number) => {
            Ok(Some((literal.span(), number)))
        }
        _ => {
            errors.at(&literal, wrong);
            Ok(None)
        }
    }
}

/// `(version = "If-Match", ..)`.
fn fields_of_headers(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Vec<(Ident, LitStr)>> {
    let list;
    parenthesized!(list in input);
    if list.is_empty() {
        errors.at(key, "`headers` names fields, and where they come from: `headers(version = \"If-Match\")`");
    }
    let mut fields: Vec<(Ident, LitStr)> = Vec::new();
    list::each(&list, errors, |list, errors| {
        let written = "a field and its header are written `version = \"If-Match\"`";
        if !list.peek(Ident::peek_any) || !list.peek2(Token![=]) {
            return Err(list.error(written));
        }
        let field = list.call(Ident::parse_any)?;
        list.parse::<Token![=]>()?;
        if !list.peek(LitStr) {
            return Err(list.error(written));
        }
        let header: LitStr = list.parse()?;
        if !http_path::is_token(&header.value()) {
            errors.at(&header, "the name of a header is letters, digits and `-`, such as \"If-Match\"");
        } else {
            fields.push((field, header));
        }
        list::comma(list, "a header")
    })?;
    Ok(fields)
}

/// `(dry_run, ..)`.
fn fields_of_query(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Vec<Ident>> {
    let list;
    parenthesized!(list in input);
    if list.is_empty() {
        errors.at(key, "`query` names the fields that come from the query string: `query(dry_run)`");
    }
    let mut fields = Vec::new();
    list::each(&list, errors, |list, _| {
        if !list.peek(Ident::peek_any) {
            return Err(list.error("a field is named: `query(dry_run)`"));
        }
        fields.push(list.call(Ident::parse_any)?);
        list::comma(list, "a field")
    })?;
    Ok(fields)
}

impl Http {
    /// Whether a request has a body that the message is read from.
    pub(crate) fn has_body(&self) -> bool {
        self.method.as_ref().is_none_or(|method| method != "get" && method != "delete")
    }

    /// What can be told of the route beside the item and its output.
    pub(crate) fn check_against(&mut self, item: &Item, output: Option<&Type>, errors: &mut Errors) {
        let before = errors.count();
        http_rules::check_against(self, item, output, errors);
        self.is_wrong |= errors.count() > before;
    }

    /// The method and the path, where all is right.
    fn route(&self) -> Option<(&Ident, &Template)> {
        Some((self.method.as_ref()?, self.path.as_ref()?)).filter(|_| !self.is_wrong)
    }

    // Input:
    //     http(post = "/users", status = 201)
    // Output:
    //     .http(_cqrs::route!(command CreateUser "CreateUser": Post "/users", status(201)))
    pub(crate) fn info(&self, of: Macro, message: &Ident) -> Option<TokenStream> {
        let (method, template) = self.route()?;
        let place = self.key.span();
        let (kind, path) = (Ident::new(of.name(), place), message.to_string());
        let message = at(place, message);
        let method = match &*method.to_string() {
            "get" => "Get",
            "post" => "Post",
            "put" => "Put",
            "patch" => "Patch",
            _ => "Delete",
        };
        let method = Ident::new(method, place);
        let template = &template.literal;
        let status = self.status.map(|(_, status)| quote_spanned!(place=> , status(#status)));
        let none = self.none.map(|(_, status)| quote_spanned!(place=> , none(#status)));
        let headers = (!self.headers.is_empty()).then(|| {
            let headers = self.headers.iter().map(|(field, header)| (field.unraw().to_string(), header));
            let headers = headers.map(|(field, header)| quote_spanned!(place=> (#field, #header)));
            quote_spanned!(place=> , headers(&[#(#headers),*]))
        });
        let query = (!self.query.is_empty()).then(|| {
            let fields = self.query.iter().map(|field| field.unraw().to_string());
            quote_spanned!(place=> , from_query(&[#(#fields),*]))
        });
        Some(quote_spanned! {place=>
            .http(_cqrs::route!(#kind #message #path: #method #template #status #none #headers #query))
        })
    }

    // Input:
    //     http(post = "/users", status = 201, location = "/users/{id}")
    // Output:
    //     _cqrs::routed!(
    //         CreateUser answers User, takes_a_status(_cqrs::form!(User));
    //         located at ["/users/", ""] by [&__value.id] of __value
    //     );
    pub(crate) fn implement(&self, message: &Ident, output: &Type) -> Option<TokenStream> {
        self.route()?;
        let place = self.key.span();
        let (message, answer) = (at(place, message), at(place, output));
        // What the form of the output is asked, it is asked where that is declared.
        let ask = |span: Span, what: &str| {
            let (what, output) = (Ident::new(what, span), at(span, output));
            quote_spanned!(span=> , #what(_cqrs::form!(#output)))
        };
        let status = self.status.map(|(span, _)| ask(span, "takes_a_status"));
        let none = self.none.map(|(span, _)| ask(span, "may_be_none"));
        let created = self.location.as_ref().filter(|_| self.status.is_none());
        let created = created.map(|location| ask(location.span, "may_be_created"));
        let location = self.location.as_ref().map(|Template { span, texts, names, .. }| {
            let parts = names.iter().map(|(name, span)| part(name, *span));
            quote_spanned!(*span=> ; located at [#(#texts),*] by [#(#parts),*] of __value)
        });
        Some(quote_spanned!(place=> _cqrs::routed!(#message answers #answer #status #none #created #location);))
    }
}

/// What stands in an address: a field by its name or its number, or all of the output.
fn part(name: &str, span: Span) -> TokenStream {
    if name.is_empty() {
        return quote_spanned!(span=> __value);
    }
    let field = match name.parse() {
        Ok(number) => {
            let mut number = Literal::u32_unsuffixed(number);
            number.set_span(span);
            number.to_token_stream()
        }
        Err(_) => match syn::parse_str::<Ident>(name) {
            Ok(mut field) => {
                field.set_span(span);
                field.to_token_stream()
            }
            Err(_) => Ident::new_raw(name, span).to_token_stream(),
        },
    };
    quote_spanned!(span=> &__value.#field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;

    fn errors_of(of: Macro, http: &str, item: &str) -> Vec<String> {
        let mut errors = Errors::default();
        let mut options = Options::parse(of, http.parse().unwrap(), &mut errors);
        if let Some(http) = &mut options.http {
            http.check_against(&syn::parse_str(item).unwrap(), options.output.as_ref(), &mut errors);
        }
        errors.texts().into_iter().filter(|text| !text.is_empty()).collect()
    }

    const USER: &str = "struct Message { user_id: u64, name: String }";

    #[test]
    fn what_is_right_is_read() {
        for (of, http, item) in [
            (Macro::Query, "http(get = \"/users/{user_id}\", none = 404)", USER),
            (Macro::Query, "http(post = \"/search\")", USER),
            (Macro::Command, "output = U, http(post = \"/users\", status = 201, location = \"/users/{id}\")", USER),
            (Macro::Command, "output = U, http(put = \"/users/{user_id}\", headers(name = \"X-Name\"))", USER),
            (Macro::Command, "http(patch = \"/users/{user_id}\", query(name), status = 204)", USER),
            (Macro::Command, "http(delete = \"/users/{user_id}\")", USER),
            (Macro::Command, "http(post = \"/\")", "enum Message { A }"),
            (Macro::Command, "http(post = \"/sweeps\")", "struct Message;"),
            (Macro::Command, "http(post = \"/sweeps\", status = 202, location = \"/status\")", "struct Message;"),
            (Macro::Query, "http(get = \"/{type}\")", "struct Message { r#type: u8 }"),
            (
                Macro::Query,
                "http(get = \"/users/{userId}\")",
                "#[cfg_attr(all(), serde(rename_all = \"camelCase\"))] struct M { user_id: u64 }",
            ),
            (
                Macro::Query,
                "http(get = \"/users/{userId}\")",
                "#[serde(rename_all = \"camelCase\")] struct M { user_id: u64 }",
            ),
        ] {
            assert_eq!(errors_of(of, http, item), [""; 0], "{http}");
        }
    }

    /// One error each, which says what to write.
    #[test]
    fn a_mistake_is_one_error() {
        for (of, http, item, says) in [
            (Macro::Command, "http()", USER, "`http(post = \"/users\")`"),
            (Macro::Query, "http(none = 404)", USER, "`http(get = \"/users/{user_id}\")`"),
            (Macro::Command, "http(get = \"/users\")", USER, "a command changes something"),
            (Macro::Query, "http(put = \"/users\")", USER, "a query changes nothing"),
            (Macro::Query, "http(delete = \"/users\")", USER, "a query changes nothing"),
            (Macro::Command, "http(post = \"/a\", put = \"/a\")", USER, "a message has one route"),
            (Macro::Command, "http(post = \"users\")", USER, "begins with `/`"),
            (Macro::Command, "http(post = \"/users/\")", USER, "ends with `/`"),
            (Macro::Command, "http(post = \"/users//a\")", USER, "`//`"),
            (Macro::Command, "http(post = \"/users?a\")", USER, "no `?`"),
            (Macro::Command, "http(post = \"/users/{id\")", USER, "a name stands alone"),
            (Macro::Command, "http(post = \"/users/{}\")", USER, "a name stands alone"),
            (Macro::Command, "http(post = \"/users/{*rest}\")", USER, "no `*` in it"),
            (Macro::Command, "http(post = \"/users/x{name}\")", USER, "a name stands alone"),
            (Macro::Command, "http(post = 5)", USER, "a path is a string: `post = \"/users\"`"),
            (Macro::Command, "http(post = \"/users/{id}\")", USER, "no field `id`"),
            (Macro::Command, "http(post = \"/users/{user_ic}\")", USER, "did you mean `user_id`"),
            (Macro::Command, "http(post = \"/{name}/{name}\")", USER, "`name` is named twice"),
            (Macro::Command, "http(post = \"/{name}\", headers(name = \"X\"))", USER, "comes from the path already"),
            (
                Macro::Command,
                "http(post = \"/a\", headers(name = \"X\"), query(name))",
                USER,
                "comes from a header already",
            ),
            (Macro::Command, "http(post = \"/a\", query(nam))", USER, "did you mean `name`"),
            (Macro::Command, "http(post = \"/a\", query())", USER, "`query(dry_run)`"),
            (Macro::Command, "http(post = \"/a\", headers())", USER, "`headers(version = "),
            (Macro::Command, "http(post = \"/a\", headers(name))", USER, "are written `version = "),
            (Macro::Command, "http(post = \"/a\", headers(name = \"a b\"))", USER, "the name of a header"),
            (Macro::Command, "http(delete = \"/a\", query(name))", USER, "remove `query`"),
            (Macro::Command, "http(post = \"/a\", status = 404)", USER, "from 200 to 299"),
            (Macro::Command, "http(post = \"/a\", status = \"201\")", USER, "from 200 to 299"),
            (Macro::Command, "output = U, http(post = \"/a\", status = 204)", USER, "has no body"),
            (Macro::Query, "output = U, http(get = \"/a\", none = 500)", USER, "404, 410 or 204"),
            (
                Macro::Command,
                "output = U, http(post = \"/a\", status = 200, location = \"/a/{id}\")",
                USER,
                "goes with `status = 201`",
            ),
            (
                Macro::Command,
                "http(post = \"/a\", status = 201, location = \"/a/{id}\")",
                USER,
                "declare `output = ..`",
            ),
            (
                Macro::Command,
                "output = U, http(post = \"/a\", status = 201, location = \"a/{id}\")",
                USER,
                "begins with `/`",
            ),
            (
                Macro::Command,
                "output = U, http(post = \"/a\", status = 201, location = \"/a/{self}\")",
                USER,
                "is a field's",
            ),
            (
                Macro::Command,
                "output = U, http(post = \"/a\", status = 201, location = \"/a/{b-c}\")",
                USER,
                "is a field's",
            ),
            (
                Macro::Command,
                "output = U, http(post = \"/a\", status = 201, location = \"/a/{99999999999}\")",
                USER,
                "is a field's",
            ),
            (Macro::Query, "http(get = \"/a\")", "enum Message { A }", "named fields"),
            (Macro::Command, "http(post = \"/a/{b}\")", "struct Message(u64);", "named fields"),
            (Macro::Command, "http(pst = \"/a\")", USER, "did you mean `post`"),
            (Macro::Command, "http = \"/a\"", USER, "`http` is written"),
            (Macro::Command, "status = 201", USER, "`status` is written inside of `http(..)`"),
        ] {
            let errors = errors_of(of, http, item);
            assert!(errors.len() == 1 && errors[0].contains(says), "{http}: {errors:?}");
        }
    }
}
