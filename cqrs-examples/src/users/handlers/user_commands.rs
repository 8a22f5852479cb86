//! The write side: the business rules.

use cqrs_core::{Events, handler};

use crate::users::messages::{CreateUser, UpdateUserName, User, UserCreated, UserError, UserRenamed};
use crate::users::store::UserWrites;

/// Stores a new user, and tells of it.
#[handler]
pub async fn create_user(cmd: CreateUser, users: &mut dyn UserWrites, events: &mut Events) -> Result<User, UserError> {
    if cmd.email.trim().is_empty() {
        return Err(UserError::EmailRequired);
    }
    let user = users.create(cmd.name, cmd.email).await?;
    events.raise(UserCreated::from(user.clone()));
    Ok(user)
}

/// Renames a user, and tells of it.
#[handler]
pub async fn update_user_name(
    cmd: UpdateUserName,
    users: &mut dyn UserWrites,
    events: &mut Events,
) -> Result<User, UserError> {
    let renamed = users.rename(cmd.user_id, cmd.new_name).await?;
    let user = renamed.ok_or(UserError::NotFound(cmd.user_id))?;
    events.raise(UserRenamed::from(user.clone()));
    Ok(user)
}
