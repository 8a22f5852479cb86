//! What both programs do: say on standard output what the bus is made of and what it answers.

use contracts::Refund;
use cqrs_core::{Bus, handler, query};
use shop::{Bring, MadeOf, Order, WhoBrings};

/// A message of the program's own: the library and the program of one package are two crates.
#[query(output = &'static str)]
pub(crate) struct Name;

#[handler]
fn name(_: Name, bus: cqrs_core::QueryBus) -> &'static str {
    let _ = bus;
    env!("CARGO_BIN_NAME")
}

pub(crate) async fn run() {
    let bus = Bus::global();
    println!("report: {}", bus.verify());
    match bus.start().await {
        Ok(started) => {
            println!("start: ok");
            drop(started);
        }
        Err(error) => println!("start: {error}"),
    }
    match bus.execute(Refund { customer: 7 }).await {
        Ok(cents) => println!("refund: {cents}"),
        Err(error) => println!("refund: {error}"),
    }
    match bus.query(WhoBrings).await {
        Ok(name) => println!("brings: {name}"),
        Err(fault) => println!("brings: {fault}"),
    }
    match bus.execute(Bring).await {
        Ok(places) => println!("bring: {places}"),
        Err(fault) => println!("bring: {fault}"),
    }
    match bus.execute(Order { customer: 7, cents: 250 }).await {
        Ok(receipt) => println!("order: receipt {}", receipt.number),
        Err(error) => println!("order: {error}"),
    }
    match bus.query(MadeOf).await {
        Ok(path) => println!("made of: {path}"),
        Err(fault) => println!("made of: {fault}"),
    }
    match bus.query(Name).await {
        Ok(name) => println!("name: {name}"),
        Err(fault) => println!("name: {fault}"),
    }
}
