//! Durable handlers that write in the store's transaction: what they write and how far they have come is one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use tokio::time::timeout;

use crate::bus::Bus;
use crate::call::ids::MessageId;
use crate::delivery::event_meta::EventMeta;
use crate::future::BoxFuture;
use crate::handler::{Handler, HandlerInfo, Later, Reply};
use crate::result::fault::Fault;
use crate::store::changes::{Advance, Changes, NewEvent};
use crate::store::log::{Reading, StoredEvent};
use crate::store::{Claim, Start, Store};
use crate::testing::conformance::everything::SOON;
use crate::testing::conformance::messages::{Followed, Ordered};
use crate::testing::conformance::report::{Outcome, Stop, ensure, same};
use crate::testing::conformance::samples::event;
use crate::testing::conformance::subject::{Trial, stop};
use crate::unit::Scope;
use crate::unit::events::Events;
use crate::unit::resource::{AnyUnit, Resource};

const NAME: &str = "conformance-follow";

/// What comes in the way of the handler.
struct Trouble {
    /// Done while it is at an event.
    beside: Box<Beside>,
    /// Whether its next commit at the fourth event is a conflict.
    conflicts: AtomicBool,
}

type Beside = dyn Fn(&EventMeta) -> BoxFuture<'static, Result<(), Fault>> + Send + Sync;

impl Trouble {
    fn none() -> Self {
        Trouble { beside: Box::new(|_| Box::pin(std::future::ready(Ok(())))), conflicts: AtomicBool::new(false) }
    }
}

async fn follow(
    event: Ordered,
    meta: EventMeta,
    trouble: &Trouble,
    events: &mut Events,
    _: &mut Conflicting,
) -> Result<(), Fault> {
    events.raise(Followed { order: event.order });
    (trouble.beside)(&meta).await
}

/// Lets a commit fail once that has a checkpoint in it, for another reason than that.
struct Conflicting;

impl Resource<Ordered> for Conflicting {
    type Unit = AnyUnit;

    async fn open(scope: &mut Scope, event: &Ordered) -> Result<Self, Fault> {
        if event.order == 4 && scope.dependency::<Trouble>().await?.conflicts.swap(false, Ordering::SeqCst) {
            scope.expect_version("order-4".into(), 99);
        }
        Ok(Conflicting)
    }

    async fn stage(self, _: &mut Scope) -> Result<(), Fault> {
        Ok(())
    }
}

/// [`follow`] as `#[handler(name = .., from = start)]` declares it, in this suite's buses alone.
struct Follow;

impl Handler<Ordered> for Follow {
    type Shared = (Arc<Trouble>,);
    type Given = (EventMeta,);
    type Opened = (Events, Conflicting);

    fn info() -> &'static HandlerInfo {
        static INFO: HandlerInfo =
            HandlerInfo::of::<Ordered, Follow>(crate::__place!("follow")).named(NAME).from_start();
        &INFO
    }

    fn call<'x>(
        (trouble,): &'x Self::Shared,
        (meta,): Self::Given,
        (events, conflicting): &'x mut Self::Opened,
        event: Ordered,
    ) -> impl Reply<'x, Ordered> {
        Later(follow(event, meta, trouble, events, conflicting))
    }
}

fn following(trial: &Trial, lease: Duration, trouble: Trouble) -> Bus {
    trial.builder().subscription_lease(lease).provide(trouble).subscribe(Follow::info()).build()
}

/// The numbers that were followed, in the order of the log.
async fn followed(store: &dyn Store) -> Result<Vec<u32>, Stop> {
    let all = store.read(Reading::after(None, usize::MAX)).await?;
    let followed = all.iter().map(|event| event.decode::<Followed>()).collect::<Result<Vec<_>, _>>()?;
    Ok(followed.into_iter().flatten().map(|followed| followed.order).collect())
}

async fn settled(bus: &Bus) -> Outcome {
    let settled = timeout(SOON * 2, bus.settled()).await;
    settled.map_err(|_| Stop::Failed("the events of the log do not come to their handler".to_owned()))
}

