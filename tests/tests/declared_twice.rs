//! Two events that a store keeps under one name, and two handlers that it keeps one checkpoint for.
#![cfg(feature = "inventory")]

use cqrs_core::{Bus, WiringProblemKind, event, handler, provide};
use serde::{Deserialize, Serialize};

mod orders {
    use super::*;

    #[event(name = "placed")]
    #[derive(Clone, Serialize, Deserialize)]
    pub(crate) struct OrderPlaced;

    #[handler(name = "mail")]
    async fn mail(_: OrderPlaced) {}

    /// No checkpoint is kept for it, and so it may be called like another.
    #[handler(name = "mail")]
    async fn look(_: super::LookedAt) {}

    #[handler(inline)]
    fn in_the_unit(_: OrderPlaced) {}
}

mod wagers {
    use super::*;

    #[event(name = "placed", wire)]
    #[derive(Clone, Serialize, Deserialize)]
    pub(crate) struct WagerPlaced;

    /// Not stored: its name is its own business.
    #[event(name = "placed", transient)]
    #[derive(Clone)]
    pub(crate) struct Placed;

    pub(crate) struct Mailer;

    #[provide]
    fn mailer() -> Mailer {
        Mailer
    }

    #[handler(name = "mail")]
    impl Mailer {
        fn placed(&self, _: WagerPlaced) {}

        fn placed_again(&self, _: super::orders::OrderPlaced) {}
    }
}

#[event(transient)]
#[derive(Clone)]
struct LookedAt;

/// Both known by name from outside and stored.
#[event(name = "told", wire)]
#[derive(Clone, Serialize, Deserialize)]
struct Told;

#[event(name = "told", wire)]
#[derive(Clone, Serialize, Deserialize)]
struct ToldAgain;

struct Report;

#[provide]
fn report() -> Report {
    Report
}

#[handler(from = start)]
impl Report {
    fn told(&self, _: Told) {}
}

#[handler]
impl Report {
    fn told_again(&self, _: ToldAgain) {}

    fn look(&self, _: LookedAt) {}
}

fn one() -> &'static str {
    #[handler]
    fn nested(_: Told) {}
    "one"
}

fn two() -> &'static str {
    #[handler]
    fn nested(_: ToldAgain) {}
    "two"
}

#[test]
fn each_is_reported_once_with_both_places_and_the_cure() {
    assert_eq!((one(), two()), ("one", "two"));
    let bus = Bus::builder().build();
    let report = bus.verify();
    let told: Vec<_> = report.problems().iter().map(|problem| (problem.kind, problem.text.as_str())).collect();
    let kinds: Vec<_> = told.iter().map(|(kind, _)| *kind).collect();
    let (name, subscription) = (WiringProblemKind::SameName, WiringProblemKind::SameSubscription);
    assert_eq!(kinds, [name, name, subscription, subscription, subscription], "{report}");
    let [(_, placed), (_, told), (_, begins), (_, nested), (_, mail)] = told[..] else { panic!("{report}") };
    for (text, words) in [
        (placed, "two events are stored under the name `placed`, so that what was the one is read as the other: "),
        (placed, "`declared_twice::orders::OrderPlaced` (tests/tests/declared_twice.rs:"),
        (placed, "`declared_twice::wagers::WagerPlaced` (tests/tests/declared_twice.rs:"),
        (placed, "give one of them another: `#[event(name = \"..\")]`"),
        (told, "two events are stored under the name `told`"),
        (begins, "one subscription, `declared_twice::Report`, which begins in one place: "),
        (begins, "`declared_twice::Report::told` (tests/tests/declared_twice.rs:"),
        (begins, "`declared_twice::Report::told_again` (tests/tests/declared_twice.rs:"),
        (begins, "write `#[handler(from = start)]` on both of their blocks, or on none"),
        (nested, "two handlers of events share the subscription `declared_twice::nested`"),
        (
            mail,
            "two handlers of events share the subscription `mail`, so that each misses what the other has handled: ",
        ),
        (mail, "`declared_twice::orders::mail` (tests/tests/declared_twice.rs:"),
        (mail, "`declared_twice::wagers::Mailer::placed` (tests/tests/declared_twice.rs:"),
        (mail, "give one of them another: `#[handler(name = \"..\")]`"),
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    for (text, words) in [(placed, "Placed`, `declared_twice::wagers::Placed"), (mail, "look"), (mail, "placed_again")]
    {
        assert!(!text.contains(words), "{words}: {text}");
    }
}
