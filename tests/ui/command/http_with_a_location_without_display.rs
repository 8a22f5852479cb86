use cqrs_core::{command, handler};

#[derive(serde::Serialize, schemars::JsonSchema)]
struct UserId(u64);

#[derive(serde::Serialize, schemars::JsonSchema)]
struct User {
    id: UserId,
}

#[command(output = User, http(post = "/users", status = 201, location = "/users/{id}"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct CreateUser;

#[handler]
fn create_user(_: CreateUser) -> User {
    User { id: UserId(7) }
}

fn main() {}
