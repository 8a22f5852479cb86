use cqrs_core::{CommandBus, Events, InMemoryUnit, command, handler};

#[command]
struct Place;

#[handler]
async fn place(_: Place, _bus: CommandBus, _events: &mut Events) {}

type Commands = CommandBus;

trait Orders: Send {}

#[command]
struct Cancel;

#[handler]
async fn cancel(_: Cancel, _unit: &mut InMemoryUnit, _orders: &mut dyn Orders, _bus: Commands) {}

fn main() {}
