use std::rc::Rc;

use cqrs_core::command;

#[command(output = Rc<str>)]
struct Place;

fn main() {}
