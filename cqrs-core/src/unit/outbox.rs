//! [`Outbox`]: commands that follow from a call, sent if and only if it commits.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::call::ambient;
use crate::call::context::Context;
use crate::call::ids::MessageId;
use crate::handler::Handled;
use crate::message::{Command, MessageInfo, Wire};
use crate::result::fault::Fault;
use crate::unit::Scope;
use crate::unit::resource::{AnyUnit, Resource};

/// A buffer for commands: taken as `&mut Outbox`, written in the commit of the call's unit of work, dispatched
/// after it as the system principal `outbox` (or, where a handler of an event sent it, as its subscription), each under
/// an idempotency key derived from the call.
///
/// With a [store](crate::Store) the commands wait in it, until [`start`](crate::Bus::start)ed processes have dispatched
/// them: those of one call in the order in which they were sent, those of different calls beside each other. What a
/// command writes in the store's transaction, it writes once: it leaves the outbox in the same commit. Without a store
/// the commands wait in memory and are lost with the process; one that is sent for a later time, with the runtime it
/// waits on.
///
/// ```
/// use cqrs_core::{Outbox, command, handler};
/// use serde::{Deserialize, Serialize};
///
/// #[command(wire)]
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Ship { order: u32 }
///
/// #[handler]
/// fn ship(cmd: Ship) { /* .. */ }
///
/// #[command]
/// struct Pay { order: u32 }
///
/// #[handler]
/// fn pay(cmd: Pay, outbox: &mut Outbox) {
///     outbox.send(Ship { order: cmd.order });
/// }
///
/// let mut outbox = Outbox::default();
/// pay(Pay { order: 7 }, &mut outbox);
/// assert_eq!(outbox.sent::<Ship>().collect::<Vec<_>>(), [&Ship { order: 7 }]);
/// ```
#[derive(Debug, Default)]
pub struct Outbox(Vec<Sent>);

impl Outbox {
    /// Dispatches `command` soon after the commit.
    pub fn send<C: Command + Wire + Handled>(&mut self, command: C) {
        self.push(command, None);
    }

    /// Dispatches `command` after the commit and not before `time`.
    pub fn send_at<C: Command + Wire + Handled>(&mut self, command: C, time: SystemTime) {
        self.push(command, Some(time));
    }

    fn push<C: Command + Wire>(&mut self, command: C, not_before: Option<SystemTime>) {
        self.0.push(Sent {
            id: MessageId::new(),
            info: C::info(),
            not_before,
            encode: encode::<C>,
            command: Arc::new(command),
            key: None,
            call: None,
        });
    }

    /// The commands of one type that were sent, in order.
    pub fn sent<C: Command>(&self) -> impl Iterator<Item = &C> {
        self.0.iter().filter_map(|sent| sent.command.downcast_ref())
    }
}

impl<C: Sync> Resource<C> for Outbox {
    type Unit = AnyUnit;

    async fn open(_: &mut Scope, _: &C) -> Result<Self, Fault> {
        Ok(Outbox::default())
    }

    async fn stage(self, scope: &mut Scope) -> Result<(), Fault> {
        if self.0.is_empty() {
            return Ok(());
        }
        let call = ambient::context();
        let cause = scope.cause(&call);
        scope.records.commands.extend(self.0.into_iter().enumerate().map(|(n, sent)| Sent {
            key: Some(format!("{cause}/{}/{n}", sent.info.name).into()),
            call: Some(call.clone()),
            ..sent
        }));
        Ok(())
    }
}

/// One command that was sent.
#[derive(Clone)]
pub struct Sent {
    pub(crate) id: MessageId,
    pub(crate) info: &'static MessageInfo,
    pub(crate) not_before: Option<SystemTime>,
    command: Arc<dyn Any + Send + Sync>,
    encode: fn(&(dyn Any + Send + Sync)) -> Result<Vec<u8>, Fault>,
    /// Its idempotency key, derived from the call that sent it, once it is staged.
    pub(crate) key: Option<Arc<str>>,
    pub(crate) call: Option<Context>,
}

fn encode<C: Command + Wire>(command: &(dyn Any + Send + Sync)) -> Result<Vec<u8>, Fault> {
    let command =
        command.downcast_ref::<C>().ok_or_else(|| Fault::internal("an outbox holds a command of another type"))?;
    command
        .to_json()
        .map_err(|error| Fault::internal(format!("`{}` cannot be written as JSON", C::info().name)).caused_by(error))
}

impl Sent {
    /// The command's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.info.name
    }

    /// When it may be dispatched, if not at once.
    #[must_use]
    pub fn not_before(&self) -> Option<SystemTime> {
        self.not_before
    }

    /// The command as JSON.
    ///
    /// # Errors
    /// A fault, where the command's `Serialize` fails.
    pub fn to_json(&self) -> Result<Vec<u8>, Fault> {
        (self.encode)(&*self.command)
    }
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent")
            .field("name", &self.info.name)
            .field("not_before", &self.not_before)
            .finish_non_exhaustive()
    }
}
