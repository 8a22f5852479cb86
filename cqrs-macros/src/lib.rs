//! The attributes of `cqrs-core`, which re-exports and documents them. Knows nothing of transports or stores.
//!
//! Each attribute goes the same way: parse (`options`, and the item), check into a model that keeps the user's
//! tokens for their spans, expand. The user's item comes out first and untouched, but for one derive before it
//! where a field has an attribute of ours; mistakes are collected and come out together, each at the tokens that are
//! wrong.

mod aggregate_id;
mod attributes;
mod behavior;
mod cache;
mod documentation;
mod duration;
mod errors;
mod expand;
mod function;
mod handler;
mod http;
mod http_alias;
mod http_path;
mod http_rules;
mod lifetimes;
mod list;
mod message;
mod options;
mod parameters;
mod pipeline;
mod problem;
mod provide;
mod retry;
mod subscription;
mod versions;

use proc_macro::TokenStream;

/// See `cqrs_core::command`.
#[proc_macro_attribute]
pub fn command(arguments: TokenStream, item: TokenStream) -> TokenStream {
    message::expand(options::Macro::Command, arguments.into(), item.into()).into()
}

/// See `cqrs_core::query`.
#[proc_macro_attribute]
pub fn query(arguments: TokenStream, item: TokenStream) -> TokenStream {
    message::expand(options::Macro::Query, arguments.into(), item.into()).into()
}

/// See `cqrs_core::event`.
#[proc_macro_attribute]
pub fn event(arguments: TokenStream, item: TokenStream) -> TokenStream {
    message::expand(options::Macro::Event, arguments.into(), item.into()).into()
}

/// See `cqrs_core::handler`.
#[proc_macro_attribute]
pub fn handler(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handler::expand(arguments.into(), item.into()).into()
}

/// See `cqrs_core::provide`.
#[proc_macro_attribute]
pub fn provide(arguments: TokenStream, item: TokenStream) -> TokenStream {
    provide::expand(arguments.into(), item.into()).into()
}

/// See `cqrs_core::behavior`.
#[proc_macro_attribute]
pub fn behavior(arguments: TokenStream, item: TokenStream) -> TokenStream {
    behavior::expand(arguments.into(), item.into()).into()
}

/// See `cqrs_core::Problem`.
#[proc_macro_derive(Problem, attributes(problem, fault))]
pub fn problem(item: TokenStream) -> TokenStream {
    problem::expand(item.into()).into()
}

/// Says that `#[aggregate_id]` on a field is ours, and adds nothing: `command` and `event` put it there.
#[doc(hidden)]
#[proc_macro_derive(MessageFields, attributes(aggregate_id))]
pub fn message_fields(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
