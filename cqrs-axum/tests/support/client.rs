//! A client that blocks, on a bare socket: it sends any bytes, and shows what really came back.
#![allow(dead_code, reason = "not every test wants all of it")]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Nothing that a test waits for takes longer, unless something is wrong.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);

/// One request, to be written down.
#[derive(Clone)]
pub(crate) struct Request {
    head: String,
    body: Vec<u8>,
}

/// A request without a body.
pub(crate) fn request(method: &str, target: &str) -> Request {
    Request { head: format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n"), body: Vec::new() }
}

pub(crate) fn get(target: &str) -> Request {
    request("GET", target)
}

/// With a body of JSON.
pub(crate) fn post(target: &str, json: impl AsRef<[u8]>) -> Request {
    request("POST", target).json(json)
}

impl Request {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.head += &format!("{name}: {value}\r\n");
        self
    }

    pub(crate) fn json(self, json: impl AsRef<[u8]>) -> Self {
        self.header("Content-Type", "application/json").body(json)
    }

    /// A body whose length is announced, and nothing said of its type.
    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        let length = self.body.len().to_string();
        self.header("Content-Length", &length)
    }

    /// The head alone, which asks whether the body is wanted: the server says so when somebody waits for it.
    pub(crate) fn head_that_asks(self) -> Vec<u8> {
        let mut bytes = self.header("Expect", "100-continue").bytes();
        bytes.truncate(find(&bytes, b"\r\n\r\n").unwrap() + 4);
        bytes
    }

    /// A body in chunks, of a length that nobody announces.
    pub(crate) fn chunks(mut self, chunks: &[&[u8]]) -> Self {
        for chunk in chunks {
            self.body.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            self.body.extend_from_slice(chunk);
            self.body.extend_from_slice(b"\r\n");
        }
        self.body.extend_from_slice(b"0\r\n\r\n");
        self.header("Transfer-Encoding", "chunked")
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), b"\r\n", &self.body].concat()
    }
}

