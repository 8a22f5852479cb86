//! What a measurement leaves for the table of budgets: numbers by name, in `target/figures`.

use std::fs;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/figures")
}

fn file(name: &str) -> PathBuf {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    folder().join(name.chars().map(plain).collect::<String>())
}

/// Keeps a number under a name. One that cannot be kept is missing in the table, which says so.
pub fn keep(name: &str, value: f64) {
    _ = fs::create_dir_all(folder()).and_then(|()| fs::write(file(name), value.to_string()));
}

/// The number that was kept last under a name.
pub fn kept(name: &str) -> Option<f64> {
    fs::read_to_string(file(name)).ok()?.parse().ok()
}
