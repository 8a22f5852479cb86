//! Who gets in with what: tokens that are not taken, over the network.

#[path = "../../cqrs-axum/tests/support/mod.rs"]
mod support;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cqrs_core::Bus;
use cqrs_examples::users::app::edge;
use cqrs_examples::users::tokens::Tokens;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use support::Host;
use support::client::{Request, get, post};

const SECRET: &str = "the secret of this test";
const HOUR: Duration = Duration::from_secs(3600);

fn host() -> Host {
    let bus = Bus::builder().build();
    Host::of(&bus, edge(bus.clone(), Tokens::new(SECRET.as_bytes())).router())
}

fn with(authorization: &str) -> Request {
    get("/users").header("Authorization", authorization)
}

/// In so many seconds.
fn in_seconds(seconds: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    i64::try_from(now).unwrap() + seconds
}

fn signed(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
    encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn claims(seconds: i64) -> Value {
    json!({"sub": "ada", "exp": in_seconds(seconds), "scope": "users:write users:read"})
}

/// Base64 as tokens have it, without padding.
fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    let mut coded = String::new();
    for three in text.as_bytes().chunks(3) {
        let bits = three.iter().enumerate().fold(0_u32, |bits, (n, byte)| bits | u32::from(*byte) << (16 - 8 * n));
        let letters = (0..=three.len()).map(|n| char::from(LETTERS[(bits >> (18 - 6 * n)) as usize & 63]));
        coded.extend(letters);
    }
    coded
}

#[test]
fn a_token_that_the_application_has_issued_is_taken_for_what_it_allows() {
    let (host, tokens) = (host(), Tokens::new(SECRET.as_bytes()));
    let reader = tokens.issue("ben", &["users:read"], HOUR).unwrap();
    for scheme in ["Bearer", "bearer", "BEARER"] {
        assert_eq!(host.send(with(&format!("{scheme} {reader}"))).json(200), json!({"users": []}), "{scheme}");
    }
    let user = || post("/users", r#"{"name":"Ada","email":"ada@example.org"}"#);
    let by = |token: &str| host.send(user().header("Authorization", &format!("Bearer {token}")));
    assert_eq!(by(&reader).status, 403);
    assert_eq!(by(&tokens.issue("ada", &[], HOUR).unwrap()).status, 403);
    assert_eq!(by(&tokens.issue("ada", &["users:write"], HOUR).unwrap()).status, 201);
    assert_eq!(host.send(with(&format!("Bearer {}", signed(Algorithm::HS256, SECRET, &claims(60))))).status, 200);
}

#[test]
fn a_token_that_is_not_taken_is_401_and_told_how_to_send_one() {
    let host = host();
    let good = signed(Algorithm::HS256, SECRET, &claims(3600));
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("{good}") };
    let head = |algorithm: &str| base64(&json!({"alg": algorithm, "typ": "JWT"}).to_string());
    assert_eq!(head("HS256").len(), header.len(), "tokens are written as here");
    let other_payload = base64(&claims(7200).to_string());
    let without = |claim: &str| {
        let mut claims = claims(3600);
        claims.as_object_mut().unwrap().remove(claim);
        signed(Algorithm::HS256, SECRET, &claims)
    };
    let later = {
        let mut claims = claims(7200);
        claims["nbf"] = claims["exp"].as_i64().map(|exp| exp - 3600).into();
        signed(Algorithm::HS256, SECRET, &claims)
    };
    for (why, token) in [
        ("its time has not come", later),
        ("it has expired", signed(Algorithm::HS256, SECRET, &claims(-3600))),
        ("it is signed with another secret", signed(Algorithm::HS256, "another secret", &claims(3600))),
        ("it is signed with an empty secret", signed(Algorithm::HS256, "", &claims(3600))),
        ("it is signed by another algorithm", signed(Algorithm::HS384, SECRET, &claims(3600))),
        ("it is not signed, and says so", format!("{}.{payload}.", head("none"))),
        ("it is not signed, and says so loudly", format!("{}.{payload}.", head("NONE"))),
        ("it says that it is not signed, and is", format!("{}.{payload}.{signature}", head("none"))),
        ("its signature is cut off", format!("{header}.{payload}.")),
        ("its signature is another's", format!("{header}.{other_payload}.{signature}")),
        ("it has two parts", format!("{header}.{payload}")),
        ("it has four parts", format!("{good}.{signature}")),
        ("it never expires", without("exp")),
        ("it is nobody's", without("sub")),
        ("it allows nothing that could be read", without("scope")),
        ("it is none", "xyzzy".to_owned()),
        ("it is empty", String::new()),
        ("it is two", format!("{good} {good}")),
    ] {
        let answer = host.send(with(&format!("Bearer {token}")));
        let told = answer.detail(401);
        assert!(told.starts_with("this token is not taken: ") || told.contains("Bearer <token>"), "{why}: {told}");
        let told = r#"Bearer realm="api", error="invalid_token""#;
        assert_eq!(answer.header("www-authenticate"), Some(told), "{why}");
        assert!(!told.contains(SECRET) && (token.is_empty() || !told.contains(&token)), "{why}: {told}");
    }
}

#[test]
fn another_scheme_or_none_is_401() {
    let host = host();
    let good = Tokens::new(SECRET.as_bytes()).issue("ben", &["users:read"], HOUR).unwrap();
    for wrong in [&*format!("Basic {good}"), &good, "Bearer", "Basic YTpi", "é"] {
        assert_eq!(host.send(with(wrong)).detail(401), "write `Authorization: Bearer <token>`", "{wrong}");
    }
    for anonymous in [get("/users"), get("/users/1"), post("/users", "{")] {
        let answer = host.send(anonymous);
        assert_eq!(answer.detail(401), "this takes a caller who says who they are");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"api\""));
    }
    for open in ["/openapi.json", "/docs", "/livez", "/readyz"] {
        assert_eq!(host.get(open).status, 200, "{open}");
        assert_eq!(host.send(get(open).header("Authorization", "Bearer token")).status, 200, "{open}");
    }
}

/// Which of two is meant, nobody knows.
#[test]
fn two_tokens_are_none() {
    let tokens = Tokens::new(SECRET.as_bytes());
    let both = ["ada", "ben"].map(|who| format!("Bearer {}", tokens.issue(who, &["users:read"], HOUR).unwrap()));
    let answer = host().send(with(&both[0]).header("Authorization", &both[1]));
    assert_eq!(answer.status, 401, "{}", answer.text());
}
