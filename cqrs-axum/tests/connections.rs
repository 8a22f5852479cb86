//! Connections: kept alive, pipelined, idle, and slow.

mod support;

use std::time::{Duration, Instant};

use cqrs_axum::Server;
use cqrs_core::{Bus, command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use support::Host;
use support::client::{LIMIT, get, post, request};

#[query(output = u64, http(get = "/numbers/{n}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetNumber {
    n: u64,
    #[serde(default)]
    after_ms: u64,
}

#[handler]
async fn get_number(query: GetNumber) -> u64 {
    tokio::time::sleep(Duration::from_millis(query.after_ms)).await;
    query.n
}

/// More than any socket's buffers take.
#[query(output = String, http(get = "/novel"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetNovel {}

#[handler]
fn get_novel(_: GetNovel) -> String {
    "a".repeat(NOVEL)
}

const NOVEL: usize = 32 * 1024 * 1024;

#[command(output = u64, http(post = "/numbers"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct AddNumber {
    n: u64,
}

#[handler]
fn add_number(cmd: AddNumber) -> u64 {
    cmd.n
}

#[test]
fn a_connection_is_kept_for_one_request_after_the_other() {
    let host = Host::plain();
    let mut connection = host.connect();
    for n in 0..50 {
        assert_eq!(connection.send(&get(&format!("/numbers/{n}"))).json(200), n);
        assert_eq!(connection.send(&post("/numbers", format!(r#"{{"n":{n}}}"#))).json(200), n);
    }
    assert_eq!(connection.send(&get("/numbers/1").header("Connection", "close")).json(200), 1);
    assert!(connection.is_closed(), "as it was asked to be");
}

#[test]
fn requests_that_are_sent_at_once_are_answered_in_their_order() {
    let host = Host::plain();
    let mut connection = host.connect();
    let slow_first = [
        get("/numbers/1?after_ms=100").bytes(),
        post("/numbers", r#"{"n":2}"#).bytes(),
        get("/nothing").bytes(),
        post("/numbers", "{").bytes(),
        get("/numbers/5").bytes(),
    ];
    connection.write(slow_first.concat());
    assert_eq!(connection.read().json(200), 1);
    assert_eq!(connection.read().json(200), 2);
    connection.read().problem(404);
    connection.read().problem(400);
    assert_eq!(connection.read().json(200), 5);
}

#[test]
fn many_connections_are_served_at_once() {
    let host = Host::plain();
    let mut waiting: Vec<_> = (0..50).map(|_| host.connect()).collect();
    let began = Instant::now();
    for (n, connection) in waiting.iter_mut().enumerate() {
        connection.write(get(&format!("/numbers/{n}?after_ms=300")).bytes());
    }
    for (n, connection) in waiting.iter_mut().enumerate() {
        assert_eq!(connection.read().json(200), n);
    }
    assert!(began.elapsed() < Duration::from_secs(10), "one after the other they take 15 seconds");
}

fn server(options: impl FnOnce(Server) -> Server) -> Host {
    let bus = Bus::builder().build();
    let router = cqrs_axum::router(bus.clone());
    Host::with(&bus, router, options)
}

fn hasty() -> Host {
    server(|server| server.header_timeout(Duration::from_secs(1)))
}

#[test]
fn a_connection_that_says_nothing_is_closed() {
    let host = hasty();
    let began = Instant::now();
    let mut silent = host.connect();
    assert!(silent.is_closed());
    assert!(began.elapsed() >= Duration::from_millis(900), "it has its time: {:?}", began.elapsed());
    // And so is one that says nothing more.
    let mut idle = host.connect();
    assert_eq!(idle.send(&get("/numbers/1")).json(200), 1);
    assert!(idle.is_closed());
}

/// It is the whole head that has so long, however often some of it comes.
#[test]
fn a_connection_that_trickles_its_head_is_closed() {
    let host = hasty();
    for first in [&b""[..], b"GET /numbers/1 HTTP/1.1\r\nHost: x\r\n\r\n"] {
        let mut trickling = host.connect();
        trickling.write(first);
        if !first.is_empty() {
            assert_eq!(trickling.read().json(200), 1);
        }
        let until = Instant::now() + Duration::from_secs(3);
        for byte in b"GET /numbers/1 HTTP/1.1\r\n".iter().chain(b"X-Slow: 1\r\n".iter().cycle()) {
            if Instant::now() > until {
                break;
            }
            trickling.write([*byte]);
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(trickling.is_closed());
    }
    assert_eq!(host.get("/numbers/1").json(200), 1);
}

/// The time is that of a head: what a request takes is its own affair.
#[test]
fn a_request_may_take_longer_than_its_head() {
    let host = hasty();
    let mut connection = host.connect();
    assert_eq!(connection.send(&get("/numbers/1?after_ms=1500")).json(200), 1);
    let slow = post("/numbers", r#"{"n":2}"#).bytes();
    let (head, body) = slow.split_at(slow.len() - 3);
    connection.write(head);
    std::thread::sleep(Duration::from_millis(1500));
    connection.write(body);
    assert_eq!(connection.read().json(200), 2);
}

/// It is taking nothing that has an end: whoever is slow gets all of it.
#[test]
fn a_client_that_does_not_take_its_answer_is_let_go() {
    let host = server(|server| server.write_timeout(Duration::from_secs(1)));
    let (mut deaf, mut slow) = (host.connect(), host.connect());
    deaf.write(get("/novel").bytes());
    slow.write(get("/novel").bytes());
    for _ in 0..4 {
        std::thread::sleep(Duration::from_millis(600));
        slow.take(6 * 1024 * 1024);
    }
    assert_eq!(slow.read().body.len(), NOVEL + 2, "with its quotes");
    std::thread::sleep(Duration::from_millis(600));
    assert!(deaf.rest().len() < NOVEL, "what had not been taken is not sent any more");
}

#[test]
fn more_connections_than_are_served_wait_for_their_turn() {
    let host = server(|server| server.most_connections(2));
    let (mut first, mut second) = (host.connect(), host.connect());
    assert_eq!(first.send(&get("/numbers/1")).json(200), 1);
    assert_eq!(second.send(&get("/numbers/2")).json(200), 2);
    let mut third = host.connect();
    third.write(get("/numbers/3").bytes());
    assert!(!third.hears_within(Duration::from_millis(300)), "two are served already");
    assert_eq!(first.send(&get("/numbers/1").header("Connection", "close")).json(200), 1);
    assert_eq!(third.read().json(200), 3);
    assert_eq!(second.send(&get("/numbers/2")).json(200), 2);
}

/// A connection that is closed while there is something unread tells the client of an error, which then throws away what it
/// was answered.
#[test]
fn an_answer_that_comes_before_the_body_has_been_sent_arrives() {
    let host = Host::edge(|edge| edge.body_limit(1024));
    for _ in 0..20 {
        let mut connection = host.connect();
        let large = post("/numbers", vec![b' '; 4 * 1024 * 1024]).bytes();
        for part in large.chunks(256 * 1024) {
            assert!(connection.can_write(part));
        }
        connection.read().problem(413);
        assert!(connection.ends_in_order());
    }
}

/// Nobody reads for ever what nobody wants.
#[test]
fn a_body_that_nobody_wants_does_not_hold_its_connection() {
    let host = Host::edge(|edge| edge.body_limit(1024));
    let mut endless = host.connect();
    endless.write(
        request("POST", "/numbers")
            .header("Content-Type", "application/json")
            .header("Content-Length", "99999999999")
            .bytes(),
    );
    let began = Instant::now();
    while endless.can_write([b' '; 64 * 1024]) {
        assert!(began.elapsed() < LIMIT, "it is read on and on");
    }
}

#[test]
fn a_request_names_one_host() {
    let host = Host::plain();
    for (version, hosts, status) in [
        ("1.1", "Host: localhost:8080\r\n", 200),
        ("1.1", "Host: [::1]:8080\r\n", 200),
        ("1.1", "Host:\r\n", 200),
        ("1.0", "", 200),
        ("1.1", "", 400),
        ("1.1", "Host: a\r\nHost: a\r\n", 400),
        ("1.1", "Host: a b/c@d\r\n", 400),
        ("1.1", "Host: ada@example.org\r\n", 400),
        ("1.1", "Host: a/b\r\n", 400),
    ] {
        let mut connection = host.connect();
        connection.write(format!("GET /numbers/1 HTTP/{version}\r\n{hosts}\r\n"));
        let answer = connection.read();
        assert_eq!(answer.status, status, "{version} {hosts:?}");
        if status == 400 {
            answer.problem(400);
            assert_eq!(answer.header("connection"), Some("close"));
            assert!(connection.is_closed());
        }
    }
}

/// There is no request that a problem could be about.
#[test]
fn what_is_no_http_is_answered_with_a_status_alone() {
    let host = Host::plain();
    let long = |length: usize| "a".repeat(length);
    for (bytes, status) in [
        ("hello\r\n\r\n".to_owned(), 400),
        (format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", long(70_000)), 414),
        (format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", long(4_000_000)), 431),
        (format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X-Many: a\r\n".repeat(200)), 431),
    ] {
        let mut connection = host.connect();
        connection.write(&bytes);
        let answer = connection.read();
        assert_eq!((answer.status, answer.text()), (status, ""), "{:?}", bytes.get(..40));
        assert!(connection.is_closed());
    }
    assert_eq!(host.get("/numbers/1").json(200), 1);
}
