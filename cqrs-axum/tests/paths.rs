//! Paths and methods that nobody has.

mod support;

use cqrs_core::{command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use support::Host;
use support::client::{get, request};

#[query(output = usize, http(get = "/names/{name}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetName {
    name: String,
    #[serde(default)]
    more: String,
}

#[handler]
fn get_name(query: GetName) -> usize {
    query.name.len() + query.more.len()
}

#[command(http(put = "/names/{called}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct PutName {
    called: String,
}

#[handler]
fn put_name(_: PutName) {}

#[command(http(post = "/names"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct AddName {}

#[handler]
fn add_name(_: AddName) {}

#[query(output = usize, http(get = "/names/{name}/more"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetMore {
    name: String,
}

#[handler]
fn get_more(query: GetMore) -> usize {
    query.name.len()
}

#[test]
fn a_path_that_nobody_has_is_404_and_the_connection_goes_on() {
    let host = Host::plain();
    let mut connection = host.connect();
    for target in [
        "/",
        "/name",
        "/names/",
        "/names/a/b",
        "/names//",
        "/Names/a",
        "/names/a/",
        "//names/a",
        "/names//more",
        "/%6eames/a",
    ] {
        for method in ["GET", "POST", "DELETE", "OPTIONS"] {
            let answer = connection.send(&request(method, target));
            assert_eq!(answer.detail(404), "there is no such path", "{method} {target}");
        }
    }
    assert_eq!(connection.send(&get("/names/a")).json(200), 1);
}

#[test]
fn a_method_that_a_path_does_not_have_is_405_and_says_which_it_has() {
    let host = Host::plain();
    let mut connection = host.connect();
    for (method, target, allowed) in [
        ("POST", "/names/a", "GET, PUT, HEAD"),
        ("DELETE", "/names/a", "GET, PUT, HEAD"),
        ("OPTIONS", "/names/a", "GET, PUT, HEAD"),
        ("PURGE", "/names/a", "GET, PUT, HEAD"),
        ("GET", "/names", "POST"),
        ("PATCH", "/names", "POST"),
        ("POST", "/livez", "GET, HEAD"),
        ("PUT", "/readyz", "GET, HEAD"),
        ("DELETE", "/openapi.json", "GET, HEAD"),
        ("POST", "/docs", "GET, HEAD"),
    ] {
        let answer = connection.send(&request(method, target));
        assert_eq!(answer.problem(405)["title"], "Method Not Allowed");
        assert_eq!(answer.header("allow"), Some(allowed), "{method} {target}");
        assert_eq!(answer.detail(405), format!("`{method}` is not for this path; it takes {allowed}"));
    }
    connection.send(&request("PUT", "/names/a")).nothing(204);
}

#[test]
fn a_target_that_is_too_long_is_414_whatever_path_it_has() {
    let host = Host::plain();
    let mut connection = host.connect();
    let long = |length: usize| "a".repeat(length);
    let (path, query) = ("/names/".len(), "/names/?more=".len() - 1);
    assert_eq!(connection.send(&get(&format!("/names/{}", long(8192 - path)))).json(200), 8192 - path);
    let both = 8192 - query;
    assert_eq!(connection.send(&get(&format!("/names/{}?more={}", long(both - 9), long(9)))).json(200), both);
    for target in [
        format!("/names/{}", long(8193 - path)),
        format!("/names/{}?more={}", long(both - 9), long(10)),
        format!("/nothing/{}", long(8192)),
        format!("/names/{}", long(60_000)),
    ] {
        let answer = connection.send(&get(&target));
        assert_eq!(answer.problem(414)["title"], "URI Too Long");
        assert_eq!(answer.detail(414), "path and query string are longer than 8192 bytes");
    }
    assert_eq!(connection.send(&get("/names/a")).json(200), 1);
}

/// What is no HTTP is answered by the server itself, or not at all; the next client is none the worse.
#[test]
fn what_is_no_http_ends_its_connection_and_no_other() {
    let host = Host::plain();
    for (bytes, status) in [
        (&b"hello\r\n\r\n"[..], 400),
        (b"GET /names/a HTTP/1.1\r\nbad header\r\n\r\n", 400),
        (b"GET /names/a HTTP/9.9\r\n\r\n", 400),
        (b"POST /names HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST /names HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ] {
        let mut connection = host.connect();
        connection.write(bytes);
        connection.end();
        let answer = connection.read();
        assert_eq!((answer.status, answer.text()), (status, ""), "{:?}", String::from_utf8_lossy(bytes));
        assert!(connection.is_closed());
    }
    let huge = format!("GET /names/a HTTP/1.1\r\nX-Large: {}\r\n\r\n", "a".repeat(1 << 20));
    let mut connection = host.connect();
    connection.write(huge);
    assert_eq!(connection.read().status, 431);
    let mut gone = host.connect();
    gone.write("GET /na");
    drop(gone);
    assert_eq!(host.get("/names/a").json(200), 1);
}
