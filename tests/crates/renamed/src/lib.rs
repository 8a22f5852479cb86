//! Every macro in a crate that has the core under another name.

use std::sync::Arc;

use cqrs::{Context, EventMeta, Events, Fault, Problem, ReadOnly, command, event, handler, provide, query};

/// Greets somebody.
#[command(output = String, error = GreetError, name = "renamed.greet", crate = ::cqrs)]
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Greet {
    /// Who is greeted.
    pub name: String,
}

/// Why nobody is greeted.
#[derive(Debug, Problem)]
#[problem(crate = ::cqrs)]
pub enum GreetError {
    /// There is no name.
    #[problem(status = 400, title = "No name")]
    Nameless,
    /// The greeting could not be tried.
    #[fault]
    Fault(Fault),
}

impl std::fmt::Display for GreetError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            GreetError::Nameless => f.write_str("a greeting needs a name"),
            GreetError::Fault(fault) => fault.fmt(f),
        }
    }
}

/// Somebody was greeted.
#[event(crate = ::cqrs)]
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Greeted {
    /// Who was greeted.
    pub name: String,
}

/// How often somebody was greeted.
#[query(output = usize, crate = ::cqrs)]
pub struct Greetings {
    /// Who was greeted.
    pub name: String,
}

/// Remembers greetings.
#[derive(Default)]
pub struct Book(std::sync::Mutex<Vec<String>>);

impl ReadOnly for Book {}

#[handler(crate = ::cqrs)]
impl Book {
    async fn greetings(&self, query: Greetings) -> usize {
        let names = self.0.lock().expect("nobody panics here");
        names.iter().filter(|name| **name == query.name).count()
    }

    async fn greeted(&self, event: Greeted, _meta: EventMeta) {
        self.0.lock().expect("nobody panics here").push(event.name);
    }
}

/// How a greeting is put.
pub trait Style: Send + Sync {
    /// The greeting of somebody.
    fn greet(&self, name: &str) -> String;
}

struct Plain;

impl Style for Plain {
    fn greet(&self, name: &str) -> String {
        format!("hello {name}")
    }
}

/// What one call writes down.
pub trait Draft: Send {
    /// Writes down a text.
    fn write(&mut self, text: String);
    /// What is written down.
    fn text(&self) -> String;
}

struct Paper(String);

impl Draft for Paper {
    fn write(&mut self, text: String) {
        self.0.push_str(&text);
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

/// How often one call did something.
#[derive(Default)]
pub struct Tally(usize);

#[provide(crate = ::cqrs)]
fn book() -> Book {
    Book::default()
}

/// How long a name may be.
pub struct Longest(usize);

#[provide(read_only, crate = ::cqrs)]
fn longest(_book: &Book) -> Longest {
    Longest(100)
}

#[provide(crate = ::cqrs)]
async fn style(_book: &Book) -> Result<Arc<dyn Style>, Fault> {
    Ok(Arc::new(Plain))
}

#[provide(crate = ::cqrs)]
fn draft(_context: Context) -> Box<dyn Draft> {
    Box::new(Paper(String::new()))
}

#[provide(per_call, crate = ::cqrs)]
fn tally() -> Tally {
    Tally::default()
}

#[handler(crate = ::cqrs)]
async fn greet(
    cmd: Greet,
    style: &dyn Style,
    longest: &Longest,
    draft: &mut dyn Draft,
    tally: &mut Tally,
    events: &mut Events,
) -> Result<String, GreetError> {
    if cmd.name.is_empty() || cmd.name.len() > longest.0 {
        return Err(GreetError::Nameless);
    }
    tally.0 += 1;
    draft.write(style.greet(&cmd.name));
    events.raise(Greeted { name: cmd.name });
    Ok(format!("{} ({})", draft.text(), tally.0))
}
