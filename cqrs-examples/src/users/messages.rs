//! What can be asked of the application, and what it tells.

use cqrs_core::{Fault, Page, PageSize, Problem, command, event, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a user is called by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct UserId(pub i64);

impl std::fmt::Display for UserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A user as commands answer it and queries show it.
///
/// The page's `created_at` is left out: with it, the same input would not give the same output twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    /// Given by the store, from 1.
    pub id: UserId,
    /// What people call them.
    pub name: String,
    /// Where mail reaches them.
    pub email: String,
}

/// The users of one page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Users {
    /// By id.
    pub users: Vec<User>,
}

/// Creates a user. The e-mail address is required.
///
/// Under one `Idempotency-Key` a user is created once, however often the request is sent.
#[command(
    output = User,
    error = UserError,
    authorize = "users:write",
    idempotent,
    timeout = "5s",
    http(post = "/users", status = 201, location = "/users/{id}"),
)]
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    /// What people call them.
    pub name: String,
    /// Where mail reaches them.
    #[schemars(regex(pattern = r"\S"))]
    pub email: String,
}

/// Gives a user another name.
#[command(
    output = User,
    error = UserError,
    authorize = "users:write",
    timeout = "5s",
    retry(3, on = conflict),
    http(put = "/users/{user_id}/name"),
)]
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateUserName {
    /// Whose.
    pub user_id: UserId,
    /// The name from now on.
    pub new_name: String,
}

/// Shows one user.
#[query(
    output = User,
    error = UserError,
    authorize = "users:read",
    cache(ttl = "60s", shared, invalidated_by(UserCreated, UserRenamed)),
    http(get = "/users/{user_id}"),
)]
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetUserById {
    /// Which.
    pub user_id: UserId,
}

/// Lists users by id, a page at a time.
#[query(output = Users, error = Fault, authorize = "users:read", timeout = "5s", http(get = "/users"))]
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListUsers {
    /// From 1; 1 unless said otherwise.
    pub page: Page,
    /// From 1 to 100; 20 unless said otherwise.
    pub page_size: PageSize,
}

/// A user was created.
///
/// A store keeps it under its name for as long as there is a log, so the name is not the type's.
#[event(name = "user.created")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserCreated {
    /// Who: the events of one user are a stream.
    #[aggregate_id]
    pub user_id: UserId,
    /// What people call them.
    pub name: String,
    /// Where mail reaches them.
    pub email: String,
}

/// A user has another name.
#[event(name = "user.renamed")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserRenamed {
    /// Who.
    #[aggregate_id]
    pub user_id: UserId,
    /// What people call them from now on.
    pub name: String,
    /// Where mail reaches them, as before: whoever hears of this first of all knows the whole user.
    pub email: String,
}

macro_rules! tells_of_a_user {
    ($($event:ident),*) => {$(
        impl From<User> for $event {
            fn from(User { id, name, email }: User) -> Self {
                $event { user_id: id, name, email }
            }
        }

        impl From<$event> for User {
            fn from($event { user_id, name, email }: $event) -> Self {
                User { id: user_id, name, email }
            }
        }
    )*};
}
tells_of_a_user!(UserCreated, UserRenamed);

/// Why a message about users is refused.
#[derive(Debug, Serialize, Deserialize, thiserror::Error, Problem)]
pub enum UserError {
    /// A user is created without an address.
    #[error("email is required")]
    #[problem(status = 400)]
    EmailRequired,
    /// Nobody has this id.
    #[error("user {0} not found")]
    #[problem(status = 404)]
    NotFound(UserId),
    /// The store could not: no word of ours, so the bus takes it out and tells it apart.
    #[error(transparent)]
    #[fault]
    #[serde(skip)]
    Store(Fault),
}
