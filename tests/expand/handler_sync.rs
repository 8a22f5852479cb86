use cqrs_core::{command, handler};

#[command(output = u64)]
pub struct Add {
    pub left: u64,
    pub right: u64,
}

#[handler]
pub fn add(cmd: Add) -> u64 {
    cmd.left + cmd.right
}
