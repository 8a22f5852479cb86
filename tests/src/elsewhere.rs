//! Messages of another crate, as the compile-fail tests see them.

use cqrs_core::{command, handler};

/// Handled here, so that no other crate may.
#[command]
pub struct Ship;

#[handler]
fn ship(_: Ship) {}
