use cqrs_core::Problem;

#[derive(Problem)]
union OrderError {
    whole: u32,
    bytes: [u8; 4],
}

fn main() {}
