//! The document of the routes, as two tools of other people read it: whether it is OpenAPI, and whether the server does
//! what it says. In the folder `schemathesis` is what the second one is told.

mod program;

use std::fs;
use std::path::Path;
use std::process::Command;

use program::client::get;
use program::served::Served;
use program::tools;

/// The words of a tool, where it is not content.
fn content(tool: &mut Command) {
    let output = tool.output().unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(output.status.success(), "{tool:?}: {}\n{said}", output.status);
}

#[test]
fn the_document_is_openapi_to_a_validator_of_somebody_else() {
    let Some(validator) = tools::find("openapi-spec-validator", "OPENAPI_SPEC_VALIDATOR") else { return };
    let directory = tempfile::tempdir().unwrap();
    let served = Served::on(&directory.path().join("users.db"));
    let answer = served.send(&get("/openapi.json"));
    assert_eq!(answer.json(200)["openapi"], "3.1.0");
    let document = directory.path().join("openapi.json");
    fs::write(&document, answer.body).unwrap();
    content(Command::new(validator).args(["--schema", "3.1", "--validation-errors", "all"]).arg(document));
}

#[test]
fn the_server_does_what_its_document_says() {
    let Some(schemathesis) = tools::find("schemathesis", "SCHEMATHESIS") else { return };
    let directory = tempfile::tempdir().unwrap();
    let served = Served::on(&directory.path().join("users.db"));
    let told = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis");
    content(
        Command::new(schemathesis)
            .args(["--no-color", "--config-file"])
            .arg(told.join("schemathesis.toml"))
            .args(["run", &format!("{}/openapi.json", served.url), "--header"])
            .arg(format!("Authorization: Bearer {}", served.writer))
            .env("SCHEMATHESIS_HOOKS", told.join("hooks.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            // The server is on this machine, whatever proxy the machine has.
            .env("NO_PROXY", "127.0.0.1")
            .current_dir(&directory),
    );
    let log = served.kill();
    assert!(!log.contains("ERROR") && !log.contains("panicked"), "{log}");
}
