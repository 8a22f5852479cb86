//! The outbox: commands that wait to be dispatched.

use tokio::task::JoinSet;

use crate::call::ids::MessageId;
use crate::result::fault::FaultKind;
use crate::store::Store;
use crate::store::changes::{Changes, NewCommand, Postponed};
use crate::store::log::Reading;
use crate::testing::conformance::everything::Furnished;
use crate::testing::conformance::report::{Outcome, Stop, same};
use crate::testing::conformance::samples::*;
use crate::testing::conformance::subject::Trial;

async fn due(store: &dyn Store, seconds: u64, limit: usize) -> Result<Vec<String>, Stop> {
    let due = store.due(at(seconds), limit).await?;
    Ok(due.iter().map(|queued| queued.command.key.to_string()).collect())
}

pub(super) async fn commands_come_in_the_order_in_which_they_are_due(trial: Trial) -> Outcome {
    let store = trial.store();
    same!(store.next_due().await?, None, "when the next command of an empty outbox is due");
    let commands = vec![command_at("d", at(20)), command("a"), command_at("c", at(10)), command("b")];
    store.write(Changes { commands, ..changes() }).await?;
    store.write(Changes { commands: vec![command_at("c2", at(10)), command("b2")], ..changes() }).await?;
    same!(due(&*store, 0, 10).await?, vec!["a", "b", "b2"], "what is due now, in the order in which it was sent");
    same!(due(&*store, 0, 2).await?, vec!["a", "b"], "the first two of what is due now");
    same!(due(&*store, 9, 10).await?, vec!["a", "b", "b2"], "what is due a second before the next is");
    same!(due(&*store, 10, 10).await?, vec!["a", "b", "b2", "c", "c2"], "what is due when the next is");
    same!(due(&*store, 20, 10).await?, vec!["a", "b", "b2", "c", "c2", "d"], "all, what is due longest first");
    same!(store.next_due().await?, Some(now()), "when the next command is due");
    for queued in store.due(at(0), 10).await? {
        store.write(Changes { settled: Some(queued.command.id), ..changes() }).await?;
    }
    same!(store.next_due().await?, Some(at(10)), "when the next command is due, of two that are sent for later");
    Ok(())
}

pub(super) async fn a_key_waits_once(trial: Trial) -> Outcome {
    let store = trial.store();
    let first = command("k");
    store.write(Changes { commands: vec![first.clone(), command("k")], ..changes() }).await?;
    let again = NewCommand { payload: b"{\"by\":2}".to_vec(), ..command_at("k", at(5)) };
    // It is the same command again, and no conflict: what it comes with is written.
    store.write(Changes { commands: vec![again, command("l")], events: vec![event(1)], ..changes() }).await?;
    let waiting = store.due(at(10), 10).await?;
    same!(waiting.len(), 2, "how many commands wait of two keys");
    same!(waiting[0].command, first, "the command under a key that was sent three times");
    same!(
        (waiting[0].attempts, &waiting[0].error, waiting[0].parked),
        (0, &None, false),
        "what a new command was tried"
    );
    same!(store.head().await?.is_some(), true, "whether the event is in the log that came with a command sent again");
    // Once it has left, the key may come again.
    let changes = Changes { settled: Some(first.id), commands: vec![command("k")], ..changes() };
    store.write(changes).await?;
    same!(
        due(&*store, 0, 10).await?,
        vec!["l", "k"],
        "what waits, after a command left as another one came under its key"
    );
    Ok(())
}

pub(super) async fn a_command_is_settled_once(trial: Trial) -> Outcome {
    let there = Furnished::of(trial.store()).await?;
    let [first, _] = there.queued;
    let mut wrong = there.more()?;
    wrong.settled = Some(MessageId::new());
    there.refuses(wrong, "to settle a command that never was in the outbox").await?;
    is_conflict(
        there.store.write(Changes { settled: Some(first), events: vec![event(9)], ..changes() }).await,
        "to settle a command a second time",
    )?;
    let [_, second] = there.queued;
    let mut tasks = JoinSet::new();
    for n in 0..8 {
        let (store, events) = (there.store.clone(), vec![event_in("settled", n)]);
        tasks.spawn(async move { store.write(Changes { settled: Some(second), events, ..changes() }).await });
    }
    let mut settled = 0;
    while let Some(written) = tasks.join_next().await {
        match written? {
            Ok(()) => settled += 1,
            Err(fault) if fault.kind() == FaultKind::Conflict => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    same!(settled, 1, "how many of 8 that settled one command at once did");
    let events = there.store.read(Reading::stream(stream("settled"), 0, 10)).await?;
    same!(events.len(), 1, "how many events were left by 8 that settled one command");
    Ok(())
}

pub(super) async fn what_is_put_off_or_parked_says_so(trial: Trial) -> Outcome {
    let store = trial.store();
    let commands = vec![command("a"), command("b"), command("c")];
    let [a, b, c] = [commands[0].id, commands[1].id, commands[2].id];
    store.write(Changes { commands, ..changes() }).await?;
    let later = |id, seconds: u64, attempts, error: &str, parked| Postponed {
        id,
        not_before: at(seconds),
        attempts,
        error: Some(error.to_owned()),
        parked,
    };
    let postponed = vec![later(a, 30, 1, "not now", false), later(b, 0, 5, "never", true)];
    store.write(Changes { postponed, ..changes() }).await?;
    same!(due(&*store, 0, 10).await?, vec!["c"], "what is due, after one was put off and one parked");
    same!(due(&*store, 30, 10).await?, vec!["c", "a"], "what is due, when one is that was put off");
    let waiting = store.due(at(30), 10).await?;
    let put_off = waiting.iter().find(|queued| queued.command.id == a);
    let told = put_off.map(|put_off| (put_off.attempts, put_off.error.as_deref()));
    same!(told, Some((1, Some("not now"))), "what is kept of one that was put off");
    let parked = store.parked_commands().await?;
    same!(parked.len(), 1, "how many are parked");
    same!(
        (parked[0].command.id, parked[0].attempts, parked[0].error.as_deref(), parked[0].parked),
        (b, 5, Some("never"), true),
        "what is kept of one that is parked"
    );
    store.write(Changes { settled: Some(c), ..changes() }).await?;
    same!(store.next_due().await?, Some(at(30)), "when the next one is due that is not parked");
    // One that is parked has its key still, is tried again when somebody says so, and may be given up.
    store.write(Changes { commands: vec![command("b")], ..changes() }).await?;
    same!(due(&*store, 0, 10).await?, Vec::<String>::new(), "what is due, when one is sent again that is parked");
    let again = Postponed { id: b, not_before: now(), attempts: 0, error: None, parked: false };
    store.write(Changes { postponed: vec![again], ..changes() }).await?;
    same!(due(&*store, 0, 10).await?, vec!["b"], "what is due, when one is tried again that was parked");
    store.write(Changes { postponed: vec![later(b, 0, 6, "never ever", true)], ..changes() }).await?;
    store.write(Changes { settled: Some(b), ..changes() }).await?;
    same!(store.parked_commands().await?.len(), 0, "how many are parked, after one was given up");
    // What has left meanwhile is put off in vain.
    store.write(Changes { postponed: vec![later(b, 0, 7, "late", false)], ..changes() }).await?;
    same!(due(&*store, 100, 10).await?, vec!["a"], "what waits, after one was put off that had left");
    Ok(())
}
