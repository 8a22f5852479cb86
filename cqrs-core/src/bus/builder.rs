//! [`Builder`]: an isolated bus, with what stands in for what.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::bus::Bus;
use crate::bus::recording::Recording;
use crate::call::begin::{Closure, Link};
use crate::call::{Call, Parts};
use crate::container::per_call::{MadeByClosure, MakesForCall};
use crate::container::{Container, Dependency, Overrides};
use crate::delivery::Deliveries;
use crate::delivery::job::{Delivery, Failure};
use crate::future::BoxFuture;
use crate::handler::need::{Need, Opening};
use crate::handler::registry;
use crate::handler::{Answer, EventReturned, HandlerInfo, Route};
use crate::message::{Message, MessageInfo, Registered, Wire};
use crate::pipeline::behavior::{Around, Behaviors, On};
use crate::pipeline::next::Next;
use crate::pipeline::outcome::Outcome;
use crate::result::fault::{Fault, Place};
use crate::store::Store;
use crate::store::info::StoreInfo;
use crate::store::of_bus::BusStore;
use crate::subscription::Delivering;
use crate::unit::resource::Belongs as _;
use crate::unit::{OpenUnit, Scope, UnitOfWork, open_unit};

/// Builds an isolated bus: everything that is linked in, and what is put in here on top of it, which wins.
///
/// ```
/// use std::sync::Arc;
/// use cqrs_core::{Bus, command, handler};
///
/// trait Mailer: Send + Sync { fn send(&self, to: &str) -> bool; }
///
/// struct Fake;
/// impl Mailer for Fake { fn send(&self, _: &str) -> bool { true } }
///
/// #[command(output = bool)]
/// struct Invite { email: String }
///
/// #[handler]
/// fn invite(cmd: Invite, mailer: &dyn Mailer) -> bool { mailer.send(&cmd.email) }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let bus = Bus::builder().provide_dyn::<dyn Mailer>(Arc::new(Fake)).build();
/// assert!(bus.execute(Invite { email: "ada@example.org".into() }).await.unwrap());
/// # }
/// ```
#[must_use = "`build` makes the bus"]
pub struct Builder {
    overrides: Overrides,
    contracts: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    events: Vec<(&'static HandlerInfo, crate::delivery::job::Deliver)>,
    messages: Vec<&'static MessageInfo>,
    unit: Option<(OpenUnit, Opening)>,
    store: Option<&'static StoreInfo>,
    delivering: Delivering,
    queue_capacity: usize,
    commit_grace: Duration,
    behaviors: Vec<Around>,
    recordings: Vec<Recording>,
    denies_by_default: bool,
}

/// How many deliveries wait in memory unless the builder says otherwise.
const QUEUE_CAPACITY: usize = 65_536;

/// Each lease is claimed three times in its time, which is three commits.
const SHORTEST_LEASE: Duration = Duration::from_millis(10);

/// How long a call waits for a commit after its deadline unless the builder says otherwise.
const COMMIT_GRACE: Duration = Duration::from_secs(30);

impl Builder {
    pub(crate) fn new() -> Self {
        Builder {
            overrides: Overrides::default(),
            contracts: HashMap::new(),
            events: Vec::new(),
            messages: Vec::new(),
            unit: None,
            store: None,
            delivering: Delivering::default(),
            queue_capacity: QUEUE_CAPACITY,
            commit_grace: COMMIT_GRACE,
            behaviors: Vec::new(),
            recordings: Vec::new(),
            denies_by_default: false,
        }
    }

    /// Serves every `&T` with this value.
    pub fn provide<T: Dependency>(self, value: T) -> Self {
        self.provide_dyn(Arc::new(value))
    }

    /// Serves every `&T` with this value, where `T` is a trait object: `provide_dyn::<dyn Mailer>(arc)`.
    pub fn provide_dyn<T: ?Sized + Dependency>(mut self, value: Arc<T>) -> Self {
        self.overrides.shared.insert(TypeId::of::<T>(), (Need::of::<T>(), Box::new(value)));
        self
    }

