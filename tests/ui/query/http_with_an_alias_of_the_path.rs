use cqrs_core::{handler, query};

#[query(output = u64, http(get = "/orders/{orderNumber}"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetOrder {
    #[serde(alias = "id")]
    order_number: u64,
}

#[handler]
fn get_order(query: GetOrder) -> u64 {
    query.order_number
}

fn main() {}
