//! Sends requests over connections that stay open, one after the other on each.

#![forbid(unsafe_code)]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use load::{Cell, Measured, cpu_us};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// How long the connections send before it counts.
const WARM_UP: Duration = Duration::from_millis(500);
/// So many users are there to be read.
const USERS: u64 = 1_000;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;
type Connection = SendRequest<Full<Bytes>>;

fn main() -> Result<(), Box<dyn Error>> {
    let cell = Cell::of_arguments(std::env::args().skip(1))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let measured = runtime.block_on(async {
        match &*cell.workload {
            "fill" => fill(&cell).await,
            _ => carry(Arc::new(cell)).await,
        }
    });
    println!("{}", serde_json::to_string(&measured.map_err(|error| error.to_string())?)?);
    Ok(())
}

/// Creates the users that are read, and waits until they can be.
async fn fill(cell: &Cell) -> Outcome<Measured> {
    let mut connection = connect(cell).await?;
    for number in 1..=USERS {
        let status = send(&mut connection, request(cell, "create", number)?).await?;
        if status != StatusCode::CREATED {
            return Err(format!("a user cannot be created: {status}").into());
        }
    }
    while send(&mut connection, request(cell, "get", USERS - 1)?).await? != StatusCode::OK {
        sleep(Duration::from_millis(10)).await;
    }
    Ok(Measured::default())
}

/// What one connection has seen.
#[derive(Default)]
struct Seen {
    took: Vec<u64>,
    other: u64,
    answered: u64,
}

async fn carry(cell: Arc<Cell>) -> Outcome<Measured> {
    let mut connections = Vec::new();
    for _ in 0..cell.connections {
        connections.push(connect(&cell).await?);
    }
    let begin = Instant::now() + WARM_UP;
    let end = begin + cell.time;
    let senders = connections.into_iter().enumerate().map(|(first, mut connection)| {
        let cell = cell.clone();
        tokio::spawn(async move {
            let mut seen = Seen::default();
            for number in (first as u64..).step_by(cell.connections as usize) {
                let request = request(&cell, &cell.workload, number)?;
                let start = Instant::now();
                if start >= end {
                    break;
                }
                let status = send(&mut connection, request).await?;
                let now = Instant::now();
                seen.answered += 1;
                if !status.is_success() {
                    seen.other += 1;
                } else if now >= begin && now < end {
                    seen.took.push((now - start).as_nanos() as u64);
                }
            }
            Outcome::Ok(seen)
        })
    });
    let senders: Vec<_> = senders.collect();
    let mut all = Seen::default();
    for sender in senders {
        let Seen { took, other, answered } = sender.await??;
        all.took.extend(took);
        all.other += other;
        all.answered += answered;
    }
    all.took.sort_unstable();
    let at =
        |share: f64| all.took.get((all.took.len() as f64 * share) as usize).map_or(0.0, |nanos| *nanos as f64 / 1e3);
    Ok(Measured {
        rate: all.took.len() as f64 / cell.time.as_secs_f64(),
        p50_us: at(0.5),
        p99_us: at(0.99),
        other: all.other,
        answered: all.answered,
        cpu_us: cpu_us(std::process::id()),
    })
}

async fn connect(cell: &Cell) -> Outcome<Connection> {
    let stream = TcpStream::connect(cell.address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Sends a request and reads its answer to the end.
async fn send(connection: &mut Connection, request: Request<Full<Bytes>>) -> Outcome<StatusCode> {
    connection.ready().await?;
    let answer = connection.send_request(request).await?;
    let status = answer.status();
    answer.into_body().collect().await?;
    Ok(status)
}

/// A request that no other number has.
fn request(cell: &Cell, workload: &str, number: u64) -> Outcome<Request<Full<Bytes>>> {
    let request = Request::builder().header("host", cell.address.to_string());
    let authorized = || format!("Bearer {}", cell.token);
    let json = || Full::from(format!(r#"{{"name":"Ada Lovelace","email":"ada-{number}@example.org"}}"#));
    let created = |request: hyper::http::request::Builder| {
        let request = request.method("POST").uri("/users").header("authorization", authorized());
        request.header("content-type", "application/json")
    };
    Ok(match workload {
        "livez" => request.uri("/livez").body(Full::default())?,
        "get" => {
            // Neighbours in time are not neighbours in the table.
            let id = number.wrapping_mul(7_919) % USERS + 1;
            request.uri(format!("/users/{id}")).header("authorization", authorized()).body(Full::default())?
        }
        "create" => created(request).body(json())?,
        "create-with-key" => created(request).header("idempotency-key", format!("key-{number}")).body(json())?,
        workload => return Err(format!("there is no workload `{workload}`").into()),
    })
}
