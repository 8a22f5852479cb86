//! One of each macro, with nothing in between that rustc would expand as well.

use std::fmt;
use std::sync::Arc;

use cqrs_core::{Call, Events, Fault, Next, Outcome, Problem, ReadOnly};
use cqrs_core::{behavior, command, event, handler, provide, query};

/// Greets somebody.
#[command(output = String, error = GreetError)]
pub struct Greet {
    /// Who is greeted.
    pub name: String,
}

/// Why nobody is greeted.
#[derive(Problem)]
pub enum GreetError {
    /// There is no name.
    #[problem(status = 400)]
    Nameless,
    /// The greeting could not be tried.
    #[fault]
    Fault(Fault),
}

impl fmt::Display for GreetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GreetError::Nameless => f.write_str("a greeting needs a name"),
            GreetError::Fault(fault) => fault.fmt(f),
        }
    }
}

/// Somebody was greeted.
#[event(transient)]
#[derive(Clone)]
pub struct Greeted {
    /// Who was greeted.
    pub name: String,
}

/// What greeting is used.
#[query(output = String)]
pub struct GetStyle;

/// How a greeting is put.
pub trait Style: ReadOnly + Send + Sync {
    /// The greeting of somebody.
    fn greet(&self, name: &str) -> String;
}

struct Plain {
    before: String,
}

impl ReadOnly for Plain {}

impl Style for Plain {
    fn greet(&self, name: &str) -> String {
        let mut greeting = self.before.clone();
        greeting.push_str(name);
        greeting
    }
}

#[provide]
fn style() -> Arc<dyn Style> {
    Arc::new(Plain { before: String::from("hello ") })
}

/// Counts what is greeted.
pub struct Door;

#[provide]
async fn door(_style: &dyn Style) -> Result<Door, Fault> {
    Ok(Door)
}

#[handler]
async fn greet(cmd: Greet, style: &dyn Style, events: &mut Events) -> Result<String, GreetError> {
    if cmd.name.is_empty() {
        return Err(GreetError::Nameless);
    }
    let greeting = style.greet(&cmd.name);
    events.raise(Greeted { name: cmd.name });
    Ok(greeting)
}

#[handler]
fn get_style(_: GetStyle, style: &dyn Style) -> String {
    style.greet("..")
}

#[handler]
impl Door {
    fn opened(&self, event: Greeted) {
        drop(event);
    }
}

#[behavior(order = 10, on(Greet))]
async fn politely(_call: &Call<'_>, next: Next<'_>) -> Outcome {
    next.run().await
}
