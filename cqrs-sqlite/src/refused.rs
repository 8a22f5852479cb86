//! What SQL of others may not do on a connection of the store, and what they are told instead.
//!
//! SQLite asks as it prepares a statement, and for what the triggers of that statement do.

use rusqlite::hooks::{AuthAction, AuthContext, TransactionOperation};

/// Tables, indices, triggers and savepoints of this prefix are the framework's.
const OURS: &str = "cq_";

/// Whose SQL it is that may not do everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// A handler's, a repository's or a query's.
    Handler,
    /// A migration of the application's.
    Migration,
}

/// What was refused.
#[derive(Debug)]
pub(crate) struct Refused {
    /// What it was, why it may not be, and what to do instead.
    pub(crate) text: String,
    /// Whether it was to begin or to end the transaction.
    pub(crate) of_transaction: bool,
}

/// Whether this may not be done, and why.
pub(crate) fn refuse(context: &AuthContext<'_>, whose: Whose) -> Option<Refused> {
    let text = match context.action {
        AuthAction::Transaction { operation } => {
            let text = format!(
                "a handler neither begins nor ends a transaction, so `{}` was refused: its call is one, which the bus \
                 commits; return an error to leave nothing of it",
                verb(operation)
            );
            return Some(Refused { text, of_transaction: true });
        }
        AuthAction::Savepoint { operation, savepoint_name: name } if ours(name) => match operation {
            TransactionOperation::Begin => format!(
                "`SAVEPOINT` was refused for `{name}`: names that begin with `{OURS}` are the framework's, choose another"
            ),
            _ => format!(
                "`{}` was refused for `{name}`: this savepoint is the framework's; return an error to leave nothing of \
                 the call, or begin a savepoint of another name",
                verb(operation)
            ),
        },
        AuthAction::Pragma { pragma_name: name, pragma_value: value } => pragma(name, value, whose)?,
        AuthAction::Attach { .. } => elsewhere("ATTACH"),
        AuthAction::Detach { .. } => elsewhere("DETACH"),
        _ => return of_table(context),
    };
    Some(Refused { text, of_transaction: false })
}

fn ours(name: &str) -> bool {
    name.get(..OURS.len()).is_some_and(|start| start.eq_ignore_ascii_case(OURS))
}

fn verb(operation: TransactionOperation) -> &'static str {
    match operation {
        TransactionOperation::Begin => "BEGIN",
        TransactionOperation::Release => "RELEASE",
        TransactionOperation::Rollback => "ROLLBACK",
        // The one that it has no name for.
        _ => "COMMIT",
    }
}

fn elsewhere(verb: &str) -> String {
    format!(
        "`{verb}` was refused: what is written in two files is no one transaction, and a file would stay attached for \
         the calls of others; open it with a connection of its own"
    )
}

/// Why a pragma is refused, unless it asks something, or ends with the transaction, or is kept in the file.
fn pragma(name: &str, value: Option<&str>, whose: Whose) -> Option<String> {
    const CHECKPOINT: &str = "wal_checkpoint";
    const ASK: [&str; 14] = [
        "defer_foreign_keys",
        "foreign_key_check",
        "foreign_key_list",
        "incremental_vacuum",
        "index_info",
        "index_list",
        "index_xinfo",
        "integrity_check",
        "optimize",
        "quick_check",
        "table_info",
        "table_list",
        "table_xinfo",
        "user_version",
    ];
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    if is(CHECKPOINT) {
        return Some(format!("`PRAGMA {name}` was refused: the writer does that itself after commits"));
    }
    // A migration runs with them off, and they are checked before its commit: to say so too does nothing.
    let of_migration = whose == Whose::Migration && is("foreign_keys");
    if value.is_none() || of_migration || ASK.iter().any(|ask| is(ask)) {
        return None;
    }
    Some(format!(
        "`PRAGMA {name}` was refused: what it sets would stay for the calls of others, so leave it out; what can be \
         chosen is in `Options`"
    ))
}

/// Why something is refused that writes a table of the framework, changes it, or takes its name.
fn of_table(context: &AuthContext<'_>) -> Option<Refused> {
    use AuthAction::{
        AlterTable, CreateIndex, CreateTable, CreateTempIndex, CreateTempTable, CreateTempTrigger, CreateTempView,
        CreateTrigger, CreateView, CreateVtable, Delete, DropIndex, DropTable, DropTempIndex, DropTempTable,
        DropTempTrigger, DropTempView, DropTrigger, DropView, DropVtable, Insert, Update,
    };
    let (verb, table, name) = match context.action {
        Insert { table_name } => ("INSERT", table_name, None),
        Update { table_name, .. } => ("UPDATE", table_name, None),
        Delete { table_name } => ("DELETE", table_name, None),
        AlterTable { table_name, .. } if ours(table_name) => ("ALTER TABLE", table_name, None),
        // The name that it is to have is told to nobody, and would stand before that of a table of the file.
        AlterTable { table_name, database_name } if database_name.eq_ignore_ascii_case("temp") => {
            let text = format!("`ALTER TABLE` was refused for `{table_name}`: make a temporary table as it has to be");
            return Some(Refused { text, of_transaction: false });
        }
        DropTable { table_name } | DropTempTable { table_name } | DropVtable { table_name, .. } => {
            ("DROP TABLE", table_name, None)
        }
        DropView { view_name } | DropTempView { view_name } => ("DROP VIEW", view_name, None),
        DropIndex { index_name, table_name } | DropTempIndex { index_name, table_name } => {
            ("DROP INDEX", table_name, Some(index_name))
        }
        DropTrigger { trigger_name, table_name } | DropTempTrigger { trigger_name, table_name } => {
            ("DROP TRIGGER", table_name, Some(trigger_name))
        }
        CreateIndex { index_name, table_name } | CreateTempIndex { index_name, table_name } => {
            ("CREATE INDEX", table_name, Some(index_name))
        }
        CreateTrigger { trigger_name, table_name } | CreateTempTrigger { trigger_name, table_name } => {
            ("CREATE TRIGGER", table_name, Some(trigger_name))
        }
        CreateTable { table_name } | CreateTempTable { table_name } | CreateVtable { table_name, .. } => {
            ("CREATE TABLE", "", Some(table_name))
        }
        CreateView { view_name } | CreateTempView { view_name } => ("CREATE VIEW", "", Some(view_name)),
        _ => return None,
    };
    let text = if ours(table) {
        let by = context.accessor.map(|trigger| format!(" by the trigger `{trigger}`")).unwrap_or_default();
        format!(
            "`{verb}`{by} was refused for `{table}`: it is a table of the framework, which SQL of the application \
             reads and never changes; {}",
            instead(table)
        )
    } else {
        let name = name.filter(|name| ours(name))?;
        format!("`{verb}` was refused for `{name}`: names that begin with `{OURS}` are the framework's, choose another")
    };
    Some(Refused { text, of_transaction: false })
}

/// How the application has something of the framework changed.
fn instead(table: &str) -> &'static str {
    match &*table.to_ascii_lowercase() {
        "cq_event" => "raise an event with `Events`",
        "cq_outbox" => "send a command with `Outbox`, and retry or drop one with `Bus::outbox`",
        "cq_subscription" | "cq_dead_letter" => "replay or skip dead letters with `Bus::subscription`",
        _ => "the bus keeps it; have a table of your own for what is yours",
    }
}

/// What is told of a write after the transaction of its call has been rolled back.
pub(crate) const TOO_LATE: &str = "SQLite had rolled back the transaction of the call before, and what is written after \
                                   that is not kept: give the first error back";
