//! The container: shared dependencies, one of each per bus, made by their providers when first needed.

pub(crate) mod making;
pub(crate) mod missing;
pub(crate) mod per_call;
pub(crate) mod provider;
pub(crate) mod read_only;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};

use crate::bus::Bus;
use crate::clock::Clock;
use crate::container::making::Making;
use crate::container::per_call::MadeByClosure;
use crate::container::provider::{ProviderInfo, Role};
use crate::future::BoxFuture;
use crate::future::CatchPanic;
use crate::handler::need::{Need, Opening};
use crate::result::fault::{Fault, Place};
use crate::store::in_memory::InMemoryStore;
use crate::store::info::StoreInfo;
use crate::unit::Scope;

/// What a `&T` parameter can be: anything that threads can share.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a dependency: it cannot be shared between threads",
    label = "not `Send + Sync`",
    note = "a dependency is one per bus and is used by many calls at once; put what changes in it behind a `Mutex` or an atomic",
    note = "for a trait object, make `Send + Sync` supertraits: `trait Orders: Send + Sync`"
)]
pub trait Dependency: Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized + Send + Sync + 'static> Dependency for T {}

/// A tuple of `Arc<T>`s: what a handler or a provider takes by reference.
pub trait Shared: Sized + Send + Sync + 'static {
    /// What it asks for, in the order of the parameters.
    const NEEDS: &'static [Need];
    /// Takes it out of a container in which all of it is ready.
    #[doc(hidden)]
    fn assemble(container: &Container) -> Result<Self, Fault>;
}

macro_rules! shared {
    ($($t:ident)*) => {
        impl<$($t: ?Sized + Dependency),*> Shared for ($(Arc<$t>,)*) {
            const NEEDS: &'static [Need] = &[$(Need::of::<$t>()),*];
            #[allow(unused_variables, reason = "the empty tuple needs nothing")]
            fn assemble(container: &Container) -> Result<Self, Fault> {
                Ok(($(container.ready::<$t>()?,)*))
            }
        }
    };
}
crate::tuples::up_to_twelve!(shared);

/// One bus's dependencies.
pub struct Container {
    shared: HashMap<TypeId, Slot>,
    per_call: HashMap<TypeId, PerCall>,
}

/// A value that is ready, or the way to make it.
struct Slot {
    need: Need,
    value: OnceLock<Box<dyn Any + Send + Sync>>,
    making: Making,
    source: Source,
}

