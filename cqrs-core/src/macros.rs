pub use cqrs_macros::{Problem, command, event, handler, provide, query};
