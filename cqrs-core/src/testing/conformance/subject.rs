//! What the suite runs on: [`Subject`], and inside of it a [`Trial`], which has no type of a store.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::bus::Bus;
use crate::bus::builder::Builder;
use crate::future::BoxFuture;
use crate::store::Store;
use crate::store::in_memory::{KEEP_AUDIT, KEEP_OUTCOMES};
use crate::testing::conformance::report::Stop;

/// How the suite comes to stores of one kind.
pub trait Subject: Send + Sync + 'static {
    /// The store.
    type Store: Store;

    /// A store in which there is nothing, for one check.
    fn fresh(&self) -> impl Future<Output = Self::Store> + Send;

    /// Opens anew what this store keeps, after its last handle is gone. `None` says that nothing of it outlives the
    /// process; what is asked of a store that was opened anew is then skipped.
    fn reopen(&self, store: Self::Store) -> impl Future<Output = Option<Self::Store>> + Send {
        async move {
            drop(store);
            None
        }
    }

    /// One more handle of what this store keeps, as another process would have it. `None` says that there is one process
    /// alone; what is asked of two is then skipped.
    fn beside(&self, store: &Self::Store) -> impl Future<Output = Option<Self::Store>> + Send {
        let _ = store;
        std::future::ready(None)
    }

    /// For how long its stores keep outcomes; 7 days, unless they are told otherwise.
    fn keeps_outcomes(&self) -> Duration {
        KEEP_OUTCOMES
    }

    /// For how long its stores keep rows of the audit trail, if they [do](Store::audits); 90 days, unless they are told
    /// otherwise.
    fn keeps_audit(&self) -> Duration {
        KEEP_AUDIT
    }
}

/// A subject that is shared by the checks.
pub(super) struct Shared<T>(Arc<T>);

impl<T: Subject> Shared<T> {
    pub(super) fn new(subject: T) -> Self {
        Shared(Arc::new(subject))
    }
}

/// One store, as a check has it.
pub(super) struct Trial(Box<dyn Opened>);

impl Trial {
    pub(super) async fn fresh<T: Subject>(subject: &Shared<T>) -> Trial {
        let (subject, store) = (subject.0.clone(), subject.0.fresh().await);
        Trial(Box::new(Of { subject, store: Arc::new(store) }))
    }

    pub(super) fn store(&self) -> Arc<dyn Store> {
        self.0.store()
    }

    /// The builder of a bus on the store.
    pub(super) fn builder(&self) -> Builder {
        self.0.builder()
    }

    /// The same store opened anew; whoever has a handle of it must have let go.
    pub(super) async fn reopen(self) -> Result<Trial, Stop> {
        self.0.reopen().await.map(Trial)
    }

    /// The same store as another process has it.
    pub(super) async fn beside(&self) -> Result<Trial, Stop> {
        let beside = self.0.beside().await.map(Trial);
        beside.ok_or_else(|| Stop::Skipped("the store belongs to one process".to_owned()))
    }

    pub(super) fn keeps_outcomes(&self) -> Duration {
        self.0.keeps().0
    }

    pub(super) fn keeps_audit(&self) -> Duration {
        self.0.keeps().1
    }

    /// Ends a check of the audit trail, where there is none.
    pub(super) fn audits(&self) -> Result<(), Stop> {
        match self.store().audits() {
            true => Ok(()),
            false => Err(Stop::Skipped("the store keeps no audit trail".to_owned())),
        }
    }
}

/// Ends what a bus runs, as an orderly process does.
pub(super) async fn stop(bus: Bus) {
    bus.subscribers().stop().await;
    bus.audit_buffer().flush(&bus).await;
    bus.idle().await;
}

/// [`Trial`] with its types.
trait Opened: Send + Sync {
    fn store(&self) -> Arc<dyn Store>;
    fn builder(&self) -> Builder;
    fn reopen(self: Box<Self>) -> BoxFuture<'static, Result<Box<dyn Opened>, Stop>>;
    fn beside(&self) -> BoxFuture<'_, Option<Box<dyn Opened>>>;
    fn keeps(&self) -> (Duration, Duration);
}

struct Of<T: Subject> {
    subject: Arc<T>,
    store: Arc<T::Store>,
}

/// How long a handle of the store may be held on to by what is ending.
const LET_GO: Duration = Duration::from_secs(5);

impl<T: Subject> Opened for Of<T> {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    fn builder(&self) -> Builder {
        Bus::builder().shared_store(self.store.clone())
    }

    fn reopen(self: Box<Self>) -> BoxFuture<'static, Result<Box<dyn Opened>, Stop>> {
        Box::pin(async move {
            let Of { subject, mut store } = *self;
            let began = tokio::time::Instant::now();
            let last = loop {
                match Arc::try_unwrap(store) {
                    Ok(last) => break last,
                    Err(held) if began.elapsed() < LET_GO => store = held,
                    Err(_) => return Err(Stop::Failed("somebody holds on to the store".to_owned())),
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            };
            match subject.reopen(last).await {
                Some(store) => Ok(Box::new(Of { subject, store: Arc::new(store) }) as Box<dyn Opened>),
                None => Err(Stop::Skipped("nothing of the store outlives the process".to_owned())),
            }
        })
    }

    fn beside(&self) -> BoxFuture<'_, Option<Box<dyn Opened>>> {
        Box::pin(async move {
            let store = Arc::new(self.subject.beside(&self.store).await?);
            Some(Box::new(Of { subject: self.subject.clone(), store }) as Box<dyn Opened>)
        })
    }

    fn keeps(&self) -> (Duration, Duration) {
        (self.subject.keeps_outcomes(), self.subject.keeps_audit())
    }
}
