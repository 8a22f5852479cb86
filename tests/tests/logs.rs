//! What is logged: the report of an unsound global bus, once; what is delivered from memory; what was given up.
//! One test, for there is one global bus and one log.
#![cfg(feature = "inventory")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use cqrs_core::{Bus, Events, Fault, FaultKind, IntoProblem, command, event, handler};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut self.0.lock().unwrap())).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Nothing;

#[command]
struct Broken;

#[handler]
fn broken(_: Broken, _: &Nothing) {}

#[command]
struct Sound;

#[handler]
async fn sound(_: Sound, events: &mut Events) {
    tracing::info!("inside the handler");
    events.raise(Lost);
}

#[event(transient)]
#[derive(Clone)]
struct Lost;

#[handler]
fn lose(_: Lost) -> Result<(), Fault> {
    Err(Fault::internal("the drawer is jammed").caused_by(std::io::Error::other("a spoon")))
}

#[tokio::test]
async fn what_is_wrong_is_in_the_log() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).init();

    Bus::global().execute(Sound).await.expect("a sound call goes through");
    Bus::global().settled().await;
    let text = log.take();
    assert!(text.contains("gave up") && text.contains("logs::lose") && text.contains("a spoon"), "{text}");
    assert_eq!(text.matches("wired wrongly").count(), 1, "{text}");
    assert!(text.contains("logs::Nothing") && text.contains("logs.rs:"), "{text}");
    let broken = Bus::global().execute(Broken).await.unwrap_err();
    assert_eq!(broken.fault().unwrap().kind(), FaultKind::Wiring);
    assert!(!log.take().contains("wired wrongly"), "once");

    let bus = Bus::builder().provide(Nothing).build();
    let _started = bus.start().await.unwrap();
    let text = log.take();
    assert!(text.contains("WARN") && text.contains("delivered from memory"), "{text}");

    let span = tracing::info_span!("request", number = 7);
    tracing::Instrument::instrument(async { bus.execute(Sound).await.unwrap() }, span).await;
    let text = log.take();
    let line = text.lines().find(|line| line.contains("inside the handler")).unwrap();
    assert!(line.contains("request{number=7}"), "the caller's span reaches into the call's task: {line}");

    let told = Fault::internal("the key is under the mat").into_problem();
    assert!(!told.detail.contains("mat"));
    assert!(log.take().contains("under the mat"), "who hides it from the client tells the log");
}
