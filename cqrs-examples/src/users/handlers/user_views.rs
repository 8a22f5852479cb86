//! The subscriber: after the commit of a command, the read model follows.
//!
//! Where the bus has a store, each of the two has a checkpoint there, under its name: how far in the log it has come.
//! Both begin with the oldest event (`from = start`), since a read model without the first users would be wrong. They do
//! not wait for each other, so what they do is right in any order.

use cqrs_core::{Fault, handler};

use crate::users::messages::{UserCreated, UserRenamed};
use crate::users::store::UserViewUpdates;

/// Shows who was created.
#[handler(name = "user-views.created", from = start)]
pub async fn show_created(event: UserCreated, views: &mut dyn UserViewUpdates) -> Result<(), Fault> {
    views.add(event.into()).await
}

/// Shows the new name.
#[handler(name = "user-views.renamed", from = start)]
pub async fn show_renamed(event: UserRenamed, views: &mut dyn UserViewUpdates) -> Result<(), Fault> {
    views.put(event.into()).await
}
