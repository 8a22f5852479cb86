//! What the handlers need of a store. Another store is other providers, and no other handlers.

use std::pin::Pin;

use cqrs_core::{Fault, Page, PageSize, ReadOnly};

use super::messages::{User, UserId};

/// What a store answers, in time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'a>>;

/// The write side: it writes in the unit of work of the call that it was made for.
pub trait UserWrites: Send {
    /// Stores a new user.
    fn create(&mut self, name: String, email: String) -> Answer<'_, User>;
    /// Renames a user, if there is one.
    fn rename(&mut self, id: UserId, new_name: String) -> Answer<'_, Option<User>>;
}

/// The read side, for queries: it changes nothing.
pub trait UserViews: ReadOnly + Send + Sync {
    /// One user.
    fn by_id(&self, id: UserId) -> Answer<'_, Option<User>>;
    /// The users of one page, by id.
    fn page(&self, page: Page, size: PageSize) -> Answer<'_, Vec<User>>;
}

/// The read side, for the handlers of events that keep it up to date.
///
/// Both work in any order and as often as they are called: the handlers of two events do not wait for each
/// other, and an event may come twice.
pub trait UserViewUpdates: Send {
    /// Shows this user, unless one of that id is shown already, which is then newer.
    fn add(&mut self, user: User) -> Answer<'_, ()>;
    /// Shows the user like this from now on.
    fn put(&mut self, user: User) -> Answer<'_, ()>;
}
