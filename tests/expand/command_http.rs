use cqrs_core::command;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Placed {
    pub number: u64,
}

#[command(output = Placed, http(post = "/shops/{shop}/orders", status = 201, location = "/orders/{number}", headers(agent = "User-Agent"), query(dry_run)))]
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Place {
    pub shop: String,
    pub agent: Option<String>,
    pub dry_run: bool,
    pub lines: Vec<u64>,
}

#[cqrs_core::handler]
fn place(cmd: Place) -> Placed {
    Placed { number: cmd.lines.len() as u64 }
}
