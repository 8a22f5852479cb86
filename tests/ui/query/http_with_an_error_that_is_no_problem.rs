use cqrs_core::{handler, query};

struct Refused;

#[query(output = u64, error = Refused, http(get = "/counts"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Count;

#[handler]
fn count(_: Count) -> Result<u64, Refused> {
    Ok(7)
}

fn main() {}
