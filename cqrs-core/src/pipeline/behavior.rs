//! `#[behavior]`: the application's own code around handlers.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use crate::call::{Call, Given};
use crate::container::{Container, Shared};
use crate::future::{BoxFuture, CatchPanic};
use crate::handler::need::Need;
use crate::message::{Message, MessageInfo, MessageKind};
use crate::pipeline::next::Next;
use crate::pipeline::outcome::Outcome;
use crate::result::fault::{Fault, Place, Site};

/// What a [behavior](macro@crate::behavior) goes around.
#[derive(Clone, Copy)]
pub enum On {
    /// Every command's handler.
    Commands,
    /// Every query's handler.
    Queries,
    /// Every handler of every event.
    Events,
    /// The handlers of one message; [`On::message`] makes it.
    #[doc(hidden)]
    Message(fn() -> &'static MessageInfo),
}

impl On {
    /// The handlers of one message.
    #[must_use]
    pub const fn message<C: Message>() -> Self {
        On::Message(C::info)
    }

    fn covers(self, message: &MessageInfo) -> bool {
        match self {
            On::Commands => message.kind == MessageKind::Command,
            On::Queries => message.kind == MessageKind::Query,
            On::Events => message.kind == MessageKind::Event,
            On::Message(info) => info().type_id == message.type_id,
        }
    }
}

impl std::fmt::Debug for On {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            On::Commands => "Commands",
            On::Queries => "Queries",
            On::Events => "Events",
            On::Message(info) => info().name,
        })
    }
}

/// A behavior as a type: what it takes, and the call.
pub trait Behavior: 'static {
    /// Its `&T` parameters.
    type Shared: Shared;
    /// Its parameters by value.
    type Given: Given;

    /// Calls the function.
    fn around<'x>(
        shared: &'x Self::Shared,
        given: Self::Given,
        call: &'x Call<'x>,
        next: Next<'x>,
    ) -> impl Future<Output = Outcome> + Send + 'x;
}

/// A behavior's declaration.
pub struct BehaviorInfo {
    pub(crate) place: Place,
    pub(crate) order: i32,
    pub(crate) on: &'static [On],
    pub(crate) needs: &'static [Need],
    around: for<'a> fn(&'a Container, &'a Call<'a>, Next<'a>) -> BoxFuture<'a, Outcome>,
}

impl BehaviorInfo {
    /// Of behavior `B`, written down as `place`.
    #[must_use]
    pub const fn of<B: Behavior>(place: Place, order: i32, on: &'static [On]) -> Self {
        BehaviorInfo { place, order, on, needs: B::Shared::NEEDS, around: around::<B> }
    }
}

fn around<'a, B: Behavior>(container: &'a Container, call: &'a Call<'a>, next: Next<'a>) -> BoxFuture<'a, Outcome> {
    Box::pin(async move {
        let taken = B::Shared::assemble(container).and_then(|shared| Ok((shared, B::Given::read(call)?)));
        match taken {
            Ok((shared, given)) => B::around(&shared, given, call, next).await,
            Err(fault) => fault.into(),
        }
    })
}

/// A behavior of one bus: declared, or put into its builder.
pub(crate) struct Around {
    pub(crate) place: Place,
    pub(crate) order: i32,
    on: Vec<On>,
    pub(crate) needs: &'static [Need],
    code: Code,
}

enum Code {
    Declared(&'static BehaviorInfo),
    Closure(Box<ClosureFn>),
}

/// A behavior that was put into a builder.
pub(crate) type ClosureFn = dyn for<'a> Fn(&'a Call<'a>, Next<'a>) -> BoxFuture<'a, Outcome> + Send + Sync;

impl Around {
    pub(crate) fn declared(info: &'static BehaviorInfo) -> Self {
        Around {
            place: info.place,
            order: info.order,
            on: info.on.to_vec(),
            needs: info.needs,
            code: Code::Declared(info),
        }
    }

    pub(crate) fn closure(place: Place, order: i32, on: Vec<On>, code: Box<ClosureFn>) -> Self {
        Around { place, order, on, needs: &[], code: Code::Closure(code) }
    }

    pub(crate) fn covers(&self, message: &MessageInfo) -> bool {
        self.on.iter().any(|on| on.covers(message))
    }

    /// Runs it around what comes next; its panic is a fault that names it.
    pub(crate) async fn run<'a>(&'a self, call: &'a Call<'a>, next: Next<'a>) -> Outcome {
        let judge = next.judge();
        let site = Site { message: Some(call.name()), place: self.place };
        let started = AssertUnwindSafe(|| match &self.code {
            Code::Declared(info) => (info.around)(call.bus.container(), call, next),
            Code::Closure(code) => code(call, next),
        });
        let outcome = match std::panic::catch_unwind(started) {
            Ok(future) => CatchPanic(AssertUnwindSafe(future)).await,
            Err(payload) => Err(payload),
        };
        match outcome {
            Ok(outcome) => judge(outcome).map_fault(|fault| fault.at(site)),
            Err(payload) => Fault::panic("the behavior", &*payload).at(site).into(),
        }
    }
}

/// A bus's behaviors, outermost first: by their order, and those of one order by where they stand.
#[derive(Default)]
pub(crate) struct Behaviors(Vec<Arc<Around>>);

impl Behaviors {
    pub(crate) fn new(behaviors: impl Iterator<Item = Around>) -> Self {
        let mut behaviors: Vec<_> = behaviors.map(Arc::new).collect();
        behaviors.sort_by_key(|behavior| (behavior.order, behavior.place));
        Behaviors(behaviors)
    }

    /// Those around a message's handler.
    pub(crate) fn around(&self, message: &MessageInfo) -> impl Iterator<Item = &Arc<Around>> {
        self.0.iter().filter(move |behavior| behavior.covers(message))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Around>> {
        self.0.iter()
    }
}
