//! What ends the serving of lines before the lines do.

use std::sync::Arc;

use cqrs_core::{Bus, Fault, Records, StartError, UnitOfWork};
use cqrs_examples::json_lines::{Error, serve};

/// A unit of work over a store that nobody provides.
struct Unwired;

struct NoStore;

impl UnitOfWork for Unwired {
    type Store = NoStore;

    async fn open(_: &Arc<NoStore>) -> Result<Self, Fault> {
        Ok(Unwired)
    }

    async fn commit(self, _: &Records) -> Result<(), Fault> {
        Ok(())
    }
}

#[tokio::test]
async fn what_is_wired_wrongly_is_told_before_anything_is_read() {
    let bus = Bus::builder().unit::<Unwired>().build();
    let mut answers = Vec::new();
    let ended = serve(&bus, &b"{\"ListUsers\":{}}\n"[..], &mut answers).await;
    let Err(Error::Start(StartError::Wiring(report))) = ended else { panic!("{ended:?}") };
    assert!(report.to_string().contains("NoStore"), "{report}");
    assert!(answers.is_empty());
}

#[tokio::test]
async fn a_bus_that_has_served_is_shut_down() {
    let bus = Bus::builder().build();
    let mut answers = Vec::new();
    serve(&bus, &b"{\"ListUsers\":{}}"[..], &mut answers).await.unwrap();
    assert_eq!(answers, b"[]\n");
    let refused = bus.dispatch_json("ListUsers", b"{}").await.unwrap_err();
    assert!(refused.fault().is_some_and(Fault::is_transient), "{refused}");
}
