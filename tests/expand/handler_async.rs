use cqrs_core::{Context, Events, command, event, handler};

pub struct Prices;

pub trait Mailer: Send + Sync {
    fn send(&self, number: u64);
}

pub trait Orders: Send {
    fn add(&mut self, number: u64);
}

#[event(transient)]
#[derive(Clone)]
pub struct OrderPlaced;

#[derive(Debug)]
pub struct OrderError;

#[command(output = u64, error = OrderError)]
pub struct PlaceOrder {
    pub number: u64,
}

#[handler]
pub async fn place_order(
    cmd: PlaceOrder,
    _prices: &Prices,
    mailer: &dyn Mailer,
    events: &mut Events,
    orders: &mut dyn Orders,
    _context: Context,
) -> Result<u64, OrderError> {
    orders.add(cmd.number);
    events.raise(OrderPlaced);
    mailer.send(cmd.number);
    Ok(cmd.number)
}
