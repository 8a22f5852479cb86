//! Who has a subscription, and for how long.

use std::time::{Duration, SystemTime};

use tokio::task::JoinSet;

use crate::call::ids::MessageId;
use crate::store::changes::Changes;
use crate::store::{Checkpoint, Claim, Start, Store};
use crate::testing::conformance::report::{Outcome, Stop, ensure, same};
use crate::testing::conformance::samples::*;
use crate::testing::conformance::subject::Trial;

const NAME: &str = "mail";

async fn had(store: &dyn Store, owner: MessageId, now: SystemTime, what: &str) -> Result<Checkpoint, Stop> {
    let claimed = store.claim(&claim(NAME, owner, now)).await?;
    claimed.ok_or_else(|| Stop::Failed(format!("{what}, and it was not to be had")))
}

async fn not_had(store: &dyn Store, owner: MessageId, now: SystemTime, what: &str) -> Outcome {
    let claimed = store.claim(&claim(NAME, owner, now)).await?;
    ensure!(claimed.is_none(), "{what}, and somebody else has got it");
    Ok(())
}

pub(super) async fn a_subscription_begins_where_it_says_and_that_is_kept(trial: Trial) -> Outcome {
    let store = trial.store();
    let claim = |name: &'static str, start| Claim { start, ..claim(name, MessageId::new(), now()) };
    same!(store.checkpoint("early").await?, None, "the checkpoint of a subscription that was never claimed");
    let early = store.claim(&claim("early", Start::Now)).await?;
    same!(early.map(|early| early.at), Some(None), "where one begins that begins now, in an empty log");
    store.write(Changes { events: vec![event(1), event(2)], ..changes() }).await?;
    let head = store.head().await?;
    let from_start = store.claim(&claim("all", Start::Beginning)).await?;
    same!(from_start.map(|all| all.at), Some(None), "where one begins that begins with the log");
    let from_now = store.claim(&claim("new", Start::Now)).await?;
    same!(from_now.map(|new| new.at), Some(head), "where one begins that begins now");
    store.write(Changes { events: vec![event(3)], ..changes() }).await?;
    // Whoever comes after that says something else in vain.
    let later = |name: &'static str, start| Claim { now: at(60), ..claim(name, start) };
    let again = store.claim(&later("all", Start::Now)).await?;
    same!(
        again.map(|all| all.at),
        Some(None),
        "where one is that began with the log, for an owner who would begin now"
    );
    let again = store.claim(&later("new", Start::Beginning)).await?;
    same!(
        again.map(|new| new.at),
        Some(head),
        "where one is that began in between, for an owner who would begin with the log"
    );
    same!(store.checkpoint("new").await?.map(|new| new.at), Some(head), "the checkpoint of one that began in between");
    Ok(())
}

pub(super) async fn one_owner_has_it_until_its_lease_is_over(trial: Trial) -> Outcome {
    let store = trial.store();
    let (ada, bob) = (MessageId::new(), MessageId::new());
    had(&*store, ada, at(0), "nobody has ever had the subscription").await?;
    not_had(&*store, bob, at(0), "one owner has just claimed the subscription").await?;
    not_had(&*store, bob, at(9), "the lease of 10 s has run for 9 s").await?;
    had(&*store, ada, at(9), "its owner goes on with the subscription").await?;
    not_had(&*store, bob, at(18), "the lease was prolonged 9 s ago").await?;
    had(&*store, bob, at(19), "the lease was prolonged 10 s ago, and is over").await?;
    not_had(&*store, ada, at(20), "another owner has taken the subscription over").await?;
    Ok(())
}

pub(super) async fn who_lets_go_need_not_be_waited_for(trial: Trial) -> Outcome {
    let store = trial.store();
    let (ada, bob) = (MessageId::new(), MessageId::new());
    store.release(NAME, ada).await?;
    same!(store.checkpoint(NAME).await?, None, "the checkpoint of a subscription that was let go of and never claimed");
    had(&*store, ada, at(0), "nobody has ever had the subscription").await?;
    store.release(NAME, bob).await?;
    not_had(&*store, bob, at(1), "somebody let go of the subscription who did not have it").await?;
    store.release("another", ada).await?;
    not_had(&*store, bob, at(1), "its owner let go of another subscription").await?;
    store.release(NAME, ada).await?;
    had(&*store, bob, at(1), "its owner let go of the subscription").await?;
    Ok(())
}

pub(super) async fn a_fence_rises_when_a_subscription_changes_hands(trial: Trial) -> Outcome {
    let store = trial.store();
    let (ada, bob) = (MessageId::new(), MessageId::new());
    let first = had(&*store, ada, at(0), "nobody has ever had the subscription").await?.fence;
    let goes_on = had(&*store, ada, at(5), "its owner goes on with the subscription").await?.fence;
    same!(goes_on, first, "the fence, while one owner has the subscription");
    let late = had(&*store, ada, at(60), "its owner goes on, late, and nobody else came").await?.fence;
    same!(late, first, "the fence, when its owner comes back after its lease and nobody else came");
    let taken = had(&*store, bob, at(120), "the lease is over").await?.fence;
    ensure!(taken > first, "the fence is {taken} after another owner took over, and was {first}");
    same!(store.checkpoint(NAME).await?.map(|kept| kept.fence), Some(taken), "the fence that is kept");
    store.release(NAME, bob).await?;
    let back = had(&*store, ada, at(121), "its owner let go of the subscription").await?.fence;
    ensure!(back > taken, "the fence is {back} after the first owner took it back, and was {taken}");
    Ok(())
}

pub(super) async fn a_clock_that_was_set_back_locks_nobody_out(trial: Trial) -> Outcome {
    let store = trial.store();
    let (ada, bob) = (MessageId::new(), MessageId::new());
    had(&*store, ada, at(3_600), "nobody has ever had the subscription").await?;
    not_had(&*store, bob, at(3_600), "one owner has just claimed the subscription").await?;
    // The clock was an hour ahead, and is right again.
    had(&*store, bob, at(0), "the lease would end later than one that is taken now, so it was taken by a wrong clock")
        .await?;
    not_had(&*store, ada, at(1), "another owner has taken the subscription over").await?;
    Ok(())
}

pub(super) async fn a_lease_may_have_no_end(trial: Trial) -> Outcome {
    let store = trial.store();
    let endless = Claim { lease: Duration::MAX, ..claim(NAME, MessageId::new(), at(0)) };
    let claimed = store.claim(&endless).await?;
    ensure!(claimed.is_some(), "nobody has ever had the subscription, and it was not to be had for ever");
    let other = Claim { owner: MessageId::new(), now: at(3_600), ..endless.clone() };
    ensure!(
        store.claim(&other).await?.is_none(),
        "one owner has the subscription for ever, and somebody else has got it"
    );
    store.release(NAME, endless.owner).await?;
    ensure!(store.claim(&other).await?.is_some(), "its owner let go of the subscription, and it was not to be had");
    Ok(())
}

pub(super) async fn of_many_that_claim_it_at_once_one_has_it(trial: Trial) -> Outcome {
    let store = trial.store();
    for round in 0..10_u64 {
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let store = store.clone();
            tasks.spawn(async move {
                let claim = Claim { lease: Duration::from_secs(5), ..claim(NAME, MessageId::new(), at(round * 10)) };
                store.claim(&claim).await
            });
        }
        let mut have = 0;
        while let Some(claimed) = tasks.join_next().await {
            have += usize::from(claimed??.is_some());
        }
        same!(have, 1, "how many of 8 that claimed a subscription at once have it");
    }
    Ok(())
}
