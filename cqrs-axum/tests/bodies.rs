//! Bodies that are too long, too slow, or not all there.

mod support;

use std::time::{Duration, Instant};

use cqrs_core::{command, handler};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use support::Host;
use support::client::{Request, post, request};

#[command(output = usize, http(post = "/texts"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct AddText {
    text: String,
}

#[handler]
fn add_text(cmd: AddText) -> usize {
    cmd.text.len()
}

/// A message whose JSON has this many bytes.
fn of_length(length: usize) -> String {
    let text = "a".repeat(length - r#"{"text":""}"#.len());
    format!(r#"{{"text":"{text}"}}"#)
}

fn limited() -> Host {
    Host::edge(|edge| edge.body_limit(100))
}

fn chunked(chunks: &[&[u8]]) -> Request {
    request("POST", "/texts").header("Content-Type", "application/json").chunks(chunks)
}

#[test]
fn a_body_as_long_as_the_limit_is_read_and_a_longer_one_is_413() {
    let host = limited();
    let mut connection = host.connect();
    let (fits, too_long) = (of_length(100), of_length(101));
    assert_eq!(connection.send(&post("/texts", &fits)).json(200), 100 - 11);
    assert_eq!(connection.send(&chunked(&[fits.as_bytes()])).json(200), 100 - 11);
    for longer in [
        post("/texts", &too_long),
        chunked(&[too_long.as_bytes()]),
        chunked(&[&too_long.as_bytes()[..50], &too_long.as_bytes()[50..]]),
    ] {
        let mut connection = host.connect();
        let answer = connection.send(&longer);
        assert_eq!(answer.problem(413)["title"], "Content Too Large");
        assert_eq!(answer.detail(413), "the body is longer than 100 bytes");
        // The client is told that there is no next request, however little of this one was left.
        assert_eq!(answer.header("connection"), Some("close"));
        assert!(connection.is_closed());
    }
    assert_eq!(connection.send(&post("/texts", &fits)).json(200), 100 - 11);
}

/// Who says beforehand that it will be too long need not send it.
#[test]
fn a_length_that_is_announced_is_answered_before_the_body_comes() {
    let host = limited();
    for length in ["101", "1000000", "9223372036854775807"] {
        let mut connection = host.connect();
        let head = request("POST", "/texts").header("Content-Type", "application/json");
        connection.write(head.header("Content-Length", length).bytes());
        assert_eq!(connection.read().detail(413), "the body is longer than 100 bytes", "{length}");
        assert!(connection.is_closed(), "nobody would know where the next request begins");
    }
}

#[test]
fn a_body_without_an_end_is_answered_where_it_is_too_long() {
    let host = limited();
    let mut connection = host.connect();
    let head = request("POST", "/texts").header("Content-Type", "application/json");
    connection.write(head.header("Transfer-Encoding", "chunked").bytes());
    for _ in 0..3 {
        connection.write(format!("32\r\n{}\r\n", "a".repeat(50)));
    }
    assert_eq!(connection.read().detail(413), "the body is longer than 100 bytes");
    assert!(connection.is_closed());
}

#[test]
fn the_limit_is_a_mebibyte_unless_said_otherwise() {
    let host = Host::plain();
    assert_eq!(host.send(post("/texts", of_length(1 << 20))).json(200), (1 << 20) - 11);
    assert_eq!(
        host.send(post("/texts", of_length((1 << 20) + 1))).detail(413),
        "the body is longer than 1048576 bytes"
    );
}

#[test]
fn a_body_that_is_too_slow_is_408() {
    let host = Host::edge(|edge| edge.body_timeout(Duration::from_millis(200)));
    let whole = post("/texts", of_length(100)).bytes();
    let (first, rest) = whole.split_at(whole.len() - 50);
    let began = Instant::now();
    let mut silent = host.connect();
    silent.write(first);
    let answer = silent.read();
    assert_eq!(answer.problem(408)["title"], "Request Timeout");
    assert_eq!(answer.detail(408), "the body did not arrive within 200ms");
    assert!(began.elapsed() >= Duration::from_millis(200));
    assert!(silent.is_closed());

    // It is the whole body that has so long, however often some of it comes.
    let mut trickling = host.connect();
    trickling.write(first);
    let until = Instant::now() + Duration::from_secs(10);
    for byte in rest {
        std::thread::sleep(Duration::from_millis(20));
        assert!(Instant::now() < until);
        trickling.write([*byte]);
    }
    assert_eq!(trickling.read().status, 408);
}

#[test]
fn a_body_that_breaks_off_is_no_message_and_the_server_goes_on() {
    let host = Host::plain();
    let whole = post("/texts", of_length(100)).bytes();
    let mut half = host.connect();
    half.write(&whole[..whole.len() - 50]);
    half.end();
    assert_eq!(half.read().detail(400), "the body breaks off before its end");
    assert!(half.is_closed());

    let mut broken = host.connect();
    let head = request("POST", "/texts").header("Content-Type", "application/json");
    broken.write(head.header("Transfer-Encoding", "chunked").bytes());
    broken.write("5\r\n{\"tex\r\nno length\r\n");
    assert_eq!(broken.read().detail(400), "the body breaks off before its end");
    assert!(broken.is_closed());

    let mut gone = host.connect();
    gone.write(&whole[..whole.len() - 50]);
    drop(gone);
    assert_eq!(host.send(post("/texts", of_length(20))).json(200), 9);
}

/// A client that asks first whether to send the body is told so, and not where nobody wants it.
#[test]
fn who_waits_for_100_continue_gets_it_if_the_body_is_wanted() {
    let host = limited();
    let head = |length: usize| post("/texts", of_length(length)).head_that_asks();
    let mut wanted = host.connect();
    wanted.write(head(100));
    assert_eq!(wanted.read().status, 100);
    wanted.write(of_length(100));
    assert_eq!(wanted.read().json(200), 100 - 11);

    let mut unwanted = host.connect();
    unwanted.write(head(101));
    assert_eq!(unwanted.read().status, 413);
}
