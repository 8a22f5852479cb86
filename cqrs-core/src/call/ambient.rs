//! What the code that runs now is inside of: what lets `Bus::global()` in a handler know its caller.
//!
//! Thread-locals, exchanged at every poll of a call's future. In the common case that is one plain cell and no
//! allocation: a context is made when somebody first reads it, and only then is its own cell touched.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::bus::Bus;
use crate::call::context::Context;
use crate::container::provider::ProviderInfo;
use crate::future::BoxFuture;
use crate::future::Payload;
use crate::handler::HandlerInfo;
use crate::message::MessageInfo;

/// A call that runs.
#[derive(Clone, Copy)]
pub struct Running {
    pub(crate) handler: &'static HandlerInfo,
    pub(crate) phase: Phase,
}

/// How far a call has come with its unit of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)] // A word: a byte that is read back as part of one costs each call 4 ns.
pub enum Phase {
    /// It has none.
    NoUnit,
    /// It is open: what fails now is rolled back.
    Open,
    /// It is in the store's hands.
    Committing,
}

impl Running {
    /// A call of this handler that begins.
    pub(crate) fn of(handler: &'static HandlerInfo) -> Self {
        let phase = if handler.opens.is_empty() { Phase::NoUnit } else { Phase::Open };
        Running { handler, phase }
    }

    pub(crate) fn message(&self) -> &'static MessageInfo {
        (self.handler.message)()
    }
}

/// What a thread runs now.
struct Now {
    running: Cell<Option<Running>>,
    /// Whether `CONTEXT` holds the context of what runs.
    has_context: Cell<bool>,
}

thread_local! {
    static NOW: Now = const { Now { running: Cell::new(None), has_context: Cell::new(false) } };
    static CONTEXT: Cell<Option<Context>> = const { Cell::new(None) };
    static GLOBAL: Cell<Option<Bus>> = const { Cell::new(None) };
    static MAKING: Cell<Option<Arc<MakingChain>>> = const { Cell::new(None) };
}

/// The call that runs now, if any.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn running() -> Option<Running> {
    NOW.with(|now| now.running.get())
}

/// Whether no call runs now.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn is_outside() -> bool {
    NOW.with(|now| now.running.get().is_none())
}

/// The context of the call that runs now, made now if nobody has read it before.
pub(crate) fn context() -> Context {
    NOW.with(|now| {
        let known = if now.has_context.get() { CONTEXT.take() } else { None };
        let context = known.unwrap_or_else(|| Context::of_call(None, None));
        if now.running.get().is_some() {
            now.has_context.set(true);
            CONTEXT.set(Some(context.clone()));
        }
        context
    })
}

/// How far the call that runs now has come.
pub(crate) fn phase(phase: Phase) {
    NOW.with(|now| now.running.set(now.running.get().map(|running| Running { phase, ..running })));
}

/// The inside of a call, kept by its future between two polls.
pub(crate) struct Ambient {
    pub(crate) running: Running,
    pub(crate) context: Option<Context>,
}

impl Ambient {
    /// Runs code inside of this, and catches its panic. What the code learns there (a context, a phase) comes
    /// back here.
    pub(crate) fn run<R>(&mut self, code: impl FnOnce() -> R) -> Result<R, Payload> {
        let (result, inside) = run(self.running, &mut self.context, code);
        self.running = inside.unwrap_or(self.running);
        result
    }
}

/// [`Ambient::run`] for a call whose phase is a constant and stays what it is: kept out of memory, it saves a call
/// in place 4 ns.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn run<R>(
    running: Running,
    context: &mut Option<Context>,
    code: impl FnOnce() -> R,
) -> (Result<R, Payload>, Option<Running>) {
    let around = enter(running, context);
    let result = catch_unwind(AssertUnwindSafe(code));
    let inside = leave(around, context);
    (result, inside)
}

/// What a call is entered from.
struct Outside {
    running: Option<Running>,
    /// What was in `CONTEXT`, where that was exchanged.
    context: Option<Option<Context>>,
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn enter(running: Running, context: &mut Option<Context>) -> Outside {
    let (around, had) =
        NOW.with(|now| (now.running.replace(Some(running)), now.has_context.replace(context.is_some())));
    let exchanged = match had || context.is_some() {
        true => Some(exchange(context.take(), had)),
        false => None,
    };
    Outside { running: around, context: exchanged }
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn leave(around: Outside, context: &mut Option<Context>) -> Option<Running> {
    let (inside, has) = NOW.with(|now| (now.running.replace(around.running), now.has_context.get()));
    if has || around.context.is_some() {
        *context = exchange_back(around.context);
    }
    inside
}

/// Puts a context into place; what was there belongs to the call around, if it has one.
#[cold]
#[inline(never)]
fn exchange(context: Option<Context>, had: bool) -> Option<Context> {
    let around = CONTEXT.replace(context);
    if had { around } else { None }
}

/// Puts the context of the call around back into place.
#[cold]
#[inline(never)]
fn exchange_back(exchanged: Option<Option<Context>>) -> Option<Context> {
    let around = exchanged.flatten();
    let had = NOW.with(|now| now.has_context.replace(around.is_some()));
    let inside = CONTEXT.replace(around);
    if had { inside } else { None }
}

/// The bus that stands in for the global one here, if any.
pub(crate) fn global() -> Option<Bus> {
    let bus = GLOBAL.take();
    GLOBAL.set(bus.clone());
    bus
}

/// Until the guard is dropped, `bus` is the global one on this thread.
pub(crate) fn with_global(bus: Option<Bus>) -> WithGlobal {
    WithGlobal(GLOBAL.replace(bus))
}

pub(crate) struct WithGlobal(Option<Bus>);

impl Drop for WithGlobal {
    fn drop(&mut self) {
        GLOBAL.set(self.0.take());
    }
}

/// The dependencies whose providers the code that runs now is inside of, innermost first.
struct MakingChain {
    provider: &'static ProviderInfo,
    around: Option<Arc<MakingChain>>,
}

/// Whether the code that runs now is inside of this provider.
pub(crate) fn is_being_made(provider: &'static ProviderInfo) -> bool {
    let chain = MAKING.take();
    let found = std::iter::successors(chain.as_deref(), |chain| chain.around.as_deref())
        .any(|chain| std::ptr::eq(chain.provider, provider));
    MAKING.set(chain);
    found
}

/// The work of a provider: inside of those that need it, and of the scope that the bus is global in.
pub(crate) fn making(provider: &'static ProviderInfo, work: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
    let around = MAKING.take();
    MAKING.set(around.clone());
    let chain = Arc::new(MakingChain { provider, around });
    let (global, mut work) = (global(), work);
    Box::pin(std::future::poll_fn(move |cx| {
        let _global = with_global(global.clone());
        let around = MAKING.replace(Some(chain.clone()));
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx)));
        MAKING.set(around);
        // The work catches its provider's panics; one of its own is not ours to hide.
        polled.unwrap_or_else(|payload| std::panic::resume_unwind(payload))
    }))
}
