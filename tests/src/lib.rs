//! What the tests share.

pub mod elsewhere;
