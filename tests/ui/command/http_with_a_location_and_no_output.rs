use cqrs_core::{command, handler};

#[command(http(post = "/users", status = 201, location = "/users/{id}"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct CreateUser;

#[handler]
fn create_user(_: CreateUser) {}

fn main() {}
