use cqrs_core::{Context, command, handler};

#[command]
struct Place;

#[handler]
async fn place(_: Place, #[cfg(unix)] _context: Context) {}

fn main() {}
