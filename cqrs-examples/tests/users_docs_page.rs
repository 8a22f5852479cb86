//! `/docs` in a browser: what a person does there, and what they see.

mod program;

use std::fs;
use std::path::Path;

use program::browser::Browser;
use program::served::Served;
use serde_json::Value;

/// A program, and its page in a browser with a token; nothing, where there is no browser.
fn opened(directory: &Path) -> Option<(Served, Browser)> {
    let browser = Browser::open()?;
    let served = Served::on(&directory.join("users.db"));
    browser.go_to(&format!("{}/docs", served.url));
    browser.fill("input[name=token]", &served.writer);
    Some((served, browser))
}

/// Within the operation's part of the page.
fn of(operation: &str, selector: &str) -> String {
    format!("[data-operation={operation}] {selector}")
}

/// Fills in the fields, sends the request, and gives the body of the answer, whose status has to be this.
fn sent(browser: &Browser, operation: &str, fields: &[(&str, &str)], status: &str) -> Value {
    for (name, text) in fields {
        browser.fill(&of(operation, &format!("[name={name}]")), text);
    }
    browser.click(&of(operation, "[data-action=send]"));
    browser.reads(&of(operation, "[data-role=status]"), status);
    serde_json::from_str(&browser.reads(&of(operation, "[data-role=body]"), "")).unwrap()
}

#[test]
fn a_person_tries_the_operations() {
    let directory = tempfile::tempdir().unwrap();
    let Some((served, browser)) = opened(directory.path()) else { return };
    let name = "Ada \"the first\" Løvelace";
    let user = serde_json::json!({ "name": name, "email": "ada@example.org" });
    let created = sent(&browser, "CreateUser", &[("body", &user.to_string())], "201");
    assert_eq!((&created["id"], &created["name"]), (&1.into(), &name.into()));

    // The read model follows a moment later, for a person too.
    served.user(1);
    assert_eq!(sent(&browser, "GetUserById", &[("user_id", "1")], "200"), created);
    let renamed = sent(&browser, "UpdateUserName", &[("user_id", "1"), ("body", r#"{"new_name":"Grace"}"#)], "200");
    assert_eq!(renamed["name"], "Grace");
    let listed = sent(&browser, "ListUsers", &[("page", "2"), ("page_size", "1")], "200");
    assert_eq!(listed, serde_json::json!({ "users": [] }));
    // No error so far: no script that failed, nothing that the page's policy forbids.
    assert_eq!(browser.console(), [] as [Value; 0]);

    let missing = sent(&browser, "GetUserById", &[("user_id", "99")], "404");
    assert_eq!(missing["detail"], "user 99 not found");
    let wrong = sent(&browser, "CreateUser", &[("body", r#"{"name":"Ada"}"#)], "400");
    assert_eq!(wrong["errors"][0]["field"], "email");
    browser.fill("input[name=token]", "x");
    assert_eq!(sent(&browser, "ListUsers", &[], "401")["title"], "Unauthorized");
    // A browser notes each answer of an error, and that is all.
    for entry in browser.console() {
        assert!(entry["message"].as_str().unwrap().contains("the server responded with a status of 4"), "{entry}");
    }
}

/// By how much the page is wider than its window.
const SIDEWAYS: &str = "const page = document.documentElement; return page.scrollWidth - page.clientWidth";

#[test]
fn it_fits_a_phone_and_a_desktop_by_day_and_by_night() {
    let directory = tempfile::tempdir().unwrap();
    let Some((_served, browser)) = opened(directory.path()) else { return };
    let shots = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
    fs::create_dir_all(&shots).unwrap();
    let body = r#"{"name":"Ada Lovelace","email":"ada@example.org"}"#;
    sent(&browser, "CreateUser", &[("body", body)], "201");
    let mut backgrounds = Vec::new();
    for (device, width, height) in [("desktop", 1280, 900), ("phone", 390, 844)] {
        for scheme in ["light", "dark"] {
            browser.looks_like(width, height, scheme);
            assert_eq!(browser.run(SIDEWAYS), 0, "{device}, {scheme}: it scrolls sideways");
            for (part, script) in [
                ("top", "scrollTo(0, 0)"),
                ("operation", "document.querySelector('[data-operation=CreateUser]').scrollIntoView()"),
                ("answer", "document.querySelector('[data-role=response]').scrollIntoView({ block: 'center' })"),
            ] {
                browser.run(script);
                fs::write(shots.join(format!("{device}-{scheme}-{part}.png")), browser.screenshot()).unwrap();
            }
            backgrounds.push(browser.run("return getComputedStyle(document.body).backgroundColor"));
        }
    }
    browser.run("document.querySelectorAll('details').forEach(details => details.open = true)");
    assert_eq!(browser.run(SIDEWAYS), 0, "with all of it unfolded it scrolls sideways");
    assert!(backgrounds[0] == backgrounds[2] && backgrounds[1] == backgrounds[3], "{backgrounds:?}");
    assert_ne!(backgrounds[0], backgrounds[1], "by night it is as by day");
    assert_eq!(browser.console(), [] as [Value; 0]);
}
