//! `idempotent`: a command is carried out once for each key of its caller, and answers the same again.

use std::any::Any;
use std::convert::Infallible;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::message::fingerprint::{Fingerprint, fingerprint};
use crate::message::{Dispatched, Message, written};
use crate::pipeline::flights::Place;
use crate::pipeline::ledger::{Ledger, LedgerEntry, LedgerKey};
use crate::pipeline::next::Inner;
use crate::pipeline::outcome::Outcome;
use crate::pipeline::run::Layers;
use crate::result::dispatch_error::DispatchError;
use crate::result::fault::{Effect, Fault, FaultKind};

/// What `idempotent` declares: how a message and its outcomes are written down, without their types.
#[derive(Clone, Copy)]
pub(crate) struct Idempotent {
    fingerprint: fn(&(dyn Any + Send + Sync)) -> Result<Fingerprint, Fault>,
    write: fn(&dyn Any) -> Result<Option<String>, Fault>,
    read: fn(&str) -> Result<Outcome, serde_json::Error>,
}

impl Idempotent {
    /// Of a message; `E` says how its rejections are written down.
    pub(crate) const fn of<C: Message<Output: Kept> + Kept, E: Rejections<C::Error>>() -> Self {
        Idempotent { fingerprint: of_payload::<C>, write: write::<C, E>, read: read::<C, E> }
    }
}

/// What can be kept: written as JSON and read back.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is kept for an `idempotent` command and is not `Serialize` and `Deserialize`",
    label = "this needs serde's traits",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]`: the command and what it answers, output and error, are kept as JSON",
    note = "a `#[fault]` variant of the error is never kept, and says `#[serde(skip)]`"
)]
pub trait Kept: Sized + 'static {
    #[doc(hidden)]
    fn fingerprint(&self) -> serde_json::Result<Fingerprint>;
    #[doc(hidden)]
    fn write(&self) -> serde_json::Result<Value>;
    #[doc(hidden)]
    fn read(value: Value) -> serde_json::Result<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: serde::Serialize + DeserializeOwned + 'static> Kept for T {
    fn fingerprint(&self) -> serde_json::Result<Fingerprint> {
        fingerprint(self)
    }

    fn write(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }

    fn read(value: Value) -> serde_json::Result<Self> {
        serde_json::from_value(value)
    }
}

/// How the rejections of a message are written down.
pub trait Rejections<E>: 'static {
    /// As JSON.
    fn write(error: &E) -> serde_json::Result<Value>;
    /// And back.
    fn read(value: Value) -> serde_json::Result<E>;
}

/// A message with `error = E`.
pub struct Rejected;

/// A message without `error`.
pub struct Never;

impl<E: Kept> Rejections<E> for Rejected {
    fn write(error: &E) -> serde_json::Result<Value> {
        error.write()
    }

    fn read(value: Value) -> serde_json::Result<E> {
        E::read(value)
    }
}

/// A message with `error = Fault`, which is lifted out and never kept.
#[diagnostic::do_not_recommend]
impl Kept for Fault {
    fn fingerprint(&self) -> serde_json::Result<Fingerprint> {
        Err(no_rejection())
    }

    fn write(&self) -> serde_json::Result<Value> {
        Err(no_rejection())
    }

    fn read(_: Value) -> serde_json::Result<Self> {
        Err(no_rejection())
    }
}

impl Rejections<Infallible> for Never {
    fn write(error: &Infallible) -> serde_json::Result<Value> {
        match *error {}
    }

    fn read(_: Value) -> serde_json::Result<Infallible> {
        Err(no_rejection())
    }
}

fn no_rejection() -> serde_json::Error {
    serde::de::Error::custom("the message is never rejected")
}

fn of_payload<C: Message + Kept>(message: &(dyn Any + Send + Sync)) -> Result<Fingerprint, Fault> {
    let message = message.downcast_ref::<C>().ok_or_else(|| Fault::internal("a key came with another message"))?;
    message.fingerprint().map_err(|error| {
        let text = format!("`{}` cannot be written as JSON, which tells one payload from another", C::info().name);
        Fault::internal(text).caused_by(error)
    })
}

pub(crate) fn to_json<C: Message + Kept>(message: &(dyn Any + Send + Sync)) -> Result<Value, Fault> {
    written(message, C::write)
}

/// The outcome as JSON; nothing, for a fault.
fn write<C: Message<Output: Kept>, E: Rejections<C::Error>>(outcome: &dyn Any) -> Result<Option<String>, Fault> {
    let (member, value) = match outcome.downcast_ref::<Dispatched<C>>() {
        Some(Ok(output)) => ("Ok", output.write()),
        Some(Err(DispatchError::Rejected(error))) => ("Err", E::write(error)),
        Some(Err(DispatchError::Fault(_))) => return Ok(None),
        None => return Err(Fault::internal("an outcome is of another message")),
    };
    match value {
        Ok(value) => Ok(Some(serde_json::json!({ member: value }).to_string())),
        Err(error) => {
            let text = format!("the outcome of `{}` cannot be written as JSON, and so not be kept", C::info().name);
            Err(Fault::internal(text).caused_by(error))
        }
    }
}

