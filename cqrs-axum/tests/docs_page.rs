//! `/docs`: the page, and every file that it refers to, wherever the router is.

mod support;

use std::collections::BTreeMap;

use cqrs_core::{Bus, command, handler};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use support::Host;
use support::client::Answer;

#[command(http(post = "/things"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct AddThing {}

#[handler]
fn add_thing(_: AddThing) {}

/// What a file refers to, between these words and a quote.
fn after<'a>(text: &'a str, words: &[&str]) -> Vec<&'a str> {
    let found = words.iter().flat_map(|word| text.split(word).skip(1));
    found.filter_map(|rest| rest.split('"').next()).collect()
}

/// Where a reference in a file leads, as a browser sees it.
fn resolved(file: &str, reference: &str) -> String {
    let (folder, _) = file.rsplit_once('/').unwrap();
    let reference = reference.strip_prefix("./").unwrap_or(reference);
    assert!(!reference.starts_with(['/', '.']), "{reference} in {file} depends on where the page is nested");
    format!("{folder}/{reference}")
}

/// Every file that a browser loads for the page at this path.
fn loaded(host: &Host, page: &str) -> BTreeMap<String, Answer> {
    let (mut files, mut next) = (BTreeMap::new(), vec![page.to_owned()]);
    while let Some(file) = next.pop() {
        if files.contains_key(&file) {
            continue;
        }
        let answer = host.get(&file);
        assert_eq!(answer.status, 200, "{file}");
        let content_type = answer.header("content-type").unwrap();
        let references = match content_type {
            "text/html; charset=utf-8" => after(answer.text(), &["src=\"", "href=\""]),
            "text/javascript; charset=utf-8" => {
                after(answer.text(), &["from \"", "import \"", "import(\"", "fetch(\""])
            }
            "text/css; charset=utf-8" => after(answer.text(), &["url(\"", "@import \""]),
            "application/json" => Vec::new(),
            other => panic!("{file} is {other}"),
        };
        let references = references.into_iter().filter(|reference| !reference.starts_with(['#']));
        for reference in references.filter(|reference| !reference.starts_with("data:")) {
            assert!(!reference.contains("://"), "{file} loads {reference} from elsewhere");
            // What a script asks for is found from its page, and what it imports from itself.
            let from = if reference.ends_with(".json") { page } else { &file };
            next.push(resolved(from, reference));
        }
        files.insert(file, answer);
    }
    files
}

#[test]
fn every_file_that_the_page_refers_to_is_served_as_what_it_is() {
    let bus = Bus::builder().build();
    let router = cqrs_axum::router(bus.clone());
    let host = Host::of(&bus, axum::Router::new().nest("/api", router.clone()).merge(router));
    for prefix in ["", "/api"] {
        let files = loaded(&host, &format!("{prefix}/docs"));
        for (file, content_type) in [
            ("/docs", "text/html; charset=utf-8"),
            ("/docs/page.css", "text/css; charset=utf-8"),
            ("/docs/page.js", "text/javascript; charset=utf-8"),
            ("/openapi.json", "application/json"),
        ] {
            let answer = files.get(&format!("{prefix}{file}")).unwrap_or_else(|| panic!("{file} is not loaded"));
            assert_eq!(answer.header("content-type"), Some(content_type), "{file}");
        }
        for (file, answer) in files.iter().filter(|(file, _)| file.ends_with(".js")) {
            assert_eq!(answer.header("content-type"), Some("text/javascript; charset=utf-8"), "{file}");
        }
    }
}

#[test]
fn a_browser_is_told_to_load_nothing_from_elsewhere_and_to_run_nothing_that_stands_in_the_page() {
    let host = Host::plain();
    let files = loaded(&host, "/docs");
    for (file, answer) in files.iter().filter(|(file, _)| file.starts_with("/docs")) {
        let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{file} has no policy"));
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.split("; ").any(|known| known.trim() == rule), "{rule} is not in {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{file}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{file}");
    }
    let page = files["/docs"].text();
    assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick="), "{page}");
    let inside = page.split("<script").skip(1).all(|script| script.contains("></script>"));
    assert!(inside, "a script that stands in the page does not run: {page}");
}