#[derive(Clone)]
enum Source {
    Given,
    Provider(&'static ProviderInfo),
    /// It can never be made: why.
    Broken(Arc<str>),
}

pub(crate) enum PerCall {
    Closure(MadeByClosure),
    Provider(&'static ProviderInfo),
    /// It can never be made: why.
    Broken(Arc<str>),
}

/// What somebody put into a builder, by key.
#[derive(Default)]
pub(crate) struct Overrides {
    pub(crate) shared: HashMap<TypeId, (Need, Box<dyn Any + Send + Sync>)>,
    pub(crate) per_call: HashMap<TypeId, MadeByClosure>,
}

impl Container {
    /// Overrides win over providers, and both over what a store provides of itself; a store that is an override itself
    /// wins with what it provides. What cannot be made is found out here, so that no dispatch waits for a cycle.
    pub(crate) fn new(
        providers: &[&'static ProviderInfo],
        overrides: Overrides,
        store: Option<&'static StoreInfo>,
    ) -> Self {
        let is_given = store.is_some_and(|store| overrides.shared.contains_key(&store.store.key));
        let mut shared: HashMap<TypeId, Slot> = HashMap::new();
        let mut per_call: HashMap<TypeId, PerCall> = HashMap::new();
        // The store of `InMemoryUnit`, which needs nothing.
        shared.insert(TypeId::of::<()>(), Slot::given(Need::of::<()>(), Box::new(Arc::new(()))));
        let of_store: Vec<_> = store.into_iter().flat_map(StoreInfo::providers).collect();
        let is_in = |provider: &ProviderInfo, others: &[&ProviderInfo]| {
            others.iter().any(|other| other.provides.key == provider.provides.key)
        };
        let declared = providers.iter().filter(|provider| !(is_given && is_in(provider, &of_store)));
        let of_store = of_store.iter().filter(|of_store| is_given || !is_in(of_store, providers));
        for &provider in declared.chain(of_store) {
            let need = provider.provides;
            match provider.role {
                Role::Shared(_) => {
                    let second = shared.remove(&need.key);
                    let source = match second.map(|slot| slot.source) {
                        None => Source::Provider(provider),
                        Some(first) => Source::Broken(two_providers(&need, &first, provider).into()),
                    };
                    shared.insert(need.key, Slot::of(need, source));
                }
                Role::PerCall(..) => {
                    let made = match per_call.remove(&need.key) {
                        None => PerCall::Provider(provider),
                        Some(PerCall::Provider(first)) => {
                            PerCall::Broken(two_providers(&need, &Source::Provider(first), provider).into())
                        }
                        Some(other) => other,
                    };
                    per_call.insert(need.key, made);
                }
            }
        }
        // What every bus has, unless somebody provides another.
        for (need, value) in [
            (Need::of::<Clock>(), Box::new(Arc::new(Clock::system())) as Box<dyn Any + Send + Sync>),
            (Need::of::<InMemoryStore>(), Box::new(Arc::new(InMemoryStore::none()))),
        ] {
            shared.entry(need.key).or_insert_with(|| Slot::given(need, value));
        }
        shared.extend(overrides.shared.into_iter().map(|(key, (need, value))| (key, Slot::given(need, value))));
        per_call.extend(overrides.per_call.into_iter().map(|(key, make)| (key, PerCall::Closure(make))));
        let mut container = Container { shared, per_call };
        for (need, why) in container.broken() {
            container.shared.insert(need.key, Slot::of(need, Source::Broken(why.into())));
        }
        container
    }

    /// Makes ready what `needs` lists, in order, each at most once per bus.
    pub(crate) fn prepare<'a>(&'a self, bus: &'a Bus, needs: &'static [Need]) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            for need in needs {
                self.prepare_one(bus, need).await?;
            }
            Ok(())
        })
    }

    async fn prepare_one(&self, bus: &Bus, need: &Need) -> Result<(), Fault> {
        let Some(slot) = self.shared.get(&need.key) else {
            return Err(Fault::wiring(missing::shared(self, need)));
        };
        match &slot.source {
            Source::Given => Ok(()),
            Source::Broken(why) => Err(Fault::wiring(&**why)),
            Source::Provider(provider) => match provider.role {
                Role::Shared(_) => slot.making.ready(bus, provider, || slot.value.get().is_some()).await,
                Role::PerCall(..) => Err(Fault::wiring(missing::shared(self, need))),
            },
        }
    }

    /// Makes a shared dependency and keeps it: the work of [`Making`](crate::container::making::Making).
    pub(crate) async fn make_shared(&self, bus: &Bus, provider: &'static ProviderInfo) -> Result<(), Fault> {
        let (Role::Shared(make), Some(slot)) = (provider.role, self.shared.get(&provider.provides.key)) else {
            return Err(Fault::wiring(missing::shared(self, &provider.provides)));
        };
        self.prepare(bus, provider.needs).await?;
        let made = match CatchPanic(AssertUnwindSafe(make(self))).await {
            Ok(made) => made.map_err(|fault| fault.at(provider.place))?,
            Err(payload) => return Err(Fault::panic("the provider", &*payload).at(provider.place)),
        };
        slot.value.get_or_init(|| made);
        Ok(())
    }

    /// Where a shared dependency is being made.
    pub(crate) fn making(&self, provider: &ProviderInfo) -> Option<&Making> {
        self.shared.get(&provider.provides.key).map(|slot| &slot.making)
    }

    /// A dependency that is ready.
    pub(crate) fn ready<T: ?Sized + Dependency>(&self) -> Result<Arc<T>, Fault> {
        self.shared
            .get(&TypeId::of::<T>())
            .and_then(|slot| slot.value.get())
            .and_then(|value| value.downcast_ref::<Arc<T>>())
            .cloned()
            .ok_or_else(|| Fault::wiring(missing::shared(self, &Need::of::<T>())))
    }

    /// A value for this call, made by the provider of `T` or by what overrides it.
    pub(crate) async fn make<T: Send + 'static>(&self, scope: &mut Scope) -> Result<T, Fault> {
        let need = Need::of::<T>();
        if scope.making.contains(&need.key) {
            return Err(Fault::wiring(format!(
                "the provider of `{}` for each call needs one itself, through what it takes by value",
                need.name()
            )));
        }
        scope.making.push(need.key);
        let made = self.make_once(&need, scope).await;
        scope.making.pop();
        made?.downcast::<T>().map(|value| *value).map_err(|_| Fault::wiring(missing::per_call(&need)))
    }

    async fn make_once(&self, need: &Need, scope: &mut Scope) -> Result<Box<dyn Any + Send>, Fault> {
        match self.per_call.get(&need.key) {
            Some(PerCall::Closure(closure)) => closure.make(scope).await,
            Some(PerCall::Broken(why)) => Err(Fault::wiring(&**why)),
            Some(PerCall::Provider(provider)) => match provider.role {
                Role::PerCall(make, _) => {
                    self.prepare(&scope.bus.clone(), provider.needs).await?;
                    match CatchPanic(AssertUnwindSafe(make(self, scope))).await {
                        Ok(made) => made.map_err(|fault| fault.at(provider.place)),
                        Err(payload) => Err(Fault::panic("the provider", &*payload).at(provider.place)),
                    }
                }
                Role::Shared(_) => Err(Fault::wiring(missing::per_call(need))),
            },
            None => Err(Fault::wiring(missing::per_call(need))),
        }
    }

    /// Makes every shared dependency ready that has a provider, in the order of the providers' places.
    pub(crate) async fn prepare_all(&self, bus: &Bus) -> Result<(), Fault> {
        let provided = self.shared.values().filter_map(|slot| match slot.source {
            Source::Provider(provider) => Some(provider),
            Source::Given | Source::Broken(_) => None,
        });
        let mut provided: Vec<_> = provided.collect();
        provided.sort_unstable_by_key(|provider| provider.place);
        for provider in provided {
            self.prepare_one(bus, &provider.provides).await?;
        }
        Ok(())
    }

    pub(crate) fn has(&self, need: &Need) -> bool {
        self.shared.contains_key(&need.key)
    }

    pub(crate) fn per_call(&self, need: &Need) -> Option<&PerCall> {
        self.per_call.get(&need.key)
    }

    /// Why a dependency that is there can never be made, if so.
    pub(crate) fn why_broken(&self, need: &Need) -> Option<&str> {
        match &self.shared.get(&need.key)?.source {
            Source::Broken(why) => Some(why),
            _ => None,
        }
    }

    /// The shared providers whose dependencies form a circle or are missing, with the reason.
    fn broken(&self) -> Vec<(Need, String)> {
        let mut reasons = Vec::new();
        let mut sound = std::collections::HashSet::new();
        for (key, slot) in &self.shared {
            if let Err(why) = self.trace(*key, &mut Vec::new(), &mut sound) {
                reasons.push((slot.need, why));
            }
        }
        reasons
    }

    /// Follows the needs of a provider down; the error names the way.
    fn trace(
        &self,
        key: TypeId,
        way: &mut Vec<&'static ProviderInfo>,
        sound: &mut std::collections::HashSet<TypeId>,
    ) -> Result<(), String> {
        if sound.contains(&key) {
            return Ok(());
        }
        if let Some(Source::Broken(why)) = self.shared.get(&key).map(|slot| &slot.source) {
            return Err(why.to_string());
        }
        if let Some(Source::Provider(provider)) = self.shared.get(&key).map(|slot| &slot.source) {
            if let Some(start) = way.iter().position(|seen| std::ptr::eq(*seen, *provider)) {
                return Err(circle(&way[start..]));
            }
            way.push(provider);
            for need in provider.needs {
                if !self.has(need) {
                    return Err(format!(
                        "{}; it is needed by the provider {}",
                        missing::shared(self, need),
                        provider.place
                    ));
                }
                self.trace(need.key, way, sound)?;
            }
            way.pop();
        }
        sound.insert(key);
        Ok(())
    }
}

