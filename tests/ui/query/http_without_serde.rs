use cqrs_core::{handler, query};

#[query(output = u64, http(get = "/counts/{name}"))]
#[derive(schemars::JsonSchema)]
struct Count {
    name: String,
}

#[handler]
fn count(query: Count) -> u64 {
    query.name.len() as u64
}

fn main() {}
