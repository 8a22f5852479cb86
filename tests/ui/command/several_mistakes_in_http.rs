use cqrs_core::{command, handler};

#[command(
    output = u64,
    http(put = "/users/{user_id}/", status = 204, statsu = 201, headers(version), query(), location = "users")
)]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct RenameUser {
    user_id: u64,
}

#[handler]
fn rename_user(_: RenameUser) -> u64 {
    7
}

fn main() {}
