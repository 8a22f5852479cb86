//! Methods handle: with and without `&self`, with `Self` in their types, with lifetimes of their own.

use cqrs_core::{Context, Events, command, handler};

struct Orders;

#[command]
struct Place;

#[command(output = Move)]
struct Move;

#[command]
struct Ship;

#[command]
struct Cancel;

#[handler]
impl Orders {
    async fn place<'a>(&'a self, _: Place, _events: &'a mut Events) {}

    fn associated(_: Ship, _orders: &Self, _context: Context) {}

    fn cancel(&self, _: Cancel, _again: &Self) {}
}

#[handler]
impl Move {
    fn run(message: Self) -> Self {
        message
    }
}

fn main() {}
