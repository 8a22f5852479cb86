//! Many clients at once.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::client::Answer;

/// So long may an answer take on a machine that has a lot else to do.
const PATIENCE: Duration = Duration::from_secs(25);

/// The answers to these requests, in their order. Every client is connected and has sent all but its last byte before the
/// first of them sends that.
///
/// Where the process may not open as many files, clients send several requests, one after the other and without waiting.
pub(crate) async fn at_once(address: SocketAddr, requests: Vec<Vec<u8>>) -> Vec<Answer> {
    let (count, clients) = (requests.len(), requests.len().min(most_files() - 128));
    let mut of_client = vec![(Vec::new(), Vec::new()); clients];
    for (n, request) in requests.into_iter().enumerate() {
        let (numbers, bytes) = &mut of_client[n % clients];
        numbers.push(n);
        bytes.extend(request);
    }
    let mut connected = JoinSet::new();
    for (numbers, bytes) in of_client {
        connected.spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(&bytes[..bytes.len() - 1]).await.unwrap();
            (stream, numbers, bytes)
        });
    }
    let connected = timeout(PATIENCE, connected.join_all()).await.expect("every client can connect");
    let mut answered = JoinSet::new();
    for (mut stream, numbers, bytes) in connected {
        answered.spawn(async move {
            stream.write_all(&bytes[bytes.len() - 1..]).await.unwrap();
            let answers = answers(&mut stream, numbers.len()).await;
            numbers.into_iter().zip(answers)
        });
    }
    let all = timeout(PATIENCE, answered.join_all()).await.expect("every request is answered in time");
    let mut all: Vec<_> = all.into_iter().flatten().collect();
    all.sort_by_key(|(n, _)| *n);
    assert_eq!(all.len(), count);
    all.into_iter().map(|(_, answer)| answer).collect()
}

/// What comes over a connection; fewer, where it is closed before.
pub(crate) async fn answers(stream: &mut TcpStream, count: usize) -> Vec<Answer> {
    let (mut answers, mut bytes) = (Vec::new(), Vec::new());
    while answers.len() < count {
        match Answer::first(&bytes, true) {
            Some((answer, length)) => {
                answers.push(answer);
                bytes.drain(..length);
            }
            // A connection that is cut off is closed, too.
            None if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 => break,
            None => {}
        }
    }
    answers
}

/// Sends so much of a request, and hangs up: as politely as a closed tab, or as a cable that is pulled out.
pub(crate) async fn hang_up_after(address: SocketAddr, part: &[u8], politely: bool) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(part).await.unwrap();
    if !politely {
        stream.set_zero_linger().unwrap();
    }
}

/// How many files this process may have open, and so may those that it starts.
fn most_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(256)
}
