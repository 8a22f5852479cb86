//! What outlives the process.

use crate::call::ids::MessageId;
use crate::call::principal::Principal;
use crate::store::changes::Changes;
use crate::testing::conformance::everything::{Everything, Furnished, READER};
use crate::testing::conformance::messages::{Order, answered};
use crate::testing::conformance::report::{Outcome, same};
use crate::testing::conformance::samples::*;
use crate::testing::conformance::subject::{Trial, stop};

pub(super) async fn what_was_written_is_there_after_reopening(trial: Trial) -> Outcome {
    let Furnished { store, owner, .. } = Furnished::of(trial.store()).await?;
    let before = Everything::of(&*store).await?;
    drop(store);
    let trial = trial.reopen().await?;
    let store = trial.store();
    same!(Everything::of(&*store).await?, before, "all that a store says, after it was opened anew");
    // The lease is kept too, and so are the positions and the versions that come next.
    let other = store.claim(&claim(READER, MessageId::new(), at(1))).await?;
    same!(other, None, "a subscription that somebody has, for somebody else, after the store was opened anew");
    let same_owner = store.claim(&claim(READER, owner, at(1))).await?;
    same!(same_owner.map(|claimed| claimed.fence), Some(1), "the fence for its owner, after the store was opened anew");
    store.write(Changes { events: vec![event_in("cart-1", 4)], ..changes() }).await?;
    let all = log_of(&*store, 4).await?;
    same!(numbers(&all)?, vec![1, 2, 3, 4], "the log, after the store was opened anew and written");
    same!(all[3].version, Some(3), "the version of an event that was appended after the store was opened anew");
    same!(store.claim(&claim(READER, MessageId::new(), at(60))).await?.is_some(), true, "whether a lease ends");
    Ok(())
}

pub(super) async fn what_was_answered_is_there_after_reopening(trial: Trial) -> Outcome {
    let order = || Order { order: 7, refuse: false };
    let bus = trial.builder().build();
    let first = answered(bus.execute(order()).by(Principal::new("ada")).idempotency_key("k").await)?;
    stop(bus).await;
    let trial = trial.reopen().await?;
    let bus = trial.builder().build();
    let again = answered(bus.execute(order()).by(Principal::new("ada")).idempotency_key("k").await)?;
    same!(again, first, "what a command answers that was carried out before the store was opened anew");
    log_of(&*trial.store(), 1).await?;
    same!(trial.store().due(std::time::SystemTime::now(), 10).await?.len(), 1, "how many commands it has sent");
    stop(bus).await;
    Ok(())
}
