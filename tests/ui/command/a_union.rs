use cqrs_core::command;

#[command]
union Place {
    whole: u32,
    bytes: [u8; 4],
}

fn main() {}