/// One connection, which stays open as long as the server lets it.
pub(crate) struct Connection {
    stream: TcpStream,
    /// What was read and is not part of an answer yet.
    read: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        Connection::patient(address, LIMIT)
    }

    /// Where an answer may take longer than most.
    pub(crate) fn patient(address: SocketAddr, limit: Duration) -> Self {
        let stream = TcpStream::connect_timeout(&address, LIMIT).unwrap();
        stream.set_read_timeout(Some(limit)).unwrap();
        stream.set_nodelay(true).unwrap();
        Connection { stream, read: Vec::new() }
    }

    /// Bytes as they are; a server that has closed already is no error here.
    pub(crate) fn write(&mut self, bytes: impl AsRef<[u8]>) {
        drop(self.stream.write_all(bytes.as_ref()));
    }

    /// Whether the server still takes all of it.
    pub(crate) fn can_write(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    /// There is no more to come from this side.
    pub(crate) fn end(&mut self) {
        drop(self.stream.shutdown(Shutdown::Write));
    }

    /// Sends a request and reads its answer.
    pub(crate) fn send(&mut self, request: &Request) -> Answer {
        self.write(request.bytes());
        self.answer(!request.head.starts_with("HEAD "))
    }

    /// The next answer; of a request that was not `HEAD`.
    pub(crate) fn read(&mut self) -> Answer {
        self.answer(true)
    }

    fn answer(&mut self, may_have_body: bool) -> Answer {
        loop {
            if let Some((answer, length)) = Answer::first(&self.read, may_have_body) {
                self.read.drain(..length);
                return answer;
            }
            assert!(self.more(), "closed before the end of an answer: {:?}", self.beginning());
        }
    }

    /// Whether the server closes before it says anything more, and does so in time.
    pub(crate) fn is_closed(&mut self) -> bool {
        assert!(self.read.is_empty(), "an answer is left: {:?}", self.beginning());
        !self.more()
    }

    /// Whether the server closes without a word of an error.
    pub(crate) fn ends_in_order(&mut self) -> bool {
        matches!(self.stream.read(&mut [0]), Ok(0))
    }

    /// Whether anything comes within this time.
    pub(crate) fn hears_within(&mut self, time: Duration) -> bool {
        self.stream.set_read_timeout(Some(time)).unwrap();
        let heard = self.stream.peek(&mut [0]);
        self.stream.set_read_timeout(Some(LIMIT)).unwrap();
        heard.is_ok()
    }

    /// Takes so many bytes of an answer, which is then read from there on.
    pub(crate) fn take(&mut self, bytes: usize) {
        let until = self.read.len() + bytes;
        while self.read.len() < until && self.more() {}
    }

    /// All that comes until the server closes.
    pub(crate) fn rest(&mut self) -> &[u8] {
        while self.more() {}
        &self.read
    }

    /// What was read, as far as a person wants to see it.
    fn beginning(&self) -> String {
        String::from_utf8_lossy(&self.read[..self.read.len().min(2000)]).into_owned()
    }

    /// Reads on; nothing more comes where this is false.
    fn more(&mut self) -> bool {
        let mut bytes = [0; 16 * 1024];
        match self.stream.read(&mut bytes) {
            Ok(0) => false,
            Ok(read) => {
                self.read.extend_from_slice(&bytes[..read]);
                true
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("no answer in time: {error}"),
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// A body in chunks, and how long it is with all that is around them; nothing, while it is not all there.
fn chunked(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let end = at + find(&bytes[at..], b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[at..end]).unwrap().trim(), 16).unwrap();
        let chunk = bytes.get(end + 2..end + size + 4)?;
        assert!(chunk.ends_with(b"\r\n"));
        body.extend_from_slice(&chunk[..size]);
        at = end + size + 4;
        if size == 0 {
            return Some((body, at));
        }
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case, in the order in which they came.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The first one that came over a connection, and how long it is; nothing, while it is not all there.
    pub(crate) fn first(bytes: &[u8], may_have_body: bool) -> Option<(Self, usize)> {
        let end = find(bytes, b"\r\n\r\n")? + 4;
        let mut lines = std::str::from_utf8(&bytes[..end]).unwrap().trim_end().split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| line.split_once(':').unwrap());
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        let mut answer = Answer { status, headers, body: Vec::new() };
        if !may_have_body || matches!(status, 100..200 | 204 | 304) {
            return Some((answer, end));
        }
        let (body, length) = match answer.header("transfer-encoding") {
            Some("chunked") => chunked(&bytes[end..])?,
            _ => {
                let length = answer.header("content-length").expect("the length of the body is known");
                let length = length.parse().unwrap();
                (bytes[end..].get(..length)?.to_vec(), length)
            }
        };
        answer.body = body;
        Some((answer, end + length))
    }

    /// The value of a header, which comes once at most.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "`{name}` comes twice: {:?}", self.headers);
        value
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body of a success.
    #[track_caller]
    pub(crate) fn json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/json"));
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The body of a success that has none.
    #[track_caller]
    pub(crate) fn nothing(&self, status: u16) {
        assert_eq!((self.status, self.text()), (status, ""));
        assert_eq!(self.header("content-type"), None, "there is nothing that has a type");
    }

    /// The body of an error: a problem, in every respect that all problems have in common.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.header("cache-control"), Some("no-store"));
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], status, "{problem}");
        for member in ["type", "title"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {problem}");
        }
        problem
    }

    /// The fields that a problem says are wrong, in the order in which it tells them; none, where it is told of the whole.
    #[track_caller]
    pub(crate) fn wrong_fields(&self, status: u16) -> Vec<String> {
        let problem = self.problem(status);
        let errors = problem["errors"].as_array().into_iter().flatten();
        errors.map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }

    /// A problem with one field error: what it says of that.
    #[track_caller]
    pub(crate) fn field_error(&self, status: u16, field: &str) -> String {
        let problem = self.problem(status);
        let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("no field errors: {problem}"));
        assert_eq!(errors.len(), 1, "{problem}");
        assert_eq!(errors[0]["field"], field, "{problem}");
        errors[0]["detail"].as_str().unwrap().to_owned()
    }

    /// A problem's words.
    #[track_caller]
    pub(crate) fn detail(&self, status: u16) -> String {
        self.problem(status)["detail"].as_str().unwrap_or_default().to_owned()
    }
}

/// Asks again and again until it is so.
#[track_caller]
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < until, "not within {LIMIT:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
