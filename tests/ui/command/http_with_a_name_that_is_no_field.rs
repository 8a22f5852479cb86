use cqrs_core::{command, handler};

#[command(http(put = "/users/{id}"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct RenameUser {
    user_id: u64,
    name: String,
}

#[handler]
fn rename_user(_: RenameUser) {}

fn main() {}
