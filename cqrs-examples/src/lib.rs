//! Applications on cqrs-core.
//!
//! - `quickstart`: one command, one query, one event, in one file; `cargo run -p cqrs-examples --bin quickstart`
//! - [`users`]: the users of the Cello CQRS page, behind HTTP on SQLite;
//!   `cargo run -p cqrs-examples --bin users -- serve --demo`, or as a program over JSON lines.
//!
//! The programs are in `src/bin`. Messages and handlers are all here, in the library: the library and the
//! binary of one package are two crates, and a handler lives in the crate of its message.

pub mod json_lines;
pub mod users;

/// The code of the README and the guide is compiled and run like any other.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../docs/guide.md")]
struct Guide;
