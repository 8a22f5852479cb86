//! `cache(ttl = "30s", ..)`: answers of a query, kept for those who ask the same.

use std::any::Any;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache as Moka;
use moka::ops::compute::Op;

use crate::call::context::{Context, Load};
use crate::call::deadline::Deadline;
use crate::call::principal::Principal;
use crate::message::{Message, MessageInfo};
use crate::pipeline::floor::{Floor, RaisedBy};
use crate::pipeline::next::Inner;
use crate::pipeline::outcome::Outcome;
use crate::pipeline::retry::CopyFn;
use crate::pipeline::run::Layers;
use crate::result::fault::{Fault, FaultKind};

/// What `cache(ttl = "30s", capacity = 10_000, shared, invalidated_by(OrderPlaced))` declares, without the query's types.
pub struct Cache {
    pub(crate) ttl: Duration,
    pub(crate) capacity: u64,
    pub(crate) shared: bool,
    pub(crate) invalidated_by: &'static [fn() -> &'static MessageInfo],
    pub(crate) copy: CopyFn,
    key: fn(&(dyn Any + Send + Sync)) -> Option<Arc<dyn Asked>>,
    keep: fn(&Outcome) -> Option<Arc<dyn Any + Send + Sync>>,
    answer: fn(&(dyn Any + Send + Sync)) -> Option<Outcome>,
}

impl Cache {
    /// Of a query.
    #[must_use]
    pub const fn of<C: CachedQuery + Message<Output: CachedOutput>>(
        ttl: Duration,
        capacity: u64,
        shared: bool,
        invalidated_by: &'static [fn() -> &'static MessageInfo],
    ) -> Self {
        Cache {
            ttl,
            capacity,
            shared,
            invalidated_by,
            copy: |query| Some(Box::new(query.downcast_ref::<C>()?.clone())),
            key: |query| Some(Arc::new(query.downcast_ref::<C>()?.clone())),
            keep: |outcome| match outcome.is_success() {
                true => Some(Arc::new(outcome.as_output::<C::Output>()?.clone())),
                false => None,
            },
            answer: |kept| Some(Outcome::output(kept.downcast_ref::<C::Output>()?.clone())),
        }
    }
}

/// A query whose answers can be kept.
#[diagnostic::on_unimplemented(
    message = "the answers of `{Self}` cannot be kept: it is not `Clone`, `Eq` and `Hash`",
    label = "a query is what its answer is found by",
    note = "add `#[derive(Clone, PartialEq, Eq, Hash)]` to `{Self}`"
)]
pub trait CachedQuery: Clone + Eq + Hash + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<C: Clone + Eq + Hash + Send + Sync + 'static> CachedQuery for C {}

/// An output that can be kept.
#[diagnostic::on_unimplemented(
    message = "the answer `{Self}` cannot be kept: it is not `Clone` and `Sync`",
    label = "each who asks gets one of their own",
    note = "add `#[derive(Clone)]` to it, or to what is in it"
)]
pub trait CachedOutput: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<O: Clone + Send + Sync + 'static> CachedOutput for O {}

/// A query as part of a key, without its type.
trait Asked: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn is(&self, other: &dyn Asked) -> bool;
    fn hash_into(&self, hasher: &mut dyn Hasher);
}

impl<C: CachedQuery> Asked for C {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is(&self, other: &dyn Asked) -> bool {
        other.as_any().downcast_ref::<C>() == Some(self)
    }

    fn hash_into(&self, mut hasher: &mut dyn Hasher) {
        self.hash(&mut hasher);
    }
}

/// What an answer is found by. The floor is part of it: an answer from below is one to another question.
#[derive(Clone)]
struct Key {
    floor: Floor,
    /// For whom, unless it is for everybody: also what they may do, since that may decide what they are shown.
    asker: Option<(Option<Arc<str>>, Option<Principal>)>,
    query: Arc<dyn Asked>,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.floor == other.floor && self.asker == other.asker && self.query.is(&*other.query)
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.floor.hash(hasher);
        self.asker.hash(hasher);
        self.query.hash_into(hasher);
    }
}

/// The answers of one query in one bus.
pub(crate) struct Answers {
    kept: Moka<Key, Kept>,
    raised_by: RaisedBy,
}

#[derive(Clone)]
struct Kept {
    answer: Arc<dyn Any + Send + Sync>,
    until: Deadline,
}

/// Why an answer that several waited for was not kept.
enum Unkept {
    /// The bus could not answer: the same for all who waited.
    Fault(Arc<Fault>),
    /// It is about who asked, or about the time that one had: another may load it.
    Theirs,
    /// It is an answer to one caller.
    Rejected,
    /// It was loaded below a floor that has been raised since.
    Old,
}

/// How often an answer is loaded anew because its floor was raised meanwhile. After that the query is answered as
/// if it had no cache, lest a busy write side keeps it from being answered at all.
const LOADS: usize = 3;

