use cqrs_core::query;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[query(output = Option<String>, http(get = "/names/{id}", none = 404))]
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Name {
    pub id: u64,
}

#[cqrs_core::handler]
fn name(query: Name) -> Option<String> {
    (query.id == 7).then(|| "Ada".to_owned())
}
