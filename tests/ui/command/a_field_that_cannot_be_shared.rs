use std::rc::Rc;

use cqrs_core::command;

#[command]
struct Place {
    customer: Rc<str>,
}

fn main() {}
