//! `/openapi.json`, and `/docs`: a page that shows it and tries it, served from the program itself.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Response};
use axum::routing::{MethodRouter, get};
use serde_json::{Value, json};

use crate::request::prefix;

/// The page loads nothing from elsewhere, runs nothing that stands in it, and talks with its own server alone.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The page: where each of its files is found, what it is, and what is in it.
const FILES: [(&str, &str, &str); 8] = [
    ("/docs", HTML, include_str!("docs/page.html")),
    ("/docs/page.css", CSS, include_str!("docs/page.css")),
    ("/docs/page.js", SCRIPT, include_str!("docs/page.js")),
    ("/docs/operation.js", SCRIPT, include_str!("docs/operation.js")),
    ("/docs/try.js", SCRIPT, include_str!("docs/try.js")),
    ("/docs/schema.js", SCRIPT, include_str!("docs/schema.js")),
    ("/docs/openapi.js", SCRIPT, include_str!("docs/openapi.js")),
    ("/docs/dom.js", SCRIPT, include_str!("docs/dom.js")),
];

/// Each file of the page, and the document.
pub(crate) fn routes(document: Value) -> impl Iterator<Item = (&'static str, MethodRouter)> {
    let document = Arc::new(document);
    let files = FILES.map(|(path, content_type, text)| (path, get(move || file(content_type, text))));
    let document = get(move |request: Request| openapi(document, request));
    files.into_iter().chain([("/openapi.json", document)])
}

async fn file(content_type: &'static str, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// The document, which says where this router is nested.
async fn openapi(document: Arc<Value>, request: Request) -> Response<Body> {
    let (head, _) = request.into_parts();
    let mut document = Value::clone(&document);
    let prefix = prefix(&head);
    document["servers"] = json!([{ "url": if prefix.is_empty() { "/" } else { prefix } }]);
    let mut response = Response::new(Body::from(document.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_served() {
        let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/docs")).unwrap();
        for name in folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
            let path = if name == "page.html" { "/docs".to_owned() } else { format!("/docs/{name}") };
            assert!(FILES.iter().any(|(served, ..)| *served == path), "{name}");
        }
    }
}
