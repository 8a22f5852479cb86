//! Checked-in files that a test compares with; `UPDATE_EXPECT=1 cargo test -p tests` rewrites them.

use std::fs;
use std::path::Path;

/// Fails, with what differs, unless the file `path` of this package holds `actual`.
pub(crate) fn file(path: impl AsRef<Path>, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected == actual {
        return;
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, actual).unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
        return;
    }
    panic!(
        "{} differs (- checked in, + now); if it should, run the test again with UPDATE_EXPECT=1\n{}",
        path.display(),
        difference(&expected, actual)
    );
}

/// The lines between the first and the last that differ.
fn difference(expected: &str, actual: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (expected.lines().collect(), actual.lines().collect());
    let same = |(a, b): &(&&str, &&str)| a == b;
    let head = old.iter().zip(&new).take_while(same).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(same).count();
    let mut lines = vec![format!("at line {}:", head + 1)];
    lines.extend(old[head..old.len() - tail].iter().map(|line| format!("- {line}")));
    lines.extend(new[head..new.len() - tail].iter().map(|line| format!("+ {line}")));
    lines.join("\n")
}
