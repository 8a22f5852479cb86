//! What ends the serving of lines before the lines do.

use std::sync::Arc;
use std::time::Duration;

use cqrs_core::{Bus, Fault, Records, StartError, UnitOfWork};
use cqrs_examples::json_lines::{Error, LONGEST_SHUTDOWN, serve, serve_until};
use cqrs_examples::users::messages::User;
use cqrs_examples::users::store::{Answer, UserViewUpdates};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

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
    assert_eq!(answers, b"{\"users\":[]}\n");
    let refused = bus.dispatch_json("ListUsers", b"{}").await.unwrap_err();
    assert!(refused.fault().is_some_and(Fault::is_transient), "{refused}");
}

/// A read side that never catches up.
struct Stuck;

impl UserViewUpdates for Stuck {
    fn add(&mut self, _: User) -> Answer<'_, ()> {
        Box::pin(std::future::pending())
    }

    fn put(&mut self, _: User) -> Answer<'_, ()> {
        Box::pin(std::future::pending())
    }
}

const CREATE: &[u8] = b"{\"CreateUser\":{\"name\":\"Ada\",\"email\":\"ada@example.org\"}}\n";

#[tokio::test]
async fn who_is_told_to_stop_answers_the_line_it_is_at_and_reads_no_further() {
    let bus = Bus::builder().build();
    let (mut near, far) = tokio::io::duplex(1024);
    let (read, write) = tokio::io::split(far);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(async move { serve_until(&bus, read, write, async { drop(stopped.await) }).await });
    near.write_all(CREATE).await.unwrap();
    let mut answer = [0; 48];
    near.read_exact(&mut answer).await.unwrap();
    assert_eq!(str::from_utf8(&answer).unwrap(), "{\"id\":1,\"name\":\"Ada\",\"email\":\"ada@example.org\"}\n");
    // Half of a line, which nobody will finish.
    near.write_all(b"{\"ListUsers\":").await.unwrap();
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_for_what_is_under_way_and_not_for_ever() {
    let bus = Bus::builder().provide_call(|| Box::new(Stuck) as Box<dyn UserViewUpdates>).build();
    let (began, mut answers) = (tokio::time::Instant::now(), Vec::new());
    let stop = tokio::time::sleep(Duration::from_secs(60));
    serve_until(&bus, CREATE, &mut answers, stop).await.unwrap();
    assert!(answers.starts_with(b"{\"id\":1,"), "the answer does not wait for the read side");
    assert_eq!(began.elapsed().as_secs(), 60 + LONGEST_SHUTDOWN.as_secs());
}
