//! The application as a server: the routes that the messages declare, and who may use them.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use cqrs_axum::{Edge, Ended, MetricsError, Server, shutdown_signal};
use cqrs_core::{BoxFuture, Bus, StartError, Started};
use tokio::net::{TcpListener, TcpSocket};

use super::tokens::Tokens;

/// Why the application does not serve.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The bus did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The address cannot be had.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The process cannot be told to end.
    #[error("signals cannot be waited for")]
    Signals(#[source] io::Error),
    /// The process counts for somebody else already.
    #[error("calls cannot be counted")]
    Metrics(#[from] MetricsError),
}

/// Every route of the application, with its documentation at `/docs`.
pub fn edge(bus: Bus, tokens: Tokens) -> Edge {
    Edge::new(bus)
        .title("Users", env!("CARGO_PKG_VERSION"))
        .description("The users of the Cello page on CQRS. What is read follows what is written, a moment later.")
        .authenticate(tokens)
}

/// So many clients may wait to be accepted. With the usual 128 some of a thousand that come at once are cut off.
const BACKLOG: u32 = 1024;

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // The address of a process that has just ended can be had again; on Windows it can without, and others would get it too.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// A bus that is started, and a socket that somebody may connect to.
pub struct App {
    listener: TcpListener,
    router: Router,
    started: Started,
    stop: BoxFuture<'static, ()>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("listener", &self.listener).finish_non_exhaustive()
    }
}

impl App {
    /// Listens, and starts the bus; port 0 is one that is free. From now on SIGINT and SIGTERM end [`run`](App::run) and not
    /// the process.
    ///
    /// # Errors
    /// A [`ServeError`].
    pub async fn start(bus: Bus, tokens: Tokens, address: SocketAddr) -> Result<Self, ServeError> {
        let stop = Box::pin(shutdown_signal().map_err(ServeError::Signals)?);
        // What may fail comes first: a bus that has started is to be ended in order.
        let listener = listen(address).map_err(|source| ServeError::Listen { address, source })?;
        let metrics = cqrs_axum::metrics()?;
        let started = bus.start().await?;
        let router = edge(bus, tokens).router().merge(metrics);
        Ok(App { listener, router, started, stop })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// What the system says.
    pub fn url(&self) -> io::Result<String> {
        Ok(format!("http://{}", self.listener.local_addr()?))
    }

    /// Serves until a signal or `done`, and then ends in order.
    pub async fn run(self, done: impl Future<Output = ()>) -> Ended {
        let stop = self.stop;
        let either = async {
            tokio::select! {
                () = stop => {}
                () = done => {}
            }
        };
        Server::new(self.listener, self.router).run(self.started, either).await
    }
}
