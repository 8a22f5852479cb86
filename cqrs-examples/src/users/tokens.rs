//! Who sends a request: JSON Web Tokens that the application signs itself.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use cqrs_axum::{Authenticate, Caller, Scheme};
use cqrs_core::{Principal, Problem};
use jsonwebtoken::errors::Error;
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

/// Signs tokens, and knows its own again (HMAC with SHA-256).
pub struct Tokens {
    signs: EncodingKey,
    verifies: DecodingKey,
}

/// What a token says: who (`sub`), until when (`exp`), and what they may do (`scope`, with spaces between).
#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
    scope: String,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(..)")
    }
}

impl Tokens {
    /// With this secret.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Tokens { signs: EncodingKey::from_secret(secret), verifies: DecodingKey::from_secret(secret) }
    }

    /// With a secret that nobody knows, and that is gone with the process.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        Ok(Tokens::new(&secret))
    }

    /// A token for somebody who may do this, for so long.
    ///
    /// # Errors
    /// Where it cannot be signed.
    pub fn issue(&self, who: &str, scopes: &[&str], lifetime: Duration) -> Result<String, Error> {
        let until = SystemTime::now() + lifetime;
        let exp = until.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        encode(&Header::default(), &Claims { sub: who.to_owned(), exp, scope: scopes.join(" ") }, &self.signs)
    }
}

impl Authenticate for Tokens {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Caller>, Problem> {
        let mut all = request.headers.get_all(AUTHORIZATION).iter();
        let Some(first) = all.next() else { return Ok(None) };
        // Which of two is meant, nobody knows.
        let given = if all.next().is_none() { first.to_str().ok() } else { None };
        let given = given.and_then(|text| text.split_once(' '));
        let Some((_, token)) = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) else {
            return Err(Problem::unauthorized("write `Authorization: Bearer <token>`"));
        };
        // HS256 alone, in time by `exp`, and by `nbf` where it has one; clocks may differ by a minute.
        let valid = Validation { validate_nbf: true, ..Validation::default() };
        let claims = match decode::<Claims>(token.trim(), &self.verifies, &valid) {
            Ok(token) => token.claims,
            Err(error) => return Err(Problem::unauthorized(format!("this token is not taken: {error}"))),
        };
        let scopes = claims.scope.split_ascii_whitespace();
        Ok(Some(Principal::new(claims.sub).with_scopes(scopes).into()))
    }

    fn scheme(&self) -> Scheme {
        Scheme::Bearer { format: "JWT" }
    }
}
