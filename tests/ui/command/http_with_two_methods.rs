use cqrs_core::{command, handler};

#[command(http(put = "/users/{user_id}", patch = "/users/{user_id}"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct RenameUser {
    user_id: u64,
}

#[handler]
fn rename_user(_: RenameUser) {}

fn main() {}
