//! Applications on cqrs-core.
//!
//! - [`users`]: the users of the Cello CQRS page, as a program over JSON lines;
//!   `cargo run -p cqrs-examples --bin users < cqrs-examples/data/users.jsonl`
//!
//! The programs are in `src/bin`. Messages and handlers are all here, in the library: the library and the
//! binary of one package are two crates, and a handler lives in the crate of its message.

pub mod json_lines;
pub mod users;

/// The code of the README is compiled and run like any other.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