/// moka's longest time to live.
const FOR_EVER: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 1_000);

impl Answers {
    pub(crate) fn new(cache: &Cache, raised_by: RaisedBy) -> Self {
        // The time to live is looked at here, by the clock that tests move; moka's frees the memory.
        let kept = Moka::builder().max_capacity(cache.capacity).time_to_live(cache.ttl.min(FOR_EVER)).build();
        Answers { kept, raised_by }
    }

    /// What is kept and may be served: the common case, and cheap.
    async fn fresh(&self, key: &Key) -> Option<Kept> {
        self.kept.get(key).await.filter(|kept| !kept.until.remaining().is_zero())
    }

    /// Makes room for another load. Of two who find an expired answer, the second does not remove what the first has
    /// loaded since.
    async fn drop_expired(&self, key: &Key) {
        let expired = self.kept.entry_by_ref(key);
        let _gone = expired
            .and_compute_with(async |entry| {
                match entry.is_some_and(|entry| entry.value().until.remaining().is_zero()) {
                    true => Op::Remove,
                    false => Op::Nop,
                }
            })
            .await;
    }
}

/// A load that runs, and the one it is nested in.
struct Loading {
    key: Key,
    around: Option<Load>,
}

impl Loading {
    /// Whether a load of this key waits for what is asked now.
    fn waits(mut load: Option<&Load>, key: &Key) -> bool {
        while let Some(loading) = load.and_then(|load| load.downcast_ref::<Loading>()) {
            if loading.key == *key {
                return true;
            }
            load = loading.around.as_ref();
        }
        false
    }
}

fn lost() -> Outcome {
    Fault::internal("a query is cached as another one").into()
}

impl Cache {
    fn key_of(&self, floor: Floor, context: &Context, inner: &dyn Inner) -> Option<Key> {
        let asker = (!self.shared).then(|| (context.tenant().map(Arc::from), context.principal().cloned()));
        Some(Key { floor, asker, query: (self.key)(inner.message())? })
    }
}

impl Layers {
    /// Answers from the cache, or loads the answer once for all who wait for it.
    pub(crate) async fn cached(&self, cache: &'static Cache, inner: Box<dyn Inner>) -> Outcome {
        let answers = self.bus.answers(self.running.message(), cache);
        let mut loads = 0;
        while loads < LOADS {
            let floor = answers.raised_by.floor();
            let Some(key) = cache.key_of(floor, &self.context, &*inner) else { return lost() };
            if let Some(kept) = answers.fresh(&key).await {
                return (cache.answer)(&*kept.answer).unwrap_or_else(lost);
            }
            if Loading::waits(self.context.load(), &key) {
                let text =
                    "the answer of this cached query is asked for by what loads it: let the load ask something else";
                return Fault::wiring(text).into();
            }
            let Some(query) = inner.again() else { return lost() };
            answers.drop_expired(&key).await;
            let loading = Loading { key: key.clone(), around: self.context.load().cloned() };
            let mut own = None;
            let load = async {
                // Nobody waits for itself.
                self.context.begin_load(Arc::new(loading));
                let outcome = self.rest(query, None).await;
                match (cache.keep)(&outcome) {
                    Some(answer) if answers.raised_by.floor() == floor => {
                        Ok(Kept { answer, until: Deadline::after(cache.ttl) })
                    }
                    Some(_) => Err(Unkept::Old),
                    None => Err(match outcome.into_fault() {
                        Ok(fault) if self.is_about_caller(cache, &fault) => {
                            own = Some(fault.into());
                            Unkept::Theirs
                        }
                        Ok(fault) => Unkept::Fault(Arc::new(fault)),
                        Err(outcome) => {
                            own = Some(outcome);
                            Unkept::Rejected
                        }
                    }),
                }
            };
            let why = match answers.kept.try_get_with(key, load).await {
                Ok(kept) => return (cache.answer)(&*kept.answer).unwrap_or_else(lost),
                Err(why) => why,
            };
            match (&*why, own) {
                (Unkept::Fault(fault), _) => return Fault::shared(fault).into(),
                (Unkept::Rejected | Unkept::Theirs, Some(outcome)) => return outcome,
                (Unkept::Rejected, None) => break,
                (Unkept::Theirs, None) => {}
                (Unkept::Old, _) => loads += 1,
            }
        }
        self.rest(inner, None).await
    }

    /// Whether a fault says what this caller may not do, or that its time is up: it is none for others who wait.
    fn is_about_caller(&self, cache: &Cache, fault: &Fault) -> bool {
        match fault.kind() {
            FaultKind::Unauthenticated | FaultKind::Forbidden => cache.shared,
            FaultKind::Timeout => self.has_no_time_left(),
            _ => false,
        }
    }
}
