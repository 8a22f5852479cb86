//! The audit trail: who ran which command, when, and what came of it.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::call::context::Context;
use crate::call::ids::{CorrelationId, MessageId};
use crate::store::position::Position;

/// One command that somebody sent, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// The command's name.
    pub command: Cow<'static, str>,
    /// Who, for whom, from where, as part of what: [`message_id`](Context::message_id) is the command's own id.
    pub call: Context,
    /// What came of it.
    pub outcome: AuditOutcome,
    /// When it began, by the clock of the bus.
    pub started_at: SystemTime,
    /// How long it took, as far as the commit.
    pub duration: Duration,
    /// The first and the last of the events that it raised. The store fills it in.
    pub events: Option<(Position, Position)>,
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuditOutcome {
    /// It was carried out.
    Succeeded,
    /// Its handler said no.
    Rejected,
    /// It had been carried out before under the same idempotency key, and was answered the same.
    Answered,
    /// The bus refused it or could not carry it through: the fault, with all sources.
    Faulted(String),
}

impl AuditOutcome {
    /// In a word, as a store keeps it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            AuditOutcome::Succeeded => "succeeded",
            AuditOutcome::Rejected => "rejected",
            AuditOutcome::Answered => "answered",
            AuditOutcome::Faulted(_) => "faulted",
        }
    }

    /// The fault's text, of one that [faulted](AuditOutcome::Faulted).
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        match self {
            AuditOutcome::Faulted(text) => Some(text),
            _ => None,
        }
    }

    /// What a store has kept: the word, and the fault's text.
    #[must_use]
    pub fn kept(word: &str, fault: Option<String>) -> Option<Self> {
        match word {
            "succeeded" => Some(AuditOutcome::Succeeded),
            "rejected" => Some(AuditOutcome::Rejected),
            "answered" => Some(AuditOutcome::Answered),
            "faulted" => Some(AuditOutcome::Faulted(fault.unwrap_or_default())),
            _ => None,
        }
    }
}

impl fmt::Display for AuditOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault() {
            Some(text) => write!(f, "faulted: {text}"),
            None => f.write_str(self.as_str()),
        }
    }
}

/// Which rows of the audit trail: those that all of it is true of, the latest first.
///
/// ```
/// use cqrs_core::AuditQuery;
///
/// let query = AuditQuery::default().by("ada").command("PlaceOrder").limit(20);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "pass it to `Bus::audit`"]
pub struct AuditQuery {
    /// Of this caller.
    pub actor: Option<String>,
    /// Of commands of this name.
    pub command: Option<String>,
    /// The command with this id.
    pub command_id: Option<MessageId>,
    /// What belongs to this.
    pub correlation: Option<CorrelationId>,
    /// For this tenant.
    pub tenant: Option<String>,
    /// Begun at this time or later.
    pub since: Option<SystemTime>,
    /// Begun before this time.
    pub until: Option<SystemTime>,
    /// How many at most.
    pub limit: usize,
}

/// How many rows a query gives unless it says otherwise.
const LIMIT: usize = 100;

impl Default for AuditQuery {
    fn default() -> Self {
        AuditQuery {
            actor: None,
            command: None,
            command_id: None,
            correlation: None,
            tenant: None,
            since: None,
            until: None,
            limit: LIMIT,
        }
    }
}

impl AuditQuery {
    /// Commands that this caller sent: the [id](crate::Principal::id) of the principal.
    pub fn by(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// Commands of this name.
    pub fn command(mut self, name: impl Into<String>) -> Self {
        self.command = Some(name.into());
        self
    }

    /// The command with this id.
    pub fn command_id(mut self, id: MessageId) -> Self {
        self.command_id = Some(id);
        self
    }

    /// Commands that belong to this.
    pub fn correlation(mut self, id: impl Into<CorrelationId>) -> Self {
        self.correlation = Some(id.into());
        self
    }

    /// Commands for this tenant.
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// Commands that began at this time or later.
    pub fn since(mut self, time: SystemTime) -> Self {
        self.since = Some(time);
        self
    }

    /// Commands that began before this time.
    pub fn until(mut self, time: SystemTime) -> Self {
        self.until = Some(time);
        self
    }

    /// At most so many, the latest; 100 unless said otherwise.
    pub fn limit(mut self, rows: usize) -> Self {
        self.limit = rows;
        self
    }

    /// Whether a row is one of those that are asked for.
    #[must_use]
    pub fn admits(&self, entry: &AuditEntry) -> bool {
        let AuditQuery { actor, command, command_id, correlation, tenant, since, until, limit: _ } = self;
        let call = &entry.call;
        let is = |asked: &Option<String>, held: Option<&str>| asked.is_none() || asked.as_deref() == held;
        is(actor, call.principal().map(|who| who.id()))
            && is(command, Some(&entry.command))
            && is(tenant, call.tenant())
            && command_id.is_none_or(|id| id == call.message_id())
            && correlation.as_ref().is_none_or(|id| id == call.correlation_id())
            && since.is_none_or(|since| entry.started_at >= since)
            && until.is_none_or(|until| entry.started_at < until)
    }
}
