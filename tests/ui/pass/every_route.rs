//! What `http(..)` looks like where it is right, with every word of it.

use cqrs_core::http::Method;
use cqrs_core::{Bus, Fault, OperationResult, Problem, command, handler, query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct User {
    user_id: u64,
    r#type: String,
}

#[derive(Debug, thiserror::Error, Problem)]
#[error("no")]
struct No;

#[command(output = User, error = No, http(post = "/users", status = 201, location = "/users/{user_id}/as/{type}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct CreateUser {
    name: String,
}

#[handler]
async fn create_user(cmd: CreateUser) -> Result<User, No> {
    Ok(User { user_id: 7, r#type: cmd.name })
}

/// Its fields are named as they are on the wire.
#[command(http(put = "/users/{userId}", headers(ifVersion = "If-Match", agent = "User-Agent"), query(dryRun)))]
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RenameUser {
    user_id: u64,
    if_version: Option<u64>,
    agent: Option<String>,
    dry_run: bool,
    name: String,
}

#[handler]
fn rename_user(_: RenameUser) {}

#[command(error = Problem, http(patch = "/users/{user_id}", status = 200), name = "users.patch", wire)]
#[derive(Serialize, Deserialize, JsonSchema)]
struct PatchUser {
    user_id: u64,
    name: Option<String>,
}

#[handler]
fn patch_user(_: PatchUser) -> Result<(), Problem> {
    Ok(())
}

#[command(error = Fault, http(delete = "/users/{user_id}", status = 202, location = "/jobs"), crate = ::cqrs_core)]
#[derive(Serialize, Deserialize, JsonSchema)]
struct DeleteUser {
    user_id: u64,
}

#[handler]
async fn delete_user(_: DeleteUser) -> Result<(), Fault> {
    Ok(())
}

/// Handled in another crate, or by hand.
#[command(output = u64, contract, http(post = "/parcels", status = 201, location = "/parcels/{}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct SendParcel {
    order: u64,
}

/// It says itself how it went.
#[command(output = OperationResult<(u64, String)>, http(post = "/orders", location = "/orders/{0}/{1}"))]
#[derive(Serialize, Deserialize, JsonSchema)]
enum Order {
    Tea { cups: u8 },
    Coffee,
}

#[handler]
fn order(cmd: Order) -> OperationResult<(u64, String)> {
    match cmd {
        Order::Tea { cups } => OperationResult::created((u64::from(cups), "tea".to_owned())),
        Order::Coffee => OperationResult::unavailable("the machine is broken"),
    }
}

#[command(output = Option<u64>, http(post = "/sweeps", none = 410))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Sweep;

#[handler]
fn sweep(_: Sweep) -> Option<u64> {
    None
}

/// A body that is no object.
#[command(http(post = "/sums"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Sum(u64, u64);

#[handler]
fn sum(_: Sum) {}

#[query(output = Option<User>, error = Fault, http(get = "/users/{user_id}", none = 404), timeout = "5s")]
#[derive(Serialize, Deserialize, JsonSchema)]
struct GetUser {
    user_id: u64,
}

#[handler]
async fn get_user(query: GetUser) -> Result<Option<User>, Fault> {
    Ok((query.user_id == 7).then(|| User { user_id: 7, r#type: "Ada".to_owned() }))
}

#[query(output = Vec<User>, http(post = "/searches", status = 203, headers(agent = "User-Agent"), query(page)))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Search {
    text: String,
    page: u32,
    agent: String,
}

#[handler]
fn search(_: Search) -> Vec<User> {
    Vec::new()
}

#[allow(non_camel_case_types)]
#[query(output = u8, http(get = "/things/{type}", headers(r#match = "If-Match")))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct r#struct {
    r#type: u8,
    r#match: Option<String>,
    r#where: Option<String>,
}

#[handler]
fn thing(query: r#struct) -> u8 {
    query.r#type
}

#[query(output = (), http(get = "/"))]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Ping {}

#[handler]
fn ping(_: Ping) {}

macro_rules! counted {
    ($(#[$docs:meta])* $name:ident, $handler:ident, $path:literal, $at:literal, $field:ident) => {
        #[derive(Serialize, JsonSchema)]
        struct $field {
            number: u64,
        }

        $(#[$docs])*
        #[command(output = $field, http(post = $path, status = 201, location = $at))]
        #[derive(Serialize, Deserialize, JsonSchema)]
        struct $name;

        #[handler]
        fn $handler(_: $name) -> $field {
            $field { number: 7 }
        }
    };
}

counted!(
    /// Made by a macro.
    Count,
    count,
    "/counts",
    "/counts/{number}",
    Counted
);

fn main() {
    let bus = Bus::builder().build();
    let routes = bus.routes();
    let routes: Vec<_> = routes.iter().map(|route| (route.method(), route.path(), route.has_location())).collect();
    // In the order of their names.
    let expected = [
        (Method::Post, "/counts", true),
        (Method::Post, "/users", true),
        (Method::Delete, "/users/{user_id}", true),
        (Method::Get, "/users/{user_id}", false),
        (Method::Post, "/orders", true),
        (Method::Patch, "/users/{user_id}", false),
        (Method::Get, "/", false),
        (Method::Put, "/users/{userId}", false),
        (Method::Post, "/searches", false),
        (Method::Post, "/parcels", true),
        (Method::Post, "/sums", false),
        (Method::Post, "/sweeps", false),
        (Method::Get, "/things/{type}", false),
    ];
    assert_eq!(routes, expected);
    let report = bus.verify();
    // The handler of the contract, and nothing else.
    assert_eq!(report.problems().len(), 1, "{report}");
}
