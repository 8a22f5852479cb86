//! The README and what it leads to show the compiler's own words, which `tests/ui` holds to the compiler, and name what is
//! there.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a newcomer reads, and what is in it.
fn pages() -> impl Iterator<Item = (PathBuf, String)> {
    let pages = ["README.md", "docs/guide.md", "docs/comparison.md"];
    pages.map(|page| root().join(page)).into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
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
fn the_errors_they_show_are_those_of_the_compiler() {
    let mut compiler = String::new();
    recorded(&root().join("tests/ui"), &mut compiler);
    let pages: Vec<_> = pages().collect();
    let lines: Vec<&str> = pages.iter().flat_map(|(_, page)| shown(page)).collect();
    assert!(lines.len() > 20);
    let invented: Vec<&str> = lines.into_iter().filter(|line| !compiler.contains(line)).collect();
    assert!(invented.is_empty(), "no file of tests/ui has {invented:#?}");
}

#[test]
fn what_they_name_is_there() {
    for (path, page) in pages() {
        for target in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            if file.starts_with("http") {
                continue;
            }
            let file = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(file.exists(), "{target} in {}", path.display());
            if !heading.is_empty() {
                let headings: Vec<_> = fs::read_to_string(&file).unwrap().lines().filter_map(anchor).collect();
                assert!(headings.iter().any(|known| known == heading), "{target} in {}: {headings:?}", path.display());
            }
        }
    }
}

/// What a heading is called in a link to it.
fn anchor(line: &str) -> Option<String> {
    let heading = line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#'))?;
    let kept =
        heading.to_lowercase().chars().filter(|c| c.is_alphanumeric() || [' ', '-'].contains(c)).collect::<String>();
    Some(kept.replace(' ', "-"))
}
