use cqrs_core::{OperationResult, command, handler};

#[command(output = OperationResult<u64>, http(post = "/users", status = 201))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct CreateUser;

#[handler]
fn create_user(_: CreateUser) -> OperationResult<u64> {
    OperationResult::created(7)
}

fn main() {}
