use cqrs_core::command;

#[command]
trait Place {
    fn customer(&self) -> u64;
}

fn main() {}
