//! Messages: what `#[command]`, `#[query]` and `#[event]` say about a type.

pub(crate) mod aggregate;
pub(crate) mod fingerprint;
pub(crate) mod paging;
pub(crate) mod slot;
pub(crate) mod stored;
pub(crate) mod stream;
pub(crate) mod succeeds;
pub(crate) mod validate;
pub(crate) mod wire;

use std::any::{Any, TypeId};
use std::fmt;

use crate::handler::HandlerInfo;
use crate::message::slot::Slot;
use crate::message::stored::{ReadFn, Stored};
use crate::message::stream::StreamFn;
use crate::message::wire::WireInfo;
use crate::pipeline::around::Around;
use crate::pipeline::declared::Pipeline;
use crate::result::dispatch_error::DispatchError;
use crate::result::fault::{Fault, Place};

/// A command, a query or an event: a type with `#[command]`, `#[query]` or `#[event]`, which implement this.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "not a message",
    note = "a message is a type with `#[command]`, `#[query]` or `#[event]`; the first parameter of a handler is one, by value"
)]
pub trait Message: Sized + Send + Sync + 'static {
    /// Which of the three it is, as a type: one of [`kind`].
    type Kind: kind::Kind;
    /// What a call answers.
    type Output: Send + 'static;
    /// How a handler may say no; [`Infallible`](std::convert::Infallible) if it may not.
    type Error: Send + 'static;
    /// What a handler returns: `Result<Output, Error>`, or `Output` where the message declares no error.
    type Returns: Send + 'static;
    /// How its handlers are reached; see `Routing`.
    type Routing;
    /// What is around its handler; see [`pipeline`](crate::pipeline).
    type Pipeline: Around<Self>;
    /// The crate it is declared in, an [`InCrate`](crate::handler::InCrate).
    type Crate;

    /// Whether it declares a `timeout`.
    const TIMED: bool = false;
    /// Whether it is an event that no store keeps.
    const TRANSIENT: bool = false;
    /// The module it is declared in, where its handler has to be in the same crate.
    const HOME: Option<&'static str>;

    /// Its declaration.
    fn info() -> &'static MessageInfo;

    /// Tells output, rejection and fault apart.
    fn sort(returned: Self::Returns) -> Dispatched<Self>;

    /// Whether an output is a success; see [`Succeeds`](crate::Succeeds).
    fn is_success(_output: &Self::Output) -> bool {
        true
    }
}

/// What a call of `C` comes to.
pub type Dispatched<C> = Result<<C as Message>::Output, DispatchError<<C as Message>::Error>>;

/// The three kinds, as types.
pub mod kind {
    /// One of the three.
    pub trait Kind: 'static {}
    /// Asks for a change.
    #[derive(Debug)]
    pub struct Command;
    /// Asks a question and changes nothing.
    #[derive(Debug)]
    pub struct Query;
    /// Tells what happened.
    #[derive(Debug)]
    pub struct Event;
    impl Kind for Command {}
    impl Kind for Query {}
    impl Kind for Event {}
}

/// A message that asks for a change and has one handler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command",
    label = "not a command",
    note = "`execute` takes a `#[command]`; a `#[query]` goes to `query`, an `#[event]` to `publish`"
)]
pub trait Command: Message<Kind = kind::Command> {}

/// A message that asks a question and has one handler, which changes nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a query",
    label = "not a query",
    note = "`query` takes a `#[query]`; a `#[command]` goes to `execute`, an `#[event]` to `publish`"
)]
pub trait Query: Message<Kind = kind::Query> {}

/// A message that tells what happened, to any number of handlers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "not an event",
    note = "`raise`, `publish` and `invalidated_by` take an `#[event]`; a `#[command]` goes to `execute`, a `#[query]` to `query`"
)]
pub trait Event: Message<Kind = kind::Event, Output = ()> + Clone {}

/// A message that can be reached by name from JSON: one declared with `wire`, and a command or a query with `name`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent by name",
    label = "declared without `wire`",
    note = "what goes into an outbox is stored as JSON under its name: declare it `#[command(.., wire)]`"
)]
pub trait Wire: Message + Json {}

/// What can be written as JSON and read back.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be reached by name: it is not `Serialize` and `Deserialize`",
    label = "this needs serde's traits",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to `{Self}`"
)]
pub trait Json: Sized {
    #[doc(hidden)]
    fn from_json(bytes: &[u8]) -> serde_json::Result<Self>;
    #[doc(hidden)]
    #[cfg(feature = "http")]
    fn from_body(body: &[u8]) -> Result<Self, crate::http::Unreadable>;
    #[doc(hidden)]
    #[cfg(feature = "http")]
    fn from_fields(fields: crate::http::Fields<'_>) -> Result<Self, crate::http::Unreadable>;
    #[doc(hidden)]
    #[cfg(feature = "http")]
    fn mistake(fields: crate::http::Fields<'_>) -> Option<crate::http::Unreadable>;
    #[doc(hidden)]
    fn to_json(&self) -> serde_json::Result<Vec<u8>>;
    #[doc(hidden)]
    fn to_value(&self) -> serde_json::Result<serde_json::Value>;
}

// serde's traits are no supertraits, so that a type without them is one error and not two.
#[diagnostic::do_not_recommend]
impl<T: serde::Serialize + serde::de::DeserializeOwned> Json for T {
    fn from_json(bytes: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(bytes)
    }

    #[cfg(feature = "http")]
    fn from_body(body: &[u8]) -> Result<Self, crate::http::Unreadable> {
        crate::http::from_body(body)
    }

    #[cfg(feature = "http")]
    fn from_fields(fields: crate::http::Fields<'_>) -> Result<Self, crate::http::Unreadable> {
        crate::http::from_fields(fields)
    }

    #[cfg(feature = "http")]
    fn mistake(fields: crate::http::Fields<'_>) -> Option<crate::http::Unreadable> {
        crate::http::mistake::<T>(fields)
    }

    fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }

    fn to_value(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(self)
    }
}

/// A message whose handlers are found through the registry: a contract or an event.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is handled in its own crate, statically, so nothing can stand in for its handler",
    label = "neither a contract nor an event",
    note = "give the handler a test double of what it depends on, with `provide`, `provide_dyn` or `provide_call`"
)]
pub trait Registered: Message {}