impl Slot {
    fn of(need: Need, source: Source) -> Self {
        Slot { need, value: OnceLock::new(), making: Making::default(), source }
    }

    fn given(need: Need, value: Box<dyn Any + Send + Sync>) -> Self {
        Slot { need, value: OnceLock::from(value), making: Making::default(), source: Source::Given }
    }
}

/// The same circle in the same words, wherever it was entered.
fn circle(way: &[&'static ProviderInfo]) -> String {
    let first = way.iter().enumerate().min_by_key(|(_, provider)| provider.place).map_or(0, |(index, _)| index);
    let steps: Vec<String> = way[first..]
        .iter()
        .chain(&way[..first])
        .chain(&way[first..=first])
        .map(|provider| provider.place.to_string())
        .collect();
    format!("these providers need each other, so none can be first: {}; let one of them take less", steps.join(" -> "))
}

fn two_providers(need: &Need, first: &Source, second: &ProviderInfo) -> String {
    let name = need.name();
    match first {
        Source::Provider(first) => format!(
            "two providers of `{name}`: {} and {}; keep one, or give the value to the builder, which wins over both",
            first.place, second.place
        ),
        Source::Broken(earlier) => format!("{earlier}; and a third, {}", second.place),
        Source::Given => format!("`{name}` is there without a provider, so {} has nothing to provide", second.place),
    }
}

/// What a report asks of a container.
impl Container {
    /// What there is to take as `&T`.
    pub(crate) fn shared(&self) -> impl Iterator<Item = Need> {
        self.shared.values().map(|slot| slot.need)
    }

    /// What is made for each call.
    pub(crate) fn made_per_call(&self) -> impl Iterator<Item = Need> {
        self.per_call.values().filter_map(|made| match made {
            PerCall::Closure(closure) => Some(closure.provides),
            PerCall::Provider(provider) => Some(provider.provides),
            PerCall::Broken(_) => None,
        })
    }
}

impl PerCall {
    /// What makes it, for a report; nothing, if it can never be made.
    pub(crate) fn place(&self) -> Option<Place> {
        match self {
            PerCall::Closure(closure) => Some(closure.place),
            PerCall::Provider(provider) => Some(provider.place),
            PerCall::Broken(_) => None,
        }
    }

    /// What it is made of that is shared.
    pub(crate) fn needs(&self) -> &'static [Need] {
        match self {
            PerCall::Closure(_) | PerCall::Broken(_) => &[],
            PerCall::Provider(provider) => provider.needs,
        }
    }

    /// What making it opens.
    pub(crate) fn openings(&self) -> &'static [Opening] {
        match self {
            PerCall::Closure(closure) => closure.openings,
            PerCall::Provider(ProviderInfo { role: Role::PerCall(_, openings), .. }) => openings,
            PerCall::Provider(_) | PerCall::Broken(_) => &[],
        }
    }

    /// Why it can never be made, if so.
    pub(crate) fn why_broken(&self) -> Option<&str> {
        match self {
            PerCall::Broken(why) => Some(why),
            PerCall::Closure(_) | PerCall::Provider(_) => None,
        }
    }
}
