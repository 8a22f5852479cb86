//! A client that sends one request and waits for its answer.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// A request.
pub(crate) struct Request<'a> {
    method: &'a str,
    path: &'a str,
    headers: String,
    body: String,
}

pub(crate) fn get(path: &str) -> Request<'_> {
    request("GET", path)
}

pub(crate) fn request<'a>(method: &'a str, path: &'a str) -> Request<'a> {
    Request { method, path, headers: String::new(), body: String::new() }
}

impl Request<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        write!(self.headers, "{name}: {value}\r\n").unwrap();
        self
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.body = body.to_string();
        self.header("Content-Type", "application/json")
    }

    /// The request as it is on the wire.
    pub(crate) fn to_text(&self, host: SocketAddr) -> String {
        let Request { method, path, headers, body } = self;
        let length = body.len();
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
    }

    pub(crate) fn send(&self, host: SocketAddr) -> Answer {
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(self.to_text(host).as_bytes()).unwrap();
        let (mut bytes, mut more) = (Vec::new(), [0; 16 * 1024]);
        loop {
            // The connection stays open for another request, which nobody has.
            if let Some((answer, _)) = Answer::first(&bytes) {
                return answer;
            }
            let read = stream.read(&mut more).unwrap();
            assert_ne!(read, 0, "the connection is closed before the end: {}", String::from_utf8_lossy(&bytes));
            bytes.extend_from_slice(&more[..read]);
        }
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: String,
    pub(crate) body: String,
}

impl Answer {
    /// The first one that came over a connection, and how long it is; nothing, while it is not all there.
    pub(crate) fn first(bytes: &[u8]) -> Option<(Self, usize)> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        let mut answer = Answer { status, headers: head, body: String::new() };
        // An answer that has no body need not say so.
        let length: usize = answer.header("content-length").unwrap_or("0").parse().ok()?;
        let end = end + 4 + length;
        answer.body = String::from_utf8_lossy(bytes.get(end - length..end)?).into_owned();
        Some((answer, end))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
