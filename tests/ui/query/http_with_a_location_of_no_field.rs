use cqrs_core::{handler, query};

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Found {
    id: u64,
}

#[query(output = Found, http(post = "/searches", status = 201, location = "/searches/{number}"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Search;

#[handler]
fn search(_: Search) -> Found {
    Found { id: 7 }
}

fn main() {}
