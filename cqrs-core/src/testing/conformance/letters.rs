//! Dead letters: what a subscription could not handle.

use crate::store::changes::{Changes, DeadLetter};
use crate::store::log::Reading;
use crate::testing::conformance::report::{Outcome, same};
use crate::testing::conformance::samples::*;
use crate::testing::conformance::subject::Trial;

pub(super) async fn dead_letters_are_kept_in_the_order_of_the_log(trial: Trial) -> Outcome {
    let store = trial.store();
    store.write(Changes { events: vec![event_in("cart-1", 1), event(2), event_in("cart-1", 3)], ..changes() }).await?;
    let events = log_of(&*store, 3).await?;
    let of = |n: usize| letter("mail", &events[n], Some("the mailbox is „full“"));
    let waiting = DeadLetter { error: None, attempts: 0, ..of(2) };
    same!(store.dead_letters("mail").await?, vec![], "the dead letters of a subscription that has none");
    store.write(Changes { parked: vec![waiting.clone(), letter("sms", &events[0], Some("no"))], ..changes() }).await?;
    store.write(Changes { parked: vec![of(1)], ..changes() }).await?;
    store.write(Changes { parked: vec![of(0)], ..changes() }).await?;
    same!(store.dead_letters("mail").await?, vec![of(0), of(1), waiting], "dead letters, in the order of the log");
    same!(store.dead_letters("sms").await?.len(), 1, "how many another subscription has of the same events");
    Ok(())
}

pub(super) async fn a_dead_letter_is_told_anew_and_taken_back(trial: Trial) -> Outcome {
    let store = trial.store();
    store.write(Changes { events: vec![event(1), event(2)], ..changes() }).await?;
    let events = log_of(&*store, 2).await?;
    let both = |subscription: &'static str| events.iter().map(move |event| letter(subscription, event, Some("no")));
    store.write(Changes { parked: both("mail").chain(both("sms")).collect(), ..changes() }).await?;
    let again = DeadLetter {
        error: Some("still no".to_owned()),
        attempts: 6,
        parked_at: at(60),
        replay: true,
        ..letter("mail", &events[0], None)
    };
    store.write(Changes { retold: vec![again.clone()], ..changes() }).await?;
    let letters = store.dead_letters("mail").await?;
    same!(letters, vec![again.clone(), letter("mail", &events[1], Some("no"))], "dead letters, one of them told anew");
    store.write(Changes { unparked: unparked("mail", &events[1]), ..changes() }).await?;
    same!(store.dead_letters("mail").await?, vec![again], "dead letters, after one was taken back");
    same!(store.dead_letters("sms").await?.len(), 2, "how many another subscription has still");
    // Somebody else has taken it back, with whatever that was written with: nobody does so twice.
    let twice = Changes { unparked: unparked("mail", &events[1]), events: vec![event(3)], ..changes() };
    is_conflict(store.write(twice).await, "to take back what is no dead letter any more")?;
    same!(store.read(Reading::after(None, 10)).await?.len(), 2, "how many events there are after that");
    // And what is none any more does not become one by being told anew.
    store.write(Changes { retold: vec![letter("mail", &events[1], Some("no"))], ..changes() }).await?;
    same!(store.dead_letters("mail").await?.len(), 1, "dead letters, after one that is none was told anew");
    // Taken back and put aside in one write, it is put aside.
    let (parked, unparked) = (vec![letter("mail", &events[0], Some("again"))], unparked("mail", &events[0]));
    store.write(Changes { parked: parked.clone(), unparked, ..changes() }).await?;
    same!(store.dead_letters("mail").await?, parked, "dead letters, after one was taken back and put aside at once");
    Ok(())
}
