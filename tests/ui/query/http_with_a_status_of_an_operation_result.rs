use cqrs_core::{OperationResult, handler, query};

#[query(output = OperationResult<u64>, http(get = "/counts", status = 203))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Count;

#[handler]
fn count(_: Count) -> OperationResult<u64> {
    OperationResult::ok(7)
}

fn main() {}
