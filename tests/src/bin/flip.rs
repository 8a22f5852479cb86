//! Ignores each option of each attribute once, in a copy of the sources, and asks that its test fails.
//!
//! `cargo run -p tests --bin flip [option ..]`

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use tests::flips::{FLIPS, Fails, Flip};

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let copy = root.join("target/flip");
    copy_sources(root, &copy.join("sources"));
    let mut wrong = 0;
    for flip in FLIPS.iter().filter(|flip| wanted.is_empty() || wanted.iter().any(|name| name == flip.option)) {
        let outcome = flipped(&copy, flip);
        println!("{}: {}", flip.option, outcome.as_ref().map_or_else(|why| why.as_str(), String::as_str));
        wrong += usize::from(outcome.is_err());
    }
    match wrong {
        0 => ExitCode::SUCCESS,
        _ => {
            println!("{wrong} options can be ignored, and no test fails");
            ExitCode::FAILURE
        }
    }
}

/// Copies what is under version control, where it has changed.
fn copy_sources(root: &Path, to: &Path) {
    let listed = Command::new("git").args(["ls-files", "-co", "--exclude-standard"]).current_dir(root).output();
    let listed = listed.expect("git lists the sources").stdout;
    for file in String::from_utf8(listed).expect("paths are UTF-8").lines() {
        let (from, to) = (root.join(file), to.join(file));
        let Ok(new) = std::fs::read(&from) else { continue };
        if std::fs::read(&to).ok().as_ref() != Some(&new) {
            std::fs::create_dir_all(to.parent().expect("a file is in a folder")).expect("a folder for the copy");
            std::fs::write(&to, new).expect("a copy");
        }
    }
}

/// What failed, as it should; or what is wrong.
fn flipped(copy: &Path, flip: &Flip) -> Result<String, String> {
    let file: PathBuf = copy.join("sources/cqrs-macros/src").join(flip.file);
    let source = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    if source.matches(flip.from).count() != 1 {
        return Err(format!("`{}` is not in {} once: the table of flips is out of date", flip.from, flip.file));
    }
    std::fs::write(&file, source.replace(flip.from, flip.to)).map_err(|error| error.to_string())?;
    let output = test(copy, flip);
    std::fs::write(&file, source).map_err(|error| error.to_string())?;
    let output = output?;
    match flip.fails {
        Fails::Test(_, test) if output.contains(&format!("test {test} ... FAILED")) => Ok(format!("{test} fails")),
        Fails::Compiling(krate, _, says)
            if output.contains(&format!("could not compile `{krate}`")) && output.contains(says) =>
        {
            Ok(format!("`{krate}` does not compile"))
        }
        _ => Err(format!("is ignored, and {:?} does not happen:\n{output}", flip.fails)),
    }
}

fn test(copy: &Path, flip: &Flip) -> Result<String, String> {
    let mut cargo = Command::new("cargo");
    match flip.fails {
        Fails::Test(target, name) => {
            cargo.args(["test", "--locked", "-p", "tests", "--test", target, "--", "--exact", name]);
        }
        // Whichever crate fails first, the others are compiled too.
        Fails::Compiling(_, target, _) => {
            cargo.args(["build", "--keep-going", "--locked", "-p", "tests", "--test", target]);
        }
    }
    cargo.current_dir(copy.join("sources")).env("CARGO_TARGET_DIR", copy.join("target"));
    // Nobody debugs this.
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_TERM_COLOR", "never").env("RUST_BACKTRACE", "0");
    let output = cargo.output().map_err(|error| format!("cargo: {error}"))?;
    if output.status.success() {
        return Err("is ignored, and everything passes".to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}