    /// Makes what a call takes as `&mut T`, or for a `Box<dyn Trait>` as `&mut dyn Trait`, with this closure, once
    /// for each call.
    ///
    /// In a test it is a fake: `.provide_call(|| Fake)`. A program that chooses its store when it runs makes what writes
    /// in the call's unit of work: what the closure takes by value is something of the call, as in a
    /// [provider](macro@crate::provide). That is what a [`FromCall`](crate::FromCall) reads, such as
    /// [`Context`](crate::Context), or a part of the unit of work that is [`FromScope`](crate::FromScope), such as
    /// [`InMemoryUnit`](crate::InMemoryUnit); the types of the parameters are written down. What is shared, the closure
    /// captures. A fault of a part is the caller's, and neither closure nor handler run.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use cqrs_core::{Bus, Context, InMemoryUnit, command, handler};
    ///
    /// trait Notes: Send { fn add(&mut self, text: String); }
    ///
    /// type Table = Arc<Mutex<Vec<String>>>;
    ///
    /// struct NotesOfOneCall { unit: InMemoryUnit, tenant: String, table: Table }
    /// impl Notes for NotesOfOneCall {
    ///     fn add(&mut self, text: String) {
    ///         let (line, table) = (format!("{text} for {}", self.tenant), self.table.clone());
    ///         self.unit.on_commit(move || table.lock().unwrap().push(line));
    ///     }
    /// }
    ///
    /// #[command(error = String)]
    /// struct Remember { text: String }
    ///
    /// #[handler]
    /// fn remember(cmd: Remember, notes: &mut dyn Notes) -> Result<(), String> {
    ///     let empty = cmd.text.is_empty();
    ///     notes.add(cmd.text);
    ///     if empty { Err("nothing to remember".into()) } else { Ok(()) }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let table = Table::default();
    /// let notes = table.clone();
    /// let bus = Bus::builder()
    ///     .provide_call(move |unit: InMemoryUnit, call: Context| {
    ///         let tenant = call.tenant().unwrap_or("nobody").to_owned();
    ///         Box::new(NotesOfOneCall { unit, tenant, table: notes.clone() }) as Box<dyn Notes>
    ///     })
    ///     .build();
    /// bus.execute(Remember { text: "milk".into() }).tenant("London").await.unwrap();
    /// bus.execute(Remember { text: String::new() }).await.unwrap_err();
    /// assert_eq!(*table.lock().unwrap(), ["milk for London"]);
    /// # }
    /// ```
    ///
    /// What it opens is verified with the handlers that take it: resources of two units of work in one handler are
    /// [reported](Bus::verify).
    #[track_caller]
    pub fn provide_call<P, F>(mut self, make: F) -> Self
    where
        P: Parts,
        F: MakesForCall<P, Made: Send + 'static> + Send + Sync + 'static,
    {
        let place = Place::of_closure("a closure of this bus's builder");
        self.overrides.per_call.insert(TypeId::of::<F::Made>(), MadeByClosure::new(place, make));
        self
    }

    /// Handles a contract with this closure instead of the handler that is linked in; for an event it is one
    /// more handler. The closure captures what it needs, and it has no unit of work.
    ///
    /// ```
    /// # use cqrs_core::{Bus, command};
    /// #[command(output = u64, contract)]
    /// struct Charge { cents: u64 }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let bus = Bus::builder().register(|cmd: Charge| async move { cmd.cents + 1 }).build();
    /// assert_eq!(bus.execute(Charge { cents: 41 }).await.unwrap(), 42);
    /// # }
    /// ```
    pub fn register<C, F, R>(mut self, handler: F) -> Self
    where
        C: Registered,
        F: Fn(C) -> R + Send + Sync + 'static,
        R: Future<Output: Answer<C::Returns, C>> + Send + 'static,
        C: RegisterAs,
    {
        let handler = Arc::new(handler);
        let closure: Closure<C> = Arc::new(move |message| {
            let handler = handler.clone();
            // Called inside the future, so that its panic is the call's.
            Box::pin(async move { handler(message).await.answer() })
        });
        C::register(&mut self, closure);
        self
    }

    /// Makes a message known by its name to this bus: what the registry does by itself, unless the feature
    /// `inventory` is off.
    pub fn message<C: Wire>(mut self) -> Self {
        self.messages.push(C::info());
        self
    }

    /// Commits calls that name no unit of work but record something for it (`&mut Events`, `&mut Outbox`,
    /// publications) with a `U`. Without one, such a call has nothing to commit and its events are delivered
    /// from memory at once.
    pub fn unit<U: UnitOfWork>(mut self) -> Self {
        self.unit = Some((open_unit::<U>, U::OPENING));
        self
    }

