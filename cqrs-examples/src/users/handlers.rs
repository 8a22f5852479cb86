//! What happens with each message. Everything a handler needs is in its signature, so a test calls it as the
//! function it is.

pub mod user_commands;
pub mod user_queries;
pub mod user_views;
