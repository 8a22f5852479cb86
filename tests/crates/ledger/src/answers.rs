//! What the program says: one line for each answer, written after the answer.

use std::io::Write;

use cqrs_core::{DispatchError, Effect, Fault};
use cqrs_sqlite::{rusqlite, sqlite_error};

/// Writes a line, at once. Nobody reads any more: then there is nobody to tell.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush());
}

/// Says what came of a command.
pub fn answer<T, E>(id: &str, answer: Result<T, DispatchError<E>>) {
    match answer {
        Ok(_) => say(&format!("ok {id}")),
        Err(DispatchError::Rejected(_)) => say(&format!("rejected {id}")),
        Err(DispatchError::Fault(fault)) => say(&faulted(id, &fault)),
    }
}

fn faulted(id: &str, fault: &Fault) -> String {
    let effect = match fault.effect() {
        Effect::Nothing => "nothing",
        Effect::Unknown => "unknown",
    };
    let is_full =
        sqlite_error(fault).and_then(|error| error.sqlite_error_code()) == Some(rusqlite::ErrorCode::DiskFull);
    let full = if is_full { " full" } else { "" };
    format!("{effect} {id} {:?}{full}", fault.kind())
}
