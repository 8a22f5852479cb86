//! The users of the Cello page on CQRS: two commands, two queries, and a read side that follows the write side
//! by events.
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
//! | the rest of `app.py` | [`json_lines`](crate::json_lines), and `src/bin/users.rs` |
//! | `tests/` | `tests/user_commands.rs`, `tests/user_queries.rs`, `tests/user_tables.rs`, `tests/users_program.rs`, `tests/users_db.rs` |

pub mod behaviors;
pub mod handlers;
pub mod in_memory;
pub mod messages;
pub mod paging;
pub mod sqlite;
pub mod store;