fn read<C: Message<Output: Kept>, E: Rejections<C::Error>>(text: &str) -> Result<Outcome, serde_json::Error> {
    let read: Result<Value, Value> = serde_json::from_str(text)?;
    Ok(Outcome::of::<C>(match read {
        Ok(value) => Ok(Kept::read(value)?),
        Err(value) => Err(DispatchError::Rejected(E::read(value)?)),
    }))
}

/// How one call's outcome is recorded.
pub(crate) struct Recorder {
    ledger: Arc<dyn Ledger>,
    key: LedgerKey,
    fingerprint: Fingerprint,
    how: Idempotent,
}

impl Recorder {
    /// The entry of an outcome, a [`Dispatched`]; nothing, for a fault.
    pub(crate) fn entry(&self, outcome: &dyn Any) -> Result<Option<LedgerEntry>, Fault> {
        let written = (self.how.write)(outcome)?;
        Ok(written.map(|outcome| LedgerEntry {
            key: self.key.clone(),
            fingerprint: self.fingerprint,
            outcome: outcome.into(),
        }))
    }

    pub(crate) fn ledger(&self) -> &Arc<dyn Ledger> {
        &self.ledger
    }

    /// What the caller is told without the command being carried out: what is recorded, or why nobody can tell.
    pub(crate) async fn answer(&self) -> Option<Outcome> {
        self.recorded().await.unwrap_or_else(|fault| Some(fault.into()))
    }

    /// The outcome that is recorded already, if one is.
    async fn recorded(&self) -> Result<Option<Outcome>, Fault> {
        let Some(entry) = self.ledger.find(&self.key).await? else { return Ok(None) };
        let LedgerKey { message, key, .. } = &self.key;
        if entry.fingerprint != self.fingerprint {
            return Err(Fault::key_reused(format!(
                "the idempotency key `{key}` was used for another `{message}`; send the same again, or take another key"
            )));
        }
        match (self.how.read)(&entry.outcome) {
            Ok(outcome) => Ok(Some(outcome)),
            // Whatever it was, it was done: never a second time.
            Err(error) => Err(Fault::internal(format!(
                "the outcome of `{message}` under the idempotency key `{key}` is not one any more: its output or error has \
                 changed since"
            ))
            .caused_by(error)),
        }
    }
}

impl Layers {
    /// Carries the call out, unless it has been.
    pub(crate) async fn once(&self, how: &Idempotent, inner: Box<dyn Inner>) -> Outcome {
        let Some(key) = LedgerKey::of(&self.context, self.running.message().name) else {
            return self.rest(inner, None).await;
        };
        if key.key.is_empty() {
            let text = "an idempotency key has at least one character: a call without one gives none";
            return Fault::malformed(text).into();
        }
        match self.recorder(how, key, &*inner) {
            Ok(recorder) => self.once_recorded(Arc::new(recorder), inner).await,
            Err(fault) => fault.into(),
        }
    }

    fn recorder(&self, how: &Idempotent, key: LedgerKey, inner: &dyn Inner) -> Result<Recorder, Fault> {
        let ledger = self.bus.container().ready::<dyn Ledger>()?;
        Ok(Recorder { ledger, key, fingerprint: (how.fingerprint)(inner.message())?, how: *how })
    }

    async fn once_recorded(&self, recorder: Arc<Recorder>, inner: Box<dyn Inner>) -> Outcome {
        let mut refused = false;
        let _first = loop {
            let behind = match self.bus.flights().enter(&recorder.key) {
                Place::First(first) => break first,
                Place::Behind(_) if refused => return Self::still_running(&recorder.key).into(),
                Place::Behind(behind) => behind,
            };
            match self.context.refuses_if_running() {
                true => refused = true,
                false => behind.wait().await,
            }
            // What somebody else has done is read without being alone with it.
            if let Some(answer) = recorder.answer().await {
                self.context.is_answered();
                return answer;
            }
        };
        if let Some(answer) = recorder.answer().await {
            self.context.is_answered();
            return answer;
        }
        let outcome = self.rest(inner, Some(recorder.clone())).await;
        match outcome.as_fault() {
            // Another process may have been first, or the commit's answer lost: the ledger knows.
            Some(fault) if fault.kind() == FaultKind::Conflict || fault.effect() == Effect::Unknown => {
                match recorder.recorded().await.ok().flatten() {
                    Some(answer) => {
                        self.context.is_answered();
                        answer
                    }
                    None => outcome,
                }
            }
            _ => outcome,
        }
    }

    fn still_running(LedgerKey { message, key, .. }: &LedgerKey) -> Fault {
        Fault::still_running(format!("a `{message}` with the idempotency key `{key}` is still running"))
    }
}
