//! Everything that is listed comes in the same order whatever the link order: this program and
//! `across_listed_backwards` name the same crates, in opposite orders.
#![cfg(feature = "inventory")]

mod expect;
mod listed;

cqrs_core::link!(settings, contracts, billing, unnamed, shop, renamed, forbidding, twice);

#[test]
fn the_catalog_is_the_checked_in_one() {
    listed::assert_catalog();
}

#[test]
fn the_report_is_the_checked_in_one() {
    listed::assert_report();
}
