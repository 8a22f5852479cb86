use cqrs_core::{command, handler};

#[command(http(delete = "/users/{user_id}", query(force)))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct DeleteUser {
    user_id: u64,
    force: bool,
}

#[handler]
fn delete_user(_: DeleteUser) {}

fn main() {}
