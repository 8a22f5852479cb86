//! The store in the memory of the process, and the providers that hand it out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cqrs_core::{InMemoryLedger, InMemoryUnit, Ledger, Page, PageSize, ReadOnly, provide};

use super::messages::{User, UserId};
use super::store::{Answer, UserViewUpdates, UserViews, UserWrites};

/// The table that commands write. One per bus; it ends with the process.
#[derive(Debug, Clone, Default)]
pub struct InMemoryUsers(Arc<Mutex<Rows>>);

#[derive(Debug, Default)]
struct Rows {
    last_id: i64,
    users: BTreeMap<UserId, User>,
}

/// The table that queries read, a step behind the other. One per bus; it ends with the process.
#[derive(Debug, Clone, Default)]
pub struct InMemoryUserViews(Arc<Mutex<BTreeMap<UserId, User>>>);

#[provide]
fn users() -> InMemoryUsers {
    InMemoryUsers::default()
}

#[provide]
fn views() -> InMemoryUserViews {
    InMemoryUserViews::default()
}

/// What was answered under which key, for a day.
#[provide]
fn ledger() -> Arc<dyn Ledger> {
    Arc::new(InMemoryLedger::new(10_000, Duration::from_secs(24 * 60 * 60)))
}

/// For each call of a command: what it writes is put off until the call's unit of work commits.
#[provide]
fn writes(unit: InMemoryUnit, users: &InMemoryUsers) -> Box<dyn UserWrites> {
    Box::new(InMemoryUserWrites { users: users.clone(), unit, written: BTreeMap::new() })
}

#[provide]
fn views_for_queries(views: &InMemoryUserViews) -> Arc<dyn UserViews> {
    Arc::new(views.clone())
}

/// For each event that the views follow.
#[provide]
fn updates_of_views(unit: InMemoryUnit, views: &InMemoryUserViews) -> Box<dyn UserViewUpdates> {
    Box::new(InMemoryUserViewUpdates { views: views.clone(), unit })
}

/// The users as one call sees them: the table, and over it what the call has written.
struct InMemoryUserWrites {
    users: InMemoryUsers,
    unit: InMemoryUnit,
    written: BTreeMap<UserId, User>,
}

impl InMemoryUserWrites {
    fn write(&mut self, user: &User) {
        self.written.insert(user.id, user.clone());
        let (users, user) = (self.users.clone(), user.clone());
        self.unit.on_commit(move || {
            lock(&users.0).users.insert(user.id, user);
        });
    }
}

impl UserWrites for InMemoryUserWrites {
    fn create(&mut self, name: String, email: String) -> Answer<'_, User> {
        let id = {
            // Taken for good, like a number of a sequence: a call that rolls back leaves a gap.
            let mut rows = lock(&self.users.0);
            rows.last_id += 1;
            UserId(rows.last_id)
        };
        let user = User { id, name, email };
        self.write(&user);
        Box::pin(async { Ok(user) })
    }

    fn rename(&mut self, id: UserId, new_name: String) -> Answer<'_, Option<User>> {
        let found = self.written.get(&id).cloned().or_else(|| lock(&self.users.0).users.get(&id).cloned());
        let renamed = found.map(|user| User { name: new_name, ..user });
        if let Some(user) = &renamed {
            self.write(user);
        }
        Box::pin(async { Ok(renamed) })
    }
}

// Nothing that a command owns can be changed through `UserViews`.
impl ReadOnly for InMemoryUserViews {}

impl UserViews for InMemoryUserViews {
    fn by_id(&self, id: UserId) -> Answer<'_, Option<User>> {
        Box::pin(async move { Ok(lock(&self.0).get(&id).cloned()) })
    }

    fn page(&self, page: Page, size: PageSize) -> Answer<'_, Vec<User>> {
        Box::pin(async move {
            // What no machine can hold is past the end anyway.
            let offset = usize::try_from(page.offset(size)).unwrap_or(usize::MAX);
            Ok(lock(&self.0).values().skip(offset).take(size.limit() as usize).cloned().collect())
        })
    }
}

struct InMemoryUserViewUpdates {
    views: InMemoryUserViews,
    unit: InMemoryUnit,
}

impl UserViewUpdates for InMemoryUserViewUpdates {
    fn add(&mut self, user: User) -> Answer<'_, ()> {
        let views = self.views.clone();
        self.unit.on_commit(move || {
            lock(&views.0).entry(user.id).or_insert(user);
        });
        Box::pin(async { Ok(()) })
    }

    fn put(&mut self, user: User) -> Answer<'_, ()> {
        let views = self.views.clone();
        self.unit.on_commit(move || {
            lock(&views.0).insert(user.id, user);
        });
        Box::pin(async { Ok(()) })
    }
}

/// A panic elsewhere leaves the tables whole: each change is one insert.
fn lock<T>(table: &Mutex<T>) -> MutexGuard<'_, T> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}
