//! How a bus finds its store: [`StoreInfo`].

use std::marker::PhantomData;
use std::sync::Arc;

use crate::clock::Clock;
use crate::container::Container;
use crate::container::provider::{Provider, ProviderInfo, ProvidesShared};
use crate::future::BoxFuture;
use crate::handler::need::{Need, Opening};
use crate::pipeline::ledger::{Ledger, LedgerEntry, LedgerKey};
use crate::result::fault::{BoxError, Fault, Place};
use crate::store::Store;
use crate::unit::{OpenUnit, Scope, open_unit};

/// A sort of store. A bus that is provided with one has it.
pub struct StoreInfo {
    pub(crate) store: Need,
    pub(crate) unit: OpenUnit,
    pub(crate) opening: Opening,
    /// The store, where it has been made.
    pub(crate) get: fn(&Container) -> Result<Arc<dyn Store>, Fault>,
    ledger: &'static ProviderInfo,
    provides: fn() -> &'static [&'static ProviderInfo],
}

impl StoreInfo {
    /// Of the stores of type `S`.
    #[must_use]
    pub const fn of<S: Store>() -> Self {
        StoreInfo {
            store: Need::of::<S>(),
            unit: open_unit::<S::Unit>,
            opening: Opening::unit::<S::Unit>(),
            get: |container| Ok(container.ready::<S>()?),
            ledger: const { &ProviderInfo::shared::<LedgerOf<S>>(LEDGER) },
            provides: S::provides,
        }
    }

    /// What a bus has that has the store.
    pub(crate) fn providers(&self) -> impl Iterator<Item = &'static ProviderInfo> {
        [self.ledger].into_iter().chain((self.provides)().iter().copied())
    }
}

impl std::fmt::Debug for StoreInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreInfo").field("store", &self.store).finish_non_exhaustive()
    }
}

const LEDGER: Place = Place { path: "the store's ledger", file: file!(), line: line!() };

/// The ledger that a store is, for a bus that is given no other.
struct LedgerOf<S>(PhantomData<fn() -> S>);

impl<S: Store> Provider for LedgerOf<S> {
    type Provides = dyn Ledger;
    type Shared = (Arc<S>, Arc<Clock>);
    type Parts = ();
}

impl<S: Store> ProvidesShared for LedgerOf<S> {
    async fn provide((store, clock): Self::Shared) -> Result<Arc<dyn Ledger>, BoxError> {
        Ok(Arc::new(StoreLedger { store, clock }))
    }
}

struct StoreLedger {
    store: Arc<dyn Store>,
    clock: Arc<Clock>,
}

impl Ledger for StoreLedger {
    fn find<'a>(&'a self, key: &'a LedgerKey) -> BoxFuture<'a, Result<Option<LedgerEntry>, Fault>> {
        self.store.find(key, self.clock.now())
    }

    fn stage<'a>(&'a self, scope: &'a mut Scope, entry: LedgerEntry) -> BoxFuture<'a, Result<(), Fault>> {
        scope.records.others().outcome = Some(entry);
        Box::pin(std::future::ready(Ok(())))
    }
}
