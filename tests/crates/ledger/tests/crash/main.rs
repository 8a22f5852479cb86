//! The ledger is killed, frozen, starved of its disk and told to end, as a process on a file; then its rows are counted.
#![cfg(unix)]

mod check;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod disk;
mod kill;
mod points;
mod poison;
mod process;
mod stop;
mod two;

// The tests name the process and the settings; the handlers are linked in by this.
cqrs_core::link!(ledger);
