//! What the code that runs now is inside of: what lets `Bus::global()` in a handler know its caller.
//!
//! Three thread-locals, exchanged at every poll of a call's future. In the common case that is a few plain
//! moves and no allocation: a context is made when somebody first reads it.

use std::cell::Cell;

use crate::bus::Bus;
use crate::context::Context;
use crate::handler::HandlerInfo;
use crate::message::MessageInfo;

/// A call that runs.
#[derive(Clone, Copy)]
pub(crate) struct Running {
    pub(crate) message: &'static MessageInfo,
    /// None for a publication, and for a handler that was registered by hand.
    pub(crate) handler: Option<&'static HandlerInfo>,
    pub(crate) phase: Phase,
}

/// How far a call has come with its unit of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It has none.
    NoUnit,
    /// It is open: what fails now is rolled back.
    Open,
    /// It is in the store's hands.
    Committing,
}

thread_local! {
    static RUNNING: Cell<Option<Running>> = const { Cell::new(None) };
    static CONTEXT: Cell<Option<Context>> = const { Cell::new(None) };
    static GLOBAL: Cell<Option<Bus>> = const { Cell::new(None) };
}

/// The call that runs now, if any.
#[inline]
pub(crate) fn running() -> Option<Running> {
    RUNNING.get()
}

/// Its context, made now if nobody has read it before.
pub(crate) fn context() -> Context {
    let context = CONTEXT.take().unwrap_or_else(|| Context::of_call(None, None));
    CONTEXT.set(Some(context.clone()));
    context
}

/// How far the call that runs now has come.
pub(crate) fn phase(phase: Phase) {
    RUNNING.set(RUNNING.get().map(|running| Running { phase, ..running }));
}

/// The inside of a call, kept by its future between two polls.
pub struct Ambient {
    pub(crate) running: Running,
    pub(crate) context: Option<Context>,
}

impl Ambient {
    /// Until the guard is dropped, the code that runs is inside of this. What it learns there (a context, a
    /// phase) comes back here.
    #[inline]
    pub(crate) fn enter(&mut self) -> Entered<'_> {
        Entered {
            running: RUNNING.replace(Some(self.running)),
            context: CONTEXT.replace(self.context.take()),
            ambient: self,
        }
    }
}

pub(crate) struct Entered<'a> {
    ambient: &'a mut Ambient,
    running: Option<Running>,
    context: Option<Context>,
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(running) = RUNNING.replace(self.running) {
            self.ambient.running = running;
        }
        self.ambient.context = CONTEXT.replace(self.context.take());
    }
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
