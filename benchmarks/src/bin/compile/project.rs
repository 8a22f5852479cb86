//! The generated workspace: one member for each crate that is measured.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One generated crate.
pub struct Member {
    pub name: String,
    /// Its only file: `src/lib.rs`, or `src/main.rs` for a program.
    pub file: &'static str,
    /// What stands in it; for [`cost`](crate::cost) the first line is `pub const EDITED: u64 = 0;`.
    pub source: String,
    pub needs_core: bool,
}

/// The workspace on disk.
pub struct Project {
    root: PathBuf,
    core: Option<PathBuf>,
    members: Vec<Member>,
}

impl Project {
    /// An empty workspace at `root`; what an earlier run left in its target folder is kept.
    pub fn new(root: &Path, core: Option<PathBuf>) -> Result<Self, String> {
        let project = Self { root: root.to_owned(), core, members: Vec::new() };
        let crates = project.root.join("crates");
        if crates.exists() {
            fs::remove_dir_all(&crates).map_err(|e| format!("{}: {e}", crates.display()))?;
        }
        Ok(project)
    }

    pub fn add(&mut self, member: Member) {
        self.members.push(member);
    }

    /// Writes every manifest and source.
    pub fn write(&self) -> Result<(), String> {
        let head = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n";
        write(&self.root.join("Cargo.toml"), head)?;
        for member in &self.members {
            let folder = self.folder(&member.name);
            write(&folder.join("Cargo.toml"), &self.manifest(member))?;
            write(&folder.join(member.file), &member.source)?;
        }
        Ok(())
    }

    /// Every member that can use serde may, so that all of them have the same dependencies built.
    fn manifest(&self, member: &Member) -> String {
        let mut manifest = format!(
            "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dependencies]\nserde = {{ version = \"1\", features = [\"derive\"] }}\n",
            member.name
        );
        if let (true, Some(core)) = (member.needs_core, &self.core) {
            manifest += &format!("cqrs-core = {{ path = {:?} }}\n", core.display().to_string());
        }
        manifest
    }

    /// Where a member's file is.
    pub fn source(&self, member: &Member) -> PathBuf {
        self.folder(&member.name).join(member.file)
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.root.join("crates").join(name)
    }

    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Runs cargo in the workspace and returns the CPU milliseconds, user and system, that it and
    /// everything below it took.
    ///
    /// bash's `time` is the measure: it counts all descendants that were waited for, to the
    /// millisecond, and needs no code of ours below the standard library.
    pub fn cargo(&self, args: &[&str]) -> Result<f64, String> {
        let log = self.root.join("cargo.log");
        let output = Command::new("bash")
            .args(["-c", "TIMEFORMAT='%3U %3S'; time cargo \"$@\" >\"$LOG\" 2>&1", "cargo"])
            .args(args)
            .current_dir(&self.root)
            .env("LOG", &log)
            .env("LC_ALL", "C")
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .env("CARGO_INCREMENTAL", "1")
            .output()
            .map_err(|e| format!("bash: {e}"))?;
        if !output.status.success() {
            let log = fs::read_to_string(&log).unwrap_or_default();
            return Err(format!("cargo {} failed\n{log}", args.join(" ")));
        }
        let seconds = String::from_utf8_lossy(&output.stderr);
        let parts: Result<Vec<f64>, _> = seconds.split_whitespace().map(str::parse).collect();
        match parts.as_deref() {
            Ok([user, system]) => Ok((user + system) * 1000.0),
            _ => Err(format!("bash's `time` said `{}`", seconds.trim())),
        }
    }
}

pub fn write(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().expect("every file is in a folder");
    fs::create_dir_all(folder).and_then(|()| fs::write(path, text)).map_err(|e| format!("{}: {e}", path.display()))
}
