use std::rc::Rc;

use cqrs_core::{command, handler};

struct Counter(Rc<u64>);

#[command]
struct Place;

#[handler]
fn place(_: Place, _counter: &Counter) {}

fn main() {}
