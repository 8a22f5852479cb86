use cqrs_core::{handler, query};

#[query(output = u64, http(get = "/counts/{name}"))]
#[derive(serde::Serialize, serde::Deserialize)]
struct Count {
    name: String,
}

#[handler]
fn count(query: Count) -> u64 {
    query.name.len() as u64
}

fn main() {}
