use cqrs_core::{command, handler};

#[derive(serde::Serialize, schemars::JsonSchema)]
struct User {
    id: u64,
}

#[command(output = User, http(post = "/users", status = 201, location = "/users/{user_id}"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct CreateUser;

#[handler]
fn create_user(_: CreateUser) -> User {
    User { id: 7 }
}

fn main() {}
