//! What both candidates serve: two messages, their handlers, and who may send them. Nothing is stored, so that the way
//! there and back is all that is measured.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::http::HeaderMap;
use axum::http::request::Parts;
use cqrs_axum::{Authenticate, Caller, Scheme};
use cqrs_core::{Bus, Principal, Problem, command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A thing, as both messages answer it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Thing {
    pub id: u64,
    pub name: String,
    pub note: String,
    pub quantity: u32,
}

/// Creates a thing.
#[command(
    output = Thing,
    error = ThingError,
    authorize = "things:write",
    http(post = "/things", status = 201, location = "/things/{id}"),
)]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct CreateThing {
    pub name: String,
    pub note: String,
    pub quantity: u32,
}

/// Shows a thing.
#[query(output = Thing, error = ThingError, authorize = "things:read", http(get = "/things/{id}"))]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct GetThing {
    pub id: u64,
}

/// Why not.
#[derive(Debug, Problem)]
pub enum ThingError {
    /// A thing has a name.
    #[problem(status = 400)]
    Nameless,
    /// Nobody has heard of it.
    #[problem(status = 404)]
    Unknown(u64),
}

impl std::fmt::Display for ThingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ThingError::Nameless => f.write_str("a thing has a name"),
            ThingError::Unknown(id) => write!(f, "there is no thing {id}"),
        }
    }
}

/// The shared dependency.
struct Things(AtomicU64);

impl cqrs_core::ReadOnly for Things {}

#[handler]
async fn create_thing(cmd: CreateThing, things: &Things) -> Result<Thing, ThingError> {
    let CreateThing { name, note, quantity } = cmd;
    if name.is_empty() {
        return Err(ThingError::Nameless);
    }
    Ok(Thing { id: things.0.fetch_add(1, Relaxed), name, note, quantity })
}

#[handler]
async fn get_thing(query: GetThing, things: &Things) -> Result<Thing, ThingError> {
    if query.id >= things.0.load(Relaxed) {
        return Err(ThingError::Unknown(query.id));
    }
    let (name, note) = ("punched cards".to_owned(), "leave them with the porter, please".to_owned());
    Ok(Thing { id: query.id, name, note, quantity: 18 })
}

/// The bus of all candidates. The first thing that is created is 1000.
pub fn bus() -> Bus {
    Bus::builder().provide(Things(AtomicU64::new(1000))).build()
}

/// Knows one key, and whose it is.
pub struct Keys(Principal);

/// The key that is known.
pub const KEY: &str = "key-of-ada";

impl Keys {
    pub fn new() -> Self {
        Keys(Principal::new("ada").with_scope("things:read").with_scope("things:write"))
    }

    /// Who sends a request: what both candidates ask.
    pub fn principal(&self, headers: &HeaderMap) -> Result<Option<Principal>, Problem> {
        match headers.get("x-api-key") {
            None => Ok(None),
            Some(key) if key == KEY => Ok(Some(self.0.clone())),
            Some(_) => Err(Problem::unauthorized("the key is not known")),
        }
    }
}

impl Authenticate for Keys {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Caller>, Problem> {
        Ok(self.principal(&request.headers)?.map(Caller::from))
    }

    fn scheme(&self) -> Scheme {
        Scheme::ApiKey { header: "X-Api-Key" }
    }
}
