//! The subscriber: after the commit of a command, the read model follows.

use cqrs_core::{Fault, handler};

use crate::users::messages::{UserCreated, UserRenamed};
use crate::users::store::UserViewUpdates;

/// Shows who was created.
#[handler]
pub async fn show_created(event: UserCreated, views: &mut dyn UserViewUpdates) -> Result<(), Fault> {
    views.add(event.user).await
}

/// Shows the new name.
#[handler]
pub async fn show_renamed(event: UserRenamed, views: &mut dyn UserViewUpdates) -> Result<(), Fault> {
    views.put(event.user).await
}