/// Which of the three a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// Asks for a change.
    Command,
    /// Asks a question.
    Query,
    /// Tells what happened.
    Event,
}

impl MessageKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            MessageKind::Command => "command",
            MessageKind::Query => "query",
            MessageKind::Event => "event",
        }
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A message as JSON, without its type.
pub(crate) type ToJsonFn = fn(&(dyn Any + Send + Sync)) -> Result<serde_json::Value, Fault>;

pub(crate) fn to_json<C: Message + Json>(message: &(dyn Any + Send + Sync)) -> Result<serde_json::Value, Fault> {
    written(message, C::to_value)
}

/// A message as `write` writes it down.
pub(crate) fn written<C: Message>(
    message: &(dyn Any + Send + Sync),
    write: fn(&C) -> serde_json::Result<serde_json::Value>,
) -> Result<serde_json::Value, Fault> {
    let name = C::info().name;
    let message = message.downcast_ref().ok_or_else(|| Fault::internal("a message is written as another one"))?;
    write(message).map_err(|error| Fault::internal(format!("`{name}` cannot be written as JSON")).caused_by(error))
}

/// A message's declaration: one static for each type.
pub struct MessageInfo {
    pub(crate) kind: MessageKind,
    pub(crate) type_id: TypeId,
    pub(crate) name: &'static str,
    pub(crate) place: Place,
    pub(crate) docs: &'static str,
    pub(crate) contract: bool,
    pub(crate) transient: bool,
    pub(crate) wire: Option<WireInfo>,
    /// The message as JSON, where it can be.
    pub(crate) to_json: Option<ToJsonFn>,
    /// Which version of the event this is: 1, unless it says another.
    pub(crate) version: u32,
    /// How the versions just before are read, oldest first.
    pub(crate) earlier: &'static [ReadFn],
    /// How a store keeps the event, unless it is transient.
    pub(crate) stored: Option<Stored>,
    /// What sort of aggregate the message is about, where it says so.
    pub(crate) category: Option<&'static str>,
    /// Which aggregate's stream it is about, where it says so.
    pub(crate) stream: Option<StreamFn>,
    pub(crate) pipeline: Pipeline,
    /// Its route, where it has one.
    #[cfg(feature = "http")]
    pub(crate) http: Option<crate::http::HttpInfo>,
    pub(crate) slot: Slot,
    /// What stands for the handler where none is declared.
    pub(crate) by_hand: HandlerInfo,
}

impl fmt::Debug for MessageInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageInfo").field("name", &self.name).field("place", &self.place).finish_non_exhaustive()
    }
}

impl MessageInfo {
    /// Of a command.
    #[must_use]
    pub const fn command<C: Command>(name: &'static str, place: Place, docs: &'static str) -> Self {
        Self::new::<C>(MessageKind::Command, name, place, docs)
    }

    /// Of a query.
    #[must_use]
    pub const fn query<C: Query>(name: &'static str, place: Place, docs: &'static str) -> Self {
        Self::new::<C>(MessageKind::Query, name, place, docs)
    }

    /// Of an event.
    #[must_use]
    pub const fn event<C: Event>(name: &'static str, place: Place, docs: &'static str) -> Self {
        Self::new::<C>(MessageKind::Event, name, place, docs)
    }

    const fn new<C: Message>(kind: MessageKind, name: &'static str, place: Place, docs: &'static str) -> Self {
        MessageInfo {
            kind,
            type_id: TypeId::of::<C>(),
            name,
            place,
            docs,
            contract: false,
            transient: false,
            wire: None,
            to_json: None,
            version: 1,
            earlier: &[],
            stored: None,
            category: None,
            stream: None,
            pipeline: Pipeline::new(),
            #[cfg(feature = "http")]
            http: None,
            slot: Slot::new(),
            by_hand: HandlerInfo::by_hand(C::info, place),
        }
    }

    /// The same, for a message that was declared with `contract`.
    #[must_use]
    pub const fn contract(mut self) -> Self {
        self.contract = true;
        self
    }

    /// The same, for an event that was declared with `transient`.
    #[must_use]
    pub const fn transient(mut self) -> Self {
        self.transient = true;
        self
    }

    /// Nothing has a route, and what declares one does not compile.
    #[cfg(not(feature = "http"))]
    #[must_use]
    pub const fn http(self, (): ()) -> Self {
        self
    }

    /// The same, for a message that can be reached by name.
    #[must_use]
    pub const fn wire(mut self, wire: WireInfo) -> Self {
        self.to_json = Some(wire.to_json);
        self.wire = Some(wire);
        self
    }
}
