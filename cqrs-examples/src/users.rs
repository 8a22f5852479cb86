//! The users of the Cello page on CQRS: two commands, two queries, and a read side that follows the write side
//! by events; over HTTP, and over lines of JSON.
//!
//! | the page | here |
//! | --- | --- |
//! | `cqrs/messages.py` | [`messages`] |
//! | `cqrs/handlers/user_commands.py` | [`handlers::user_commands`] |
//! | `cqrs/handlers/user_queries.py` | [`handlers::user_queries`] |
//! | "Event Subscriber (updates read model)" | [`handlers::user_views`] |
//! | logging, written into each handler | [`behaviors`], around all of them |
//! | `write_db`, `read_db` | [`store`], in memory: [`in_memory`]; in a database, with the same handlers: [`sqlite`] |
//! | `cqrs/bus.py`, the wiring of `app.py` | nothing: the bus finds the handlers |
//! | the routes of `app.py` | `http(..)` on each message |
//! | the rest of `app.py` | [`app`], `src/bin/users.rs`, and [`json_lines`](crate::json_lines) for messages without HTTP |
//! | who may do what, which the page leaves out | `authorize` on each message, and [`tokens`] |
//! | `tests/test_commands.py` | `tests/user_commands.rs`, and `tests/users_http.rs` for the routes |
//! | `tests/test_queries.py` | `tests/user_queries.rs`, `tests/user_tables.rs` |
//! | trying it by hand | [`tour`] |

pub mod app;
pub mod behaviors;
pub mod handlers;
pub mod in_memory;
pub mod messages;
pub mod sqlite;
pub mod store;
pub mod tokens;
pub mod tour;
