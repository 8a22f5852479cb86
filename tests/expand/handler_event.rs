use cqrs_core::{EventMeta, event, handler};

pub trait Mailer: Send + Sync {
    fn send(&self, number: u64) -> std::io::Result<()>;
}

#[event(transient)]
#[derive(Clone)]
pub struct OrderPlaced {
    pub number: u64,
}

#[handler]
pub async fn mail(event: OrderPlaced, _meta: EventMeta, mailer: &dyn Mailer) -> std::io::Result<()> {
    mailer.send(event.number)
}
