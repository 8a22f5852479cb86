//! The read side: questions, and no rules.

use cqrs_core::{Fault, handler};

use crate::users::messages::{GetUserById, ListUsers, User, UserError, Users};
use crate::users::store::UserViews;

/// One user of the read model.
#[handler]
pub async fn get_user(query: GetUserById, views: &dyn UserViews) -> Result<User, UserError> {
    views.by_id(query.user_id).await?.ok_or(UserError::NotFound(query.user_id))
}

/// One page of the read model.
#[handler]
pub async fn list_users(query: ListUsers, views: &dyn UserViews) -> Result<Users, Fault> {
    Ok(Users { users: views.page(query.page, query.page_size).await? })
}
