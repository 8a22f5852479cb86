//! Tools that a test needs and that do not come with Rust.

use std::env;
use std::io::{Write as _, stderr};
use std::path::PathBuf;

/// Where a tool is: where the variable says, or on the `PATH`.
///
/// Without it the test is left out, and a line says so; with `NOTHING_LEFT_OUT=1`, as `.ci/run` has it, it fails.
pub(crate) fn find(name: &str, variable: &str) -> Option<PathBuf> {
    if let Some(path) = env::var_os(variable).map(PathBuf::from) {
        assert!(path.is_file(), "{variable} says {}, and there is no such file", path.display());
        return Some(path);
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        let said = format!("`{name}` is not on the PATH, nor does {variable} say where it is");
        assert!(env::var_os("NOTHING_LEFT_OUT").is_none_or(|value| value != "1"), "{said}");
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        // Written past the harness, which shows nothing that a test prints unless it fails.
        drop(writeln!(stderr(), "left out: {test}: {said}"));
    }
    found
}
