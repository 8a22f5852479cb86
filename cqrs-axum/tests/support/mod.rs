//! A server on a socket of its own, and a client of it.
#![allow(dead_code, reason = "not every test wants all of it")]

pub(crate) mod client;
pub(crate) mod log;
#[path = "../../../tests/src/quiet.rs"]
#[allow(unreachable_pub, reason = "it is public in the crate that has it")]
mod quiet;

use std::net::SocketAddr;

use axum::Router;
use cqrs_axum::{Edge, Ended, Server};
use cqrs_core::Bus;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use client::{Answer, Connection, LIMIT, Request};
#[allow(unused_imports, reason = "not every test wants panics")]
pub(crate) use quiet::expect_panics;

/// Handlers that say what they have read, so that a test sees all of it.
#[allow(unused_macros, reason = "not every test wants it")]
macro_rules! echo {
    ($($handler:ident $message:ident),* $(,)?) => {$(
        #[cqrs_core::handler]
        fn $handler(message: $message) -> $message {
            message
        }
    )*};
}
#[allow(unused_imports, reason = "not every test wants it")]
pub(crate) use echo;

/// A server, on a free port of this machine.
pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<Ended>>,
    runtime: Option<Runtime>,
}

impl Host {
    /// Everything that the test declares.
    pub(crate) fn plain() -> Self {
        Host::edge(|edge| edge)
    }

    /// The same, with options of the edge.
    pub(crate) fn edge(options: impl FnOnce(Edge) -> Edge) -> Self {
        let bus = Bus::builder().build();
        Host::of(&bus, options(Edge::new(bus.clone())).router())
    }

    pub(crate) fn of(bus: &Bus, router: Router) -> Self {
        Host::with(bus, router, |server| server)
    }

    /// With options of the server.
    pub(crate) fn with(bus: &Bus, router: Router, options: impl FnOnce(Server) -> Server) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (stop, stopped) = oneshot::channel();
        let (address, served) = runtime.block_on(async {
            let started = bus.start().await.unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let server = options(Server::new(listener, router));
            (address, tokio::spawn(server.run(started, async { drop(stopped.await) })))
        });
        Host { address, stop: Some(stop), served: Some(served), runtime: Some(runtime) }
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.address)
    }

    /// Another server than ours, on a runtime of its own.
    pub(crate) fn another(address: SocketAddr, runtime: Runtime) -> Self {
        Host { address, stop: None, served: None, runtime: Some(runtime) }
    }

    /// Over a connection of its own.
    pub(crate) fn send(&self, request: Request) -> Answer {
        let mut connection = self.connect();
        let answer = connection.send(&request.header("Connection", "close"));
        assert!(connection.is_closed());
        answer
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        self.send(client::get(target))
    }

    /// Whether nobody listens any more.
    pub(crate) fn refuses_connections(&self) -> bool {
        std::net::TcpStream::connect_timeout(&self.address, LIMIT).is_err()
    }

    /// Tells it to end, and does not wait for that.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// How it ended, which it has to in time.
    pub(crate) fn ended(mut self) -> Ended {
        self.stop();
        let served = self.served.take().unwrap();
        let runtime = self.runtime.as_ref().unwrap();
        runtime.block_on(async { timeout(LIMIT, served).await }).expect("it ends in time").unwrap()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // What a test leaves behind ends with the process.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
