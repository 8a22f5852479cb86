//! What is written into accounts: commands that write in each of the ways there are, and one event for each entry.

use cqrs_core::{Events, Fault, Outbox, command, event, handler};
use cqrs_sqlite::WriteTx;
use serde::{Deserialize, Serialize};

use crate::follow_up::Confirm;

/// The account whose events cannot be handled while the [poison](crate::Settings::poison) is there.
pub const POISONED: u32 = 666;

/// An amount that is refused, after it was written.
pub const REFUSED: i64 = 0;

/// An amount at which the handler panics, after it has written.
pub const PANICS: i64 = -1;

/// An entry was made.
#[event(name = "ledger.posted")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The id of the command.
    pub command: String,
    /// Where.
    #[aggregate_id("account")]
    pub account: u32,
    /// How much.
    pub amount: i64,
}

/// Makes an entry with the writer held, and has it confirmed.
#[command(error = PostError)]
#[derive(Debug, Clone)]
pub struct Post {
    /// The command's id.
    pub id: String,
    /// Where.
    pub account: u32,
    /// How much.
    pub amount: i64,
}

/// Makes an entry in the group's commit.
#[command(error = PostError)]
#[derive(Debug, Clone)]
pub struct Put {
    /// The command's id.
    pub id: String,
    /// Where.
    pub account: u32,
    /// How much.
    pub amount: i64,
}

/// Makes two entries, one put off and one with the writer held, and has them confirmed.
#[command(error = PostError)]
#[derive(Debug, Clone)]
pub struct Transfer {
    /// The command's id.
    pub id: String,
    /// Whence.
    pub from: u32,
    /// Whither.
    pub to: u32,
    /// How much.
    pub amount: i64,
}

/// Makes an entry once for each key.
#[command(output = u32, error = PostError, idempotent)]
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PostOnce {
    /// The command's id, which is its key.
    pub id: String,
    /// Where.
    pub account: u32,
    /// How much.
    pub amount: i64,
}

/// Why an entry was not made.
#[derive(Debug, Serialize, Deserialize, cqrs_core::Problem)]
pub enum PostError {
    /// Nothing is no amount.
    #[problem(status = 422)]
    NoAmount,
    /// What only the store can say.
    #[fault]
    #[serde(skip)]
    Fault(Fault),
}

impl std::fmt::Display for PostError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PostError::NoAmount => f.write_str("nothing is no amount"),
            PostError::Fault(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for PostError {}

const ENTRY: &str = "INSERT INTO entry (command, account, amount) VALUES (?, ?, ?)";

/// What every command does last, so that whatever goes wrong goes wrong after everything was written.
fn judged(amount: i64) -> Result<(), PostError> {
    match amount {
        REFUSED => Err(PostError::NoAmount),
        PANICS => panic!("an amount to panic at"),
        _ => Ok(()),
    }
}

#[handler]
async fn post(cmd: Post, tx: &mut WriteTx, events: &mut Events, outbox: &mut Outbox) -> Result<(), PostError> {
    let Post { id, account, amount } = cmd;
    tx.execute(ENTRY, (id.clone(), account, amount)).await?;
    events.raise(Posted { command: id.clone(), account, amount });
    outbox.send(Confirm { command: id });
    judged(amount)
}

#[handler]
async fn put(cmd: Put, tx: &mut WriteTx, events: &mut Events) -> Result<(), PostError> {
    let Put { id, account, amount } = cmd;
    tx.defer_execute(ENTRY, (id.clone(), account, amount)).await?;
    events.raise(Posted { command: id, account, amount });
    judged(amount)
}

#[handler]
async fn transfer(cmd: Transfer, tx: &mut WriteTx, events: &mut Events, outbox: &mut Outbox) -> Result<(), PostError> {
    let Transfer { id, from, to, amount } = cmd;
    tx.defer_execute(ENTRY, (id.clone(), from, -amount)).await?;
    events.raise(Posted { command: id.clone(), account: from, amount: -amount });
    tx.execute(ENTRY, (id.clone(), to, amount)).await?;
    events.raise(Posted { command: id.clone(), account: to, amount });
    outbox.send(Confirm { command: id });
    judged(amount)
}

#[handler]
async fn post_once(cmd: PostOnce, tx: &mut WriteTx, events: &mut Events) -> Result<u32, PostError> {
    let PostOnce { id, account, amount } = cmd;
    tx.defer_execute(ENTRY, (id.clone(), account, amount)).await?;
    events.raise(Posted { command: id, account, amount });
    judged(amount)?;
    Ok(account)
}
