use cqrs_core::{command, handler};

#[command(http(delete = "/files/{*path}"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct DeleteFile {
    path: String,
}

#[handler]
fn delete_file(_: DeleteFile) {}

fn main() {}