pub(super) async fn what_a_handler_writes_and_its_checkpoint_are_one(trial: Trial) -> Outcome {
    const LEASE: Duration = Duration::from_millis(100);
    let (store, is_taken_over) = (trial.store(), Arc::new(AtomicBool::new(false)));
    // At the third event the handler takes too long: another process takes over, handles the event and lets go again.
    let beside: Box<Beside> = {
        let (store, is_taken_over) = (store.clone(), is_taken_over.clone());
        Box::new(move |meta: &EventMeta| {
            let (store, is_taken_over, meta) = (store.clone(), is_taken_over.clone(), meta.clone());
            Box::pin(async move {
                if meta.stream().is_some_and(|stream| stream.as_str() == "order-3")
                    && !is_taken_over.swap(true, Ordering::SeqCst)
                {
                    tokio::time::sleep(LEASE * 2).await;
                    take_over(&*store, LEASE, &meta).await?;
                }
                Ok(())
            })
        })
    };
    // At the fourth event the first commit is a conflict.
    let bus = following(&trial, LEASE, Trouble { beside, conflicts: AtomicBool::new(true) });
    bus.subscribers().start(&bus).await?;
    for order in 1..=5 {
        bus.publish(Ordered { order }).await?;
    }
    settled(&bus).await?;
    stop(bus).await;
    ensure!(is_taken_over.load(Ordering::SeqCst), "the handler has not seen the third event");
    same!(
        followed(&*store).await?,
        vec![1, 2, 3, 4, 5],
        "what a handler has written for five events, of which another process has handled one meanwhile, and one was a \
         conflict at first"
    );
    let (last, kept) = (store.read(Reading::stream("order-5".into(), 0, 1)).await?, store.checkpoint(NAME).await?);
    let last = last.first().map(|event| event.position);
    ensure!(kept.and_then(|kept| kept.position()) >= last, "the checkpoint is not at the last event that was handled");
    Ok(())
}

/// What another process does that takes over a subscription at an event.
async fn take_over(store: &dyn Store, lease: Duration, meta: &EventMeta) -> Result<(), Fault> {
    // By a clock by which the lease is over.
    let (owner, now) = (MessageId::new(), SystemTime::now() + lease);
    let claim = Claim { subscription: NAME.into(), owner, now, lease, start: Start::Beginning };
    let Some(claimed) = store.claim(&claim).await? else {
        return Err(Fault::internal("a subscription was not to be had after its lease"));
    };
    let Some(to) = meta.position() else { return Err(Fault::internal("an event that is delivered has no position")) };
    let checkpoint = Advance {
        subscription: NAME.into(),
        fence: claimed.fence,
        from: claimed.position(),
        to,
        event_id: meta.event_id(),
    };
    // All that is not handled yet: who is taken over from may have been at work on some of it together.
    let waiting = store.read(Reading::after(claimed.position(), usize::MAX).named(["conformance.ordered"])).await?;
    let followed = waiting.into_iter().filter(|waiting| waiting.position <= to);
    let follow =
        |waiting: StoredEvent| NewEvent { name: "conformance.followed".into(), payload: waiting.payload, ..event(0) };
    let events = followed.map(follow).collect();
    store.write(Changes { events, checkpoint: Some(checkpoint), ..Changes::at(now) }).await?;
    store.release(NAME, owner).await
}

pub(super) async fn two_processes_share_the_work_and_do_it_once(trial: Trial) -> Outcome {
    // Where there can be no other process, two buses of one do.
    let beside = trial.beside().await.ok();
    let other = beside.as_ref().unwrap_or(&trial);
    // Each has it for a while, and then ends.
    for round in 0..4_u32 {
        let (one, two) = (
            following(&trial, Duration::from_secs(5), Trouble::none()),
            following(other, Duration::from_secs(5), Trouble::none()),
        );
        let (one, two) = if round % 2 == 0 { (one, two) } else { (two, one) };
        one.subscribers().start(&one).await?;
        two.subscribers().start(&two).await?;
        for n in 1..=5 {
            let bus = if n % 2 == 0 { &one } else { &two };
            bus.publish(Ordered { order: round * 5 + n }).await?;
        }
        if round == 3 {
            settled(&one).await?;
        }
        stop(one).await;
        stop(two).await;
    }
    let followed = followed(&*trial.store()).await?;
    same!(followed, (1..=20).collect::<Vec<_>>(), "what two processes have written for twenty events");
    Ok(())
}