    /// Keeps events, outbox, outcomes and audit trail in this store, whatever others are provided: what
    /// [`provide`](Builder::provide) does with a store whose crate is linked in, without the registry.
    pub fn store<S: Store>(self, store: S) -> Self {
        self.shared_store(Arc::new(store))
    }

    /// The same store for several buses.
    pub(crate) fn shared_store<S: Store>(mut self, store: Arc<S>) -> Self {
        self.store = Some(const { &StoreInfo::of::<S>() });
        self.provide_dyn(store)
    }

    /// Lets this bus alone have a handler of an event that is declared and not in the registry.
    #[cfg(feature = "testing")]
    pub(crate) fn subscribe(mut self, handler: &'static HandlerInfo) -> Self {
        if let Route::Event(deliver) = handler.route {
            self.events.push((handler, Arc::new(deliver)));
        }
        self
    }

    /// How long a handler of an event may take that gets its events from a store, for one event, and a command of the
    /// outbox; 30 s unless said otherwise. What takes longer is rolled back and tried again.
    pub fn delivery_timeout(mut self, timeout: Duration) -> Self {
        self.delivering.timeout = timeout;
        self
    }

    /// How often a handler of an event may say no, panic, or fault in a way that would be the same again, before the
    /// event becomes a [dead letter](crate::Subscription::dead_letters); 5 times unless said otherwise, with growing
    /// pauses in between. What is [`Unavailable`](crate::FaultKind::Unavailable) or takes too long is not counted.
    pub fn delivery_attempts(mut self, attempts: u32) -> Self {
        self.delivering.attempts = attempts.max(1);
        self
    }

    /// How many dead letters a subscription may have before it halts, since then it is the handler that is wrong and not
    /// the events; 100 unless said otherwise.
    pub fn dead_letter_limit(mut self, letters: usize) -> Self {
        self.delivering.dead_letter_limit = letters;
        self
    }

    /// How long a process has a subscription after it was last heard of, before another one takes it over; 5 s unless
    /// said otherwise, and 10 ms at least.
    pub fn subscription_lease(mut self, lease: Duration) -> Self {
        self.delivering.lease = lease.max(SHORTEST_LEASE);
        self
    }

    /// How many deliveries may wait in memory, of all handlers together; 65,536 unless said otherwise. A commit
    /// whose events find no room waits before it begins.
    pub fn queue_capacity(mut self, deliveries: usize) -> Self {
        self.queue_capacity = deliveries;
        self
    }

    /// How long after its deadline a call still waits for a commit that had begun before; 30 s unless said
    /// otherwise. After that its outcome is unknown.
    pub fn commit_grace(mut self, grace: Duration) -> Self {
        self.commit_grace = grace;
        self
    }

    /// Puts this around handlers, among the behaviors that are linked in: what `#[behavior]` does with a function.
    ///
    /// ```
    /// # use cqrs_core::{Bus, On, Outcome, Fault, command, handler};
    /// #[command(output = u64)]
    /// struct Add(u64);
    ///
    /// #[handler]
    /// fn add(cmd: Add) -> u64 { cmd.0 + 1 }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let bus = Bus::builder()
    ///     .behavior(10, [On::Commands], |call, next| Box::pin(async move {
    ///         match next.as_message::<Add>() {
    ///             Some(Add(0)) => Outcome::output(0_u64), // instead of the handler
    ///             _ => next.run().await,
    ///         }
    ///     }))
    ///     .build();
    /// assert_eq!(bus.execute(Add(0)).await.unwrap(), 0);
    /// assert_eq!(bus.execute(Add(41)).await.unwrap(), 42);
    /// # }
    /// ```
    #[track_caller]
    pub fn behavior<F>(mut self, order: i32, on: impl IntoIterator<Item = On>, behavior: F) -> Self
    where
        F: for<'a> Fn(&'a Call<'a>, Next<'a>) -> BoxFuture<'a, Outcome> + Send + Sync + 'static,
    {
        let place = Place::of_closure("a behavior of this bus's builder");
        self.behaviors.push(Around::closure(place, order, on.into_iter().collect(), Box::new(behavior)));
        self
    }

    /// Records what the bus does, around everything else that is around its handlers.
    pub fn record(mut self, recording: &Recording) -> Self {
        self.recordings.push(recording.clone());
        let recording = recording.clone();
        self.behavior(i32::MIN, Recording::ON, move |call, next| Box::pin(recording.clone().around(call, next)))
    }

