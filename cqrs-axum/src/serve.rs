//! A server that ends in order: it stops accepting, lets end what runs, and shuts the bus down, all in a bounded time.

mod host;
mod socket;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Request};
use cqrs_core::Started;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use self::socket::Socket;

/// Serves a router over HTTP/1.1 until it is told to stop.
///
/// ```no_run
/// use cqrs_axum::{Ended, Server, shutdown_signal};
/// use cqrs_core::Bus;
/// use tokio::net::TcpListener;
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let listener = TcpListener::bind("127.0.0.1:8080").await?;
///     let router = cqrs_axum::router(Bus::global());
///     let started = Bus::global().start().await?;
///     match Server::new(listener, router).run(started, shutdown_signal()?).await {
///         Ended::Orderly => Ok(()),
///         Ended::CutOff => Err("not everything that was under way has ended in time".into()),
///     }
/// }
/// ```
///
/// A client that opens a connection has 30 seconds to send the head of a request, and as long for the next one, and may
/// take nothing of an answer for 60. A connection that ends while its client is still sending stays open for it to read the
/// answer, a few seconds. A client that closes its connection, or its own side of it, has gone: a call under way that has
/// no unit of work is dropped, one that has goes on by itself.
///
/// What is no HTTP at all is answered with a status alone: 400, 414 for a target above 64 KiB, 431 for a head that is too
/// large. TLS and HTTP/2 are a proxy's business, or that of `axum::serve` and its like: the router is any server's.
#[derive(Debug)]
#[must_use = "a server serves when it is told to: `.run(started, stop).await`"]
pub struct Server {
    listener: TcpListener,
    router: Router,
    grace: Duration,
    times: Times,
    most_connections: usize,
}

/// How long a client may be silent.
#[derive(Debug, Clone, Copy)]
struct Times {
    header: Duration,
    write: Duration,
}

/// Whoever says longer means for ever; the clock has an end.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "what was cut off may be worth another exit code"]
pub enum Ended {
    /// Every request that had begun was answered, and the bus was shut down.
    Orderly,
    /// The time was up first: what was under way then ends with the process, or, where it has a unit of work, by itself.
    CutOff,
}

impl Server {
    /// On this listener.
    pub fn new(listener: TcpListener, router: Router) -> Self {
        let times = Times { header: Duration::from_secs(30), write: Duration::from_secs(60) };
        Server { listener, router, grace: Duration::from_secs(10), times, most_connections: 10_000 }
    }

    /// How long the end may take, from the moment it is told to stop; 10 seconds unless said otherwise. The last tenth of
    /// it is kept for the shutdown of the bus.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace.min(LONGEST);
        self
    }

    /// How long the head of a request may take, and how long a connection may be idle; 30 seconds unless said otherwise.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.times.header = timeout.min(LONGEST);
        self
    }

    /// How long a client may take nothing of an answer that it is sent; 60 seconds unless said otherwise. Its connection is
    /// closed then. What an answer takes altogether has no bound, as long as the client goes on. The system holds up to some
    /// megabytes of it, and asks for more when a part of that is gone: less than a few seconds cuts off slow clients too.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.times.write = timeout.min(LONGEST);
        self
    }

    /// How many connections are served at once; 10,000 unless said otherwise. More wait, as long as the system lets them,
    /// until others end. A process has to be allowed as many open files, and some for its store.
    pub fn most_connections(mut self, most: usize) -> Self {
        self.most_connections = most.max(1);
        self
    }

    /// Serves until `stop` is ready. Then it accepts no more connections, closes those that are idle, waits for the
    /// requests under way, and shuts the bus down, so that what the requests have handed on is handled or in the store.
    pub async fn run(self, started: Started, stop: impl Future<Output = ()>) -> Ended {
        let Server { listener, router, grace, times, most_connections } = self;
        let (closing, open) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut stop = pin!(stop);
        // After an accept that failed, the next one is not tried at once.
        let mut pause = pin!(sleep(Duration::ZERO));
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(_) = connections.join_next() => {}
                () = &mut pause, if !pause.is_elapsed() => {}
                accepted = listener.accept(), if pause.is_elapsed() && connections.len() < most_connections => {
                    match accepted {
                        Ok((stream, _)) => {
                            drop(connections.spawn(serve_one(stream, router.clone(), times, open.clone())));
                        }
                        Err(error) => pause.as_mut().reset(Instant::now() + pause_after(&error)),
                    }
                }
            }
        }
        let deadline = Instant::now() + grace;
        // Nobody listens where no connection is left.
        let _ = closing.send(true);
        drop(listener);
        let all = async { while connections.join_next().await.is_some() {} };
        // Clients that do not end leave the bus the time that it needs for its own.
        let answered = timeout_at(deadline - grace / 10, all).await.is_ok();
        if !answered {
            tracing::warn!(connections = connections.len(), "connections are cut off: their time to end is up");
            // They are not waited for: a handler that blocks its thread cannot be interrupted.
            connections.abort_all();
        }
        let shut_down = timeout_at(deadline, started.shutdown()).await.is_ok();
        if !shut_down {
            tracing::warn!("the bus is left as it is: its time to end is up");
        }
        if answered && shut_down { Ended::Orderly } else { Ended::CutOff }
    }
}

async fn serve_one(stream: TcpStream, router: Router, times: Times, mut closing: watch::Receiver<bool>) {
    // An answer is one write, which waits for nothing.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection without TCP_NODELAY");
    }
    let (service, has_begun) = (TowerToHyperService::new(router), AtomicBool::new(false));
    let is_closing = &closing.clone();
    let service = service_fn(|request: Request<Incoming>| {
        has_begun.store(true, Ordering::Relaxed);
        let answered = host::names_one(&request).then(|| service.call(request));
        async move {
            let mut response = match answered {
                Some(answered) => answered.await?,
                None => host::refused(),
            };
            // hyper says so itself, unless the answer is ready before it has heard of it.
            if *is_closing.borrow() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(times.header);
    let mut connection =
        pin!(http.serve_connection(TokioIo::new(Socket::new(stream, times.write, closing.clone())), service));
    let served = tokio::select! {
        // First, so that a request that has arrived has begun.
        biased;
        served = connection.as_mut() => served,
        () = async { drop(closing.wait_for(|closing| *closing).await) } => {
            // The beginning of a first head is no request, and nobody waits for its end.
            if !has_begun.load(Ordering::Relaxed) {
                return;
            }
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        // Clients go away as they like.
        tracing::debug!(%error, "a connection ended early");
    }
}

/// What is wrong with one connection is over with it; without file descriptors there is none until others end.
fn pause_after(error: &io::Error) -> Duration {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};

    match error.kind() {
        ConnectionAborted | ConnectionRefused | ConnectionReset => Duration::ZERO,
        _ => {
            tracing::error!(%error, "no connection can be accepted; trying again in a second");
            Duration::from_secs(1)
        }
    }
}

/// Ready when the process is told to end, by SIGINT or SIGTERM. From now on the signals do not end it by themselves.
///
/// # Errors
/// Where the process cannot be told.
#[cfg(unix)]
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ready when the process is told to end, by Ctrl-C.
///
/// # Errors
/// Where the process cannot be told.
#[cfg(not(unix))]
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
