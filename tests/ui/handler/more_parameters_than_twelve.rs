use cqrs_core::{command, handler};

#[command]
struct Place;

#[handler]
fn place(
    _: Place,
    _1: &u8,
    _2: &u16,
    _3: &u32,
    _4: &u64,
    _5: &u128,
    _6: &i8,
    _7: &i16,
    _8: &i32,
    _9: &i64,
    _10: &i128,
    _11: &bool,
    _12: &char,
    _13: &str,
) {
}

fn main() {}
