use cqrs_core::command;

#[command(name = "orders.cancel", contract)]
#[derive(serde::Serialize, serde::Deserialize)]
pub struct CancelOrder {
    pub number: u64,
}

#[command(output = bool, wire, contract)]
#[derive(serde::Serialize, serde::Deserialize)]
pub enum Shift {
    Begin,
    End { at: u64 },
}
