//! What the tests share.

pub mod elsewhere;
pub mod faults;
pub mod flips;
pub mod ledger;
pub mod polls;
pub mod quiet;
pub mod requests;
pub mod runs;
