//! The attributes, each with its documentation: here and not where they are made, so that the examples run.

mod behavior;
mod command;
mod event;
mod handler;
mod problem;
mod provide;
mod query;

pub use behavior::behavior;
pub use command::command;
pub use event::event;
pub use handler::handler;
pub use problem::Problem;
pub use provide::provide;
pub use query::query;
