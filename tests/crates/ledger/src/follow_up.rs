//! What follows from an entry: in its own transaction, from its event, and through the outbox.

use std::time::Duration;

use cqrs_core::{BoxError, EventMeta, Events, Fault, Outbox, command, event, handler};
use cqrs_sqlite::WriteTx;
use serde::{Deserialize, Serialize};

use crate::Settings;
use crate::accounts::{POISONED, Posted};
use crate::answers::say;

/// Confirms a command's entries: sent through the outbox.
#[command(error = Fault, wire)]
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Confirm {
    /// Whose.
    pub command: String,
}

/// A command's entries are confirmed.
#[event(name = "ledger.confirmed")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// Whose.
    pub command: String,
}

/// Files a confirmation: sent by a handler of an event through the outbox.
#[command(error = Fault, wire)]
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct File {
    /// Whose.
    pub command: String,
}

#[handler]
async fn confirm(cmd: Confirm, tx: &mut WriteTx, events: &mut Events) -> Result<(), Fault> {
    tx.defer_execute("INSERT INTO confirmation (command) VALUES (?)", (cmd.command.clone(),)).await?;
    events.raise(Confirmed { command: cmd.command });
    Ok(())
}

#[handler]
async fn file(cmd: File, tx: &mut WriteTx) -> Result<(), Fault> {
    tx.execute("INSERT INTO filing (command) VALUES (?)", (cmd.command,)).await.map(drop)
}

const ADD: &str = "(account, posts, sum) VALUES (?, 1, ?)
    ON CONFLICT (account) DO UPDATE SET posts = posts + 1, sum = sum + excluded.sum";

/// In the transaction of the command.
#[handler(inline)]
async fn tally(event: Posted, tx: &mut WriteTx) -> Result<(), BoxError> {
    Ok(tx.defer_execute(format!("INSERT INTO tally {ADD}"), (event.account, event.amount)).await?)
}

/// In the transaction that moves the checkpoint.
#[handler(name = "balances", from = start)]
async fn balance(event: Posted, settings: &Settings, tx: &mut WriteTx) -> Result<(), BoxError> {
    if settings.pauses() {
        say("paused");
        tokio::time::sleep(Duration::from_secs(3)).await;
        say("resumed");
    }
    let (account, amount) = (event.account, event.amount);
    tx.execute(format!("INSERT INTO balance {ADD}"), (account, amount)).await?;
    if account == POISONED && settings.poison().exists() {
        panic!("poison");
    }
    Ok(())
}

/// Without a transaction: at least once, in order.
#[handler(name = "mail", from = start)]
async fn mail(_: Posted, meta: EventMeta, settings: &Settings) -> Result<(), BoxError> {
    let position = meta.position().ok_or("an event of a store has a position")?;
    Ok(settings.send(&format!("{position} {}", meta.event_id()))?)
}

/// Writes nothing itself, and sends a command.
#[handler(name = "files", from = start)]
async fn send_to_files(event: Confirmed, outbox: &mut Outbox) {
    outbox.send(File { command: event.command });
}
