use cqrs_core::{command, handler};

#[command(http(post = "/orders/{number}", headers(tenant = "X-Tenant"), query(dry_run)))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct PlaceOrder {
    #[serde(alias = "id")]
    number: u64,
    #[serde(default, alias = "org")]
    tenant: String,
    #[serde(default, alias = "dry", alias = "test")]
    dry_run: bool,
    #[serde(alias = "text")]
    note: String,
}

#[handler]
fn place_order(_: PlaceOrder) {}

fn main() {}