    /// Refuses every command and every query that does not say who may send it, by `authorize` or `public`: the
    /// [report](Bus::verify) lists them, and a call of one ends in a fault of kind
    /// [`Wiring`](crate::FaultKind::Wiring). An event comes in by its name from the application itself alone.
    /// [`deny_by_default!`](crate::deny_by_default) says so of every bus of the program, the global one too.
    pub fn deny_by_default(mut self) -> Self {
        self.denies_by_default = true;
        self
    }

    /// The bus. What is wired wrongly is in its [report](Bus::verify).
    #[must_use]
    pub fn build(self) -> Bus {
        let linked_in = registry::linked_in();
        let mut names: HashMap<&'static str, Vec<&'static MessageInfo>> = HashMap::new();
        for &message in linked_in.messages.iter().chain(&self.messages) {
            if message.wire.is_some() {
                let same = names.entry(message.name).or_default();
                if !same.iter().any(|known| std::ptr::eq(*known, message)) {
                    same.push(message);
                }
            }
        }
        let provided = linked_in.stores.iter().copied().filter(|info| {
            let need = info.store.key;
            self.overrides.shared.contains_key(&need)
                || linked_in.providers.iter().any(|provider| provider.provides.key == need)
        });
        let store = BusStore::of(match self.store {
            // What a builder is given wins over the providers.
            Some(store) => vec![store],
            None => provided.collect(),
        });
        let mut deliveries = Deliveries::new(self.queue_capacity, store.is_some(), self.delivering);
        for handlers in linked_in.linked.values() {
            for &handler in handlers {
                if let Route::Event(deliver) = handler.route {
                    deliveries.subscribe(handler, Arc::new(deliver));
                }
            }
        }
        for (handler, deliver) in self.events {
            deliveries.subscribe(handler, deliver);
        }
        Bus::assemble(crate::bus::Parts {
            container: Container::new(&linked_in.providers, self.overrides, store.as_ref().map(|store| store.info)),
            contracts: self.contracts,
            names,
            deliveries,
            unit: self.unit,
            store,
            commit_grace: self.commit_grace,
            behaviors: Behaviors::new(
                linked_in.behaviors.iter().map(|behavior| Around::declared(behavior)).chain(self.behaviors),
            ),
            recordings: self.recordings,
            denies_by_default: self.denies_by_default || linked_in.denies_by_default,
        })
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").finish_non_exhaustive()
    }
}

/// What registering a handler by hand means for a message: a contract has one, an event one more.
pub trait RegisterAs: Message {
    #[doc(hidden)]
    fn register(builder: &mut Builder, handler: Closure<Self>);
}

impl<C: Registered + Message<Kind: RegisterKind<C>>> RegisterAs for C {
    fn register(builder: &mut Builder, handler: Closure<Self>) {
        <C::Kind as RegisterKind<C>>::register(builder, handler);
    }
}

/// [`RegisterAs`] by the message's kind.
pub trait RegisterKind<C: Message> {
    #[doc(hidden)]
    fn register(builder: &mut Builder, handler: Closure<C>);
}

macro_rules! one_handler {
    ($($kind:ident),*) => {$(
        impl<C: Message> RegisterKind<C> for crate::message::kind::$kind {
            fn register(builder: &mut Builder, handler: Closure<C>) {
                builder.contracts.insert(TypeId::of::<C>(), Arc::new(Link::<C>::Closure(handler)));
            }
        }
    )*};
}
one_handler!(Command, Query);

impl<C: Message<Returns = EventReturned, Output = (), Error = crate::BoxError> + Clone> RegisterKind<C>
    for crate::message::kind::Event
{
    fn register(builder: &mut Builder, handler: Closure<C>) {
        let by_hand = &C::info().by_hand;
        builder.events.push((by_hand, Arc::new(move |delivery, _: &mut Scope| deliver_to::<C>(&handler, &delivery))));
    }
}

fn deliver_to<'a, C>(handler: &Closure<C>, delivery: &Delivery<'a>) -> BoxFuture<'a, Result<(), Failure>>
where
    C: Message<Returns = EventReturned, Output = (), Error = crate::BoxError> + Clone,
{
    match delivery.event::<C>() {
        Some(event) => {
            let returned = handler(event);
            Box::pin(async move { C::sort(returned.await) })
        }
        None => Box::pin(async { Err(Fault::internal("an event came to the handler of another one").into()) }),
    }
}
