//! The README shows the compiler's own words; `tests/ui` holds them to the compiler.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The lines of the blocks that show errors.
fn shown(readme: &str) -> impl Iterator<Item = &str> {
    let blocks = readme.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.filter(|block| block.starts_with("error")).flat_map(str::lines).map(str::trim)
}

fn recorded(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            recorded(&entry, text);
        } else if entry.extension().is_some_and(|extension| extension == "stderr") {
            text.push_str(&fs::read_to_string(entry).unwrap());
        }
    }
}

#[test]
fn the_errors_it_shows_are_those_of_the_compiler() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let mut compiler = String::new();
    recorded(&root().join("tests/ui"), &mut compiler);
    let invented: Vec<&str> = shown(&readme).filter(|line| !compiler.contains(line)).collect();
    assert!(shown(&readme).count() > 20);
    assert!(invented.is_empty(), "no file of tests/ui has {invented:#?}");
}

#[test]
fn the_files_it_names_are_there() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let targets = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    for target in targets.filter(|target| !target.starts_with('#') && !target.starts_with("http")) {
        assert!(root().join(target).exists(), "{target}");
    }
}
