//! The store in a database: the tables, and what the handlers take on them.
//!
//! Nothing here is a provider: the program has this store if it is told a path, and the one in memory otherwise, so a
//! builder is given what stands in for the providers of [`in_memory`](super::in_memory).

use std::path::PathBuf;
use std::sync::Arc;

use cqrs_core::{Builder, Bus, Fault, Page, PageSize, ReadOnly};
use cqrs_sqlite::{OpenError, ReadDb, Sqlite, WriteTx};

use super::messages::{User, UserId};
use super::store::{Answer, UserViewUpdates, UserViews, UserWrites};

/// The schema, oldest first. What commands write and what queries read are tables apart: nothing but the handlers of
/// events brings a user from the one into the other.
pub const MIGRATIONS: [(&str, &str); 2] = [
    (
        "users",
        "CREATE TABLE user (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, email TEXT NOT NULL) STRICT",
    ),
    (
        "views of users",
        "CREATE TABLE user_view (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL) STRICT",
    ),
];

/// Opens the users' database, and makes it if there is none.
///
/// # Errors
/// An [`OpenError`] that says what to do.
pub async fn open(path: impl Into<PathBuf>) -> Result<Sqlite, OpenError> {
    Sqlite::options(path).migrations(MIGRATIONS).open().await
}

/// A bus on this database, with the same handlers as any other.
pub fn bus(db: Sqlite) -> Builder {
    let views: Arc<dyn UserViews> = Arc::new(SqliteUserViews::new(db.reads()));
    Bus::builder()
        .store(db)
        .provide_call(|tx: WriteTx| Box::new(SqliteUserWrites::new(tx)) as Box<dyn UserWrites>)
        .provide_call(|tx: WriteTx| Box::new(SqliteUserViewUpdates::new(tx)) as Box<dyn UserViewUpdates>)
        .provide_dyn(views)
}

/// The table that commands write, in the transaction of one call.
#[derive(Debug)]
pub struct SqliteUserWrites(WriteTx);

impl SqliteUserWrites {
    /// For the call that this transaction is of.
    #[must_use]
    pub fn new(tx: WriteTx) -> Self {
        SqliteUserWrites(tx)
    }
}

impl UserWrites for SqliteUserWrites {
    fn create(&mut self, name: String, email: String) -> Answer<'_, User> {
        const CREATE: &str = "INSERT INTO user (name, email) VALUES (?, ?) RETURNING id, name, email";
        Box::pin(async move {
            let created = self.0.one(CREATE, (name, email)).await?;
            created.ok_or_else(|| Fault::internal("a user was inserted and not returned"))
        })
    }

    fn rename(&mut self, id: UserId, new_name: String) -> Answer<'_, Option<User>> {
        const RENAME: &str = "UPDATE user SET name = ? WHERE id = ? RETURNING id, name, email";
        Box::pin(self.0.one(RENAME, (new_name, id.0)))
    }
}

/// The table that queries read, written in the transaction of the handler's subscription: what is shown and how far the
/// handler has come are committed at once, so that an event has its effect once.
#[derive(Debug)]
pub struct SqliteUserViewUpdates(WriteTx);

impl SqliteUserViewUpdates {
    /// For the events that this transaction is of.
    #[must_use]
    pub fn new(tx: WriteTx) -> Self {
        SqliteUserViewUpdates(tx)
    }
}

// Neither has to see what is in the table, so both are put off until the commit and hold nobody up.
impl UserViewUpdates for SqliteUserViewUpdates {
    fn add(&mut self, user: User) -> Answer<'_, ()> {
        const ADD: &str = "INSERT INTO user_view (id, name, email) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING";
        Box::pin(self.0.defer_execute(ADD, (user.id.0, user.name, user.email)))
    }

    fn put(&mut self, user: User) -> Answer<'_, ()> {
        const PUT: &str = "INSERT INTO user_view (id, name, email) VALUES (?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email";
        Box::pin(self.0.defer_execute(PUT, (user.id.0, user.name, user.email)))
    }
}

/// The table that queries read, through connections that cannot write.
#[derive(Debug, Clone)]
pub struct SqliteUserViews(ReadDb);

impl SqliteUserViews {
    /// In this database.
    #[must_use]
    pub fn new(db: ReadDb) -> Self {
        SqliteUserViews(db)
    }
}

// A `ReadDb` changes nothing, whatever it is told.
impl ReadOnly for SqliteUserViews {}

impl UserViews for SqliteUserViews {
    fn by_id(&self, id: UserId) -> Answer<'_, Option<User>> {
        Box::pin(self.0.one("SELECT id, name, email FROM user_view WHERE id = ?", (id.0,)))
    }

    fn page(&self, page: Page, size: PageSize) -> Answer<'_, Vec<User>> {
        const PAGE: &str = "SELECT id, name, email FROM user_view ORDER BY id LIMIT ? OFFSET ?";
        Box::pin(self.0.all(PAGE, (size.limit(), page.offset(size))))
    }
}
