use cqrs_core::{command, handler};

#[command(http(delete = "/users/{user_id}"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct DeleteUser(u64);

#[handler]
fn delete_user(_: DeleteUser) {}

fn main() {}
