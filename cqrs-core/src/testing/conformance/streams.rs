//! Streams: versions, and what is expected of them.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::result::fault::FaultKind;
use crate::store::changes::Changes;
use crate::store::log::Reading;
use crate::testing::conformance::everything::{Everything, Furnished};
use crate::testing::conformance::report::{Outcome, Stop, ensure, same};
use crate::testing::conformance::samples::*;
use crate::testing::conformance::subject::Trial;

pub(super) async fn versions_have_no_gaps_under_many_writers(trial: Trial) -> Outcome {
    let store = trial.store();
    let mut tasks = JoinSet::new();
    for writer in 0..8_u64 {
        let store = store.clone();
        tasks.spawn(async move {
            for write in 0..15_u64 {
                let names = [format!("cart-{}", write % 3), format!("cart-{}", (writer + write) % 3)];
                let events = names.iter().map(|name| event_in(name, writer)).collect();
                store.write(Changes { events, ..changes() }).await?;
            }
            Ok::<(), Stop>(())
        });
    }
    while let Some(written) = tasks.join_next().await {
        written??;
    }
    let mut count = 0;
    for name in ["cart-0", "cart-1", "cart-2"] {
        let events = store.read(Reading::stream(stream(name), 0, usize::MAX)).await?;
        let versions: Vec<_> = events.iter().filter_map(|event| event.version).collect();
        let expected: Vec<_> = (1..=events.len() as u64).collect();
        same!(versions, expected, "the versions of the stream `{name}`, in the order of the log");
        count += events.len();
    }
    same!(count, 8 * 15 * 2, "how many events the streams have");
    Ok(())
}

pub(super) async fn of_writers_that_expect_the_same_one_wins(trial: Trial) -> Outcome {
    let store = trial.store();
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        tasks.spawn(async move {
            for _ in 0..5 {
                // Reads what is there and adds to it, until nobody else has done so in between.
                loop {
                    let version = store.read(Reading::stream(stream("sum"), 0, usize::MAX)).await?.len() as u64;
                    tokio::time::sleep(Duration::from_micros(200)).await;
                    let (expected, events) = (vec![expected("sum", version)], vec![event_in("sum", version + 1)]);
                    match store.write(Changes { expected, events, ..changes() }).await {
                        Ok(()) => break,
                        Err(fault) if fault.kind() == FaultKind::Conflict => {}
                        Err(fault) => return Err(Stop::from(fault)),
                    }
                }
            }
            Ok(())
        });
    }
    while let Some(written) = tasks.join_next().await {
        written??;
    }
    let sums = numbers(&store.read(Reading::stream(stream("sum"), 0, usize::MAX)).await?)?;
    let expected: Vec<_> = (1..=40).collect();
    ensure!(
        sums == expected,
        "each of 40 writers has added one to what it had read, and the stream says {sums:?}: an update was lost"
    );
    Ok(())
}

pub(super) async fn a_wrong_expectation_leaves_nothing(trial: Trial) -> Outcome {
    let there = Furnished::of(trial.store()).await?;
    for (what, wrong) in [
        ("that a stream is shorter than it is", expected("cart-1", 1)),
        ("that a stream is longer than it is", expected("cart-1", 3)),
        ("that a stream is empty that is not", expected("cart-1", 0)),
        ("that a stream has events that has none", expected("cart-9", 1)),
    ] {
        let mut wrongly = there.more()?;
        wrongly.expected.push(wrong);
        let before = Everything::of(&*there.store).await?;
        is_conflict(there.store.write(wrongly).await, &format!("to expect {what}"))?;
        let after = Everything::of(&*there.store).await?;
        same!(after, before, "to expect {what} is a conflict, and something of the changes was written");
    }
    there.takes(there.more()?).await
}
