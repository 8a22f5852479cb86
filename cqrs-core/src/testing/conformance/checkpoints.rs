//! Checkpoints: moved by whoever has them, from where they are, with what is written beside them.

use tokio::task::JoinSet;

use crate::call::ids::MessageId;
use crate::result::fault::FaultKind;
use crate::store::changes::{Advance, Changes};
use crate::testing::conformance::everything::{Furnished, READER};
use crate::testing::conformance::report::{Outcome, Stop, same};
use crate::testing::conformance::samples::*;
use crate::testing::conformance::subject::Trial;

fn stepping(there: &Furnished, advance: Advance) -> Result<Changes, Stop> {
    Ok(Changes { checkpoint: Some(advance), ..there.more()? })
}

pub(super) async fn a_step_from_elsewhere_leaves_nothing(trial: Trial) -> Outcome {
    let there = Furnished::of(trial.store()).await?;
    let step = step(READER, &there.checkpoint, &there.events[1]);
    let wrong = stepping(&there, Advance { from: Some(there.events[2].position), ..step.clone() })?;
    is_conflict(there.store.write(wrong).await, "a step of a subscription from where it has not come yet")?;
    let wrong = stepping(&there, Advance { from: None, ..step })?;
    there.refuses(wrong, "a step of a subscription from the beginning, which it has left").await
}

pub(super) async fn a_step_under_an_old_fence_leaves_nothing(trial: Trial) -> Outcome {
    let there = Furnished::of(trial.store()).await?;
    // Another owner takes it over, when the lease is over, and has not moved it.
    let taken = there.store.claim(&claim(READER, MessageId::new(), at(60))).await?;
    let taken = taken.ok_or_else(|| Stop::Failed("a subscription was not to be had after its lease".into()))?;
    same!(taken.position(), there.checkpoint.position(), "where a subscription is that was taken over");
    let there = Furnished { checkpoint: taken, ..there };
    let old = Advance { fence: there.checkpoint.fence - 1, ..step(READER, &there.checkpoint, &there.events[1]) };
    let wrong = stepping(&there, old)?;
    there.refuses(wrong, "a step of whoever had the subscription before somebody took it over").await
}

pub(super) async fn a_step_of_a_subscription_that_nobody_has_leaves_nothing(trial: Trial) -> Outcome {
    let there = Furnished::of(trial.store()).await?;
    let step = step(READER, &there.checkpoint, &there.events[1]);
    let wrong = stepping(&there, Advance { subscription: "nobody's".into(), from: None, ..step })?;
    there.refuses(wrong, "a step of a subscription that was never claimed").await?;
    same!(there.store.checkpoint("nobody's").await?, None, "the checkpoint of a subscription that was never claimed");
    Ok(())
}

pub(super) async fn a_step_is_written_with_what_it_comes_with(trial: Trial) -> Outcome {
    let there = Furnished::of(trial.store()).await?;
    // The conflict is another one's, and the checkpoint stays where it is.
    let mut wrong = there.more()?;
    wrong.outcome = Some(outcome(key("first"))?);
    there.refuses(wrong, "an outcome under a key that has one").await?;
    let other = claim("other", there.owner, now());
    let claimed = there.store.claim(&other).await?;
    same!(claimed.map(|checkpoint| checkpoint.position()), Some(None), "where a subscription is that begins");
    let reached = there.store.checkpoint(READER).await?.and_then(|checkpoint| checkpoint.position());
    same!(reached, Some(there.events[1].position), "where a subscription is while another one begins");
    Ok(())
}

pub(super) async fn of_two_steps_from_one_place_one_is_taken(trial: Trial) -> Outcome {
    let there = Furnished::of(trial.store()).await?;
    let mut tasks = JoinSet::new();
    for n in 0..8 {
        let step = step(READER, &there.checkpoint, &there.events[1]);
        let (store, events) = (there.store.clone(), vec![event(10 + n)]);
        tasks.spawn(async move { store.write(Changes { checkpoint: Some(step), events, ..changes() }).await });
    }
    let mut taken = 0;
    while let Some(written) = tasks.join_next().await {
        match written? {
            Ok(()) => taken += 1,
            Err(fault) if fault.kind() == FaultKind::Conflict => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    same!(taken, 1, "how many of 8 steps from one place were taken");
    log_of(&*there.store, there.events.len() + 1).await?;
    Ok(())
}
