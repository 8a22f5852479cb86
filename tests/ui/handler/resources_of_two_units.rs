use std::sync::Arc;

use cqrs_core::{Fault, Records, Resource, Scope, UnitOfWork, command, handler};

struct Orders;
struct Invoices;
struct OrdersTx;
struct InvoicesTx;

impl UnitOfWork for Orders {
    type Store = ();
    async fn open(_: &Arc<()>) -> Result<Self, Fault> {
        Ok(Orders)
    }
    async fn commit(self, _: &Records) -> Result<(), Fault> {
        Ok(())
    }
}

impl UnitOfWork for Invoices {
    type Store = ();
    async fn open(_: &Arc<()>) -> Result<Self, Fault> {
        Ok(Invoices)
    }
    async fn commit(self, _: &Records) -> Result<(), Fault> {
        Ok(())
    }
}

impl<C: Sync> Resource<C> for OrdersTx {
    type Unit = Orders;
    async fn open(_: &mut Scope, _: &C) -> Result<Self, Fault> {
        Ok(OrdersTx)
    }
    async fn stage(self, _: &mut Scope) -> Result<(), Fault> {
        Ok(())
    }
}

impl<C: Sync> Resource<C> for InvoicesTx {
    type Unit = Invoices;
    async fn open(_: &mut Scope, _: &C) -> Result<Self, Fault> {
        Ok(InvoicesTx)
    }
    async fn stage(self, _: &mut Scope) -> Result<(), Fault> {
        Ok(())
    }
}

#[command]
struct Place;

#[handler]
async fn place(_: Place, _orders: &mut OrdersTx, _invoices: &mut InvoicesTx) {}

fn main() {}
