//! The kinds of declarations: what is repeated N times in a generated crate.

use std::fmt::Write;

use crate::project::Member;

/// One kind of declaration.
pub struct Flavour {
    /// What it is called on the command line and in the crate's name.
    pub key: &'static str,
    /// What the tables call it.
    pub title: &'static str,
    pub needs_core: bool,
    /// The lines before the declarations.
    head: &'static [&'static str],
    /// One declaration; `{i}` stands for its number.
    each: &'static [&'static str],
}

const STRUCT: &str = "pub struct S{i} { pub id: u64, pub name: String, pub tags: Vec<String> }";
const COMMAND: &str = "#[command(output = u64)]";
const ASYNC_FN: &str = "pub async fn h{i}(cmd: S{i}) -> u64 { cmd.id }";
const HANDLER: &str = "#[handler]\npub async fn h{i}(cmd: S{i}) -> u64 { cmd.id }";
const RESOURCE: &str =
    "#[handler]\npub async fn h{i}(cmd: S{i}, events: &mut Events) -> u64 { let _ = events; cmd.id }";

/// The caller is a boxed future: an `async fn` that nobody polls in its own crate has no code there.
const BOXED: &str = "pub type Boxed = std::pin::Pin<Box<dyn Future<Output = u64> + Send>>;";
const CALL_FN: &str = "pub fn c{i}(id: u64) -> Boxed {\n    \
    Box::pin(async move { h{i}(S{i} { id, name: String::new(), tags: Vec::new() }).await })\n}";
const CALL_BUS: &str = "pub fn c{i}(id: u64) -> Boxed {\n    \
    Box::pin(async move {\n        \
    let cmd = S{i} { id, name: String::new(), tags: Vec::new() };\n        \
    Bus::global().execute(cmd).await.unwrap_or_default()\n    })\n}";

/// All of them; the first is what the others are compared with.
pub const FLAVOURS: &[Flavour] = &[
    Flavour { key: "plain", title: "plain struct", needs_core: false, head: &[], each: &[STRUCT] },
    Flavour {
        key: "serde",
        title: "serde `Serialize`, `Deserialize`",
        needs_core: false,
        head: &["use serde::{Deserialize, Serialize};"],
        each: &["#[derive(Serialize, Deserialize)]", STRUCT],
    },
    Flavour {
        key: "command",
        title: "`#[command]`",
        needs_core: true,
        head: &["use cqrs_core::command;"],
        each: &[COMMAND, STRUCT],
    },
    Flavour { key: "fn", title: "`async fn`, no macro", needs_core: false, head: &[], each: &[STRUCT, ASYNC_FN] },
    Flavour {
        key: "handler",
        title: "`#[command]` and `#[handler]`",
        needs_core: true,
        head: &["use cqrs_core::{command, handler};"],
        each: &[COMMAND, STRUCT, HANDLER],
    },
    Flavour {
        key: "resource",
        title: "the same with `&mut Events`",
        needs_core: true,
        head: &["use cqrs_core::{Events, command, handler};"],
        each: &[COMMAND, STRUCT, RESOURCE],
    },
    Flavour {
        key: "fn-called",
        title: "`async fn` and a boxed caller",
        needs_core: false,
        head: &[BOXED],
        each: &[STRUCT, ASYNC_FN, CALL_FN],
    },
    Flavour {
        key: "dispatched",
        title: "`#[command]`, `#[handler]` and a boxed `execute`",
        needs_core: true,
        head: &["use cqrs_core::{Bus, command, handler};", BOXED],
        each: &[COMMAND, STRUCT, HANDLER, CALL_BUS],
    },
];

impl Flavour {
    /// The generated crate with `size` declarations.
    pub fn member(&self, size: usize) -> Member {
        let mut source = String::from("pub const EDITED: u64 = 0;\n");
        for line in self.head {
            source += &format!("{line}\n");
        }
        for i in 0..size {
            for line in self.each {
                writeln!(source, "{}", line.replace("{i}", &i.to_string())).expect("a String grows");
            }
        }
        let name = format!("{}-{size}", self.key);
        Member { name, file: "src/lib.rs", source, needs_core: self.needs_core }
    }
}
