//! The generated workspace: for each size a library of so many messages, and a program.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Writes it, and says where.
pub fn workspace(benchmarks: &Path, sizes: &[usize]) -> Result<PathBuf, String> {
    let root = benchmarks.join("target/scale-bench");
    let core = benchmarks.join("../cqrs-core");
    let mut head = String::from("[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n");
    // The messages are there to be many, not to be fast.
    for size in sizes {
        write!(head, "\n[profile.release.package.messages-{size}]\nopt-level = 0\ncodegen-units = 256\n")
            .expect("a String grows");
    }
    let crates = root.join("crates");
    if crates.exists() {
        fs::remove_dir_all(&crates).map_err(|error| format!("{}: {error}", crates.display()))?;
    }
    write(&root.join("Cargo.toml"), &head)?;
    for &size in sizes {
        let library = crates.join(format!("messages-{size}"));
        write(&library.join("Cargo.toml"), &manifest(&format!("messages-{size}"), &core, ""))?;
        write(&library.join("src/lib.rs"), &messages(size))?;
        let program = crates.join(format!("program-{size}"));
        let dependency = format!("messages = {{ package = \"messages-{size}\", path = \"../messages-{size}\" }}\n");
        write(&program.join("Cargo.toml"), &manifest(&format!("program-{size}"), &core, &dependency))?;
        write(&program.join("src/main.rs"), include_str!("program.rs"))?;
        write(&program.join("src/alloc.rs"), include_str!("../../alloc.rs"))?;
    }
    Ok(root)
}

fn manifest(name: &str, core: &Path, more: &str) -> String {
    let core = core.display().to_string();
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\ncqrs-core = {{ path = {core:?} }}\n{more}"
    )
}

/// At most so many of the messages are dispatched: it costs the compiler ten times as much as to declare one.
pub const DISPATCHED: usize = 1_000;

/// So many contract commands with their handlers, and a function that dispatches them, or of very many an even
/// part.
fn messages(size: usize) -> String {
    let mut source = String::from("use cqrs_core::{Bus, command, handler};\n");
    for i in 0..size {
        writeln!(
            source,
            "#[command(output = u64, contract)] pub struct M{i};\n#[handler] pub fn h{i}(_: M{i}) -> u64 {{ {i} }}"
        )
        .expect("a String grows");
    }
    let dispatched: Vec<usize> = (0..size).step_by(size.div_ceil(DISPATCHED)).collect();
    // In parts, since one function of so many awaits takes rustc more than linear time.
    let parts: Vec<&[usize]> = dispatched.chunks(100).collect();
    for (part, messages) in parts.iter().enumerate() {
        writeln!(source, "async fn part_{part}(bus: &Bus) -> u64 {{\n    let mut sum = 0;").expect("a String grows");
        for i in *messages {
            writeln!(source, "    sum += bus.execute(M{i}).await.expect(\"it is handled\");").expect("a String grows");
        }
        source += "    sum\n}\n";
    }
    source += "pub async fn dispatch_all(bus: &Bus) -> u64 {\n    let mut sum = 0;\n";
    for part in 0..parts.len() {
        writeln!(source, "    sum += part_{part}(bus).await;").expect("a String grows");
    }
    source + "    sum\n}\n"
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().expect("every file is in a folder");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("{}: {error}", path.display()))
}
