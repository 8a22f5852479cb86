//! The smallest application there is: a command, its handler, an event, and whoever listens to it.

use cqrs_core::{Bus, Events, command, event, handler};

/// Greets somebody, once.
#[command(output = String, error = Nameless)]
struct Greet {
    name: String,
}

/// Somebody was greeted.
#[event(transient)]
#[derive(Clone)]
struct Greeted {
    name: String,
}

/// Nobody to greet.
#[derive(Debug, thiserror::Error)]
#[error("a greeting needs a name")]
struct Nameless;

#[handler]
async fn greet(cmd: Greet, events: &mut Events) -> Result<String, Nameless> {
    if cmd.name.is_empty() {
        return Err(Nameless);
    }
    let greeting = format!("hello {}", cmd.name);
    events.raise(Greeted { name: cmd.name });
    Ok(greeting)
}

#[handler]
async fn remember(event: Greeted) {
    println!("{} was greeted", event.name);
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let started = Bus::global().start().await?;
    println!("{}", Bus::global().execute(Greet { name: "Ada".into() }).await?);
    match Bus::global().execute(Greet { name: String::new() }).await {
        Err(error) => println!("refused: {error}"),
        Ok(greeting) => println!("{greeting}"),
    }
    started.shutdown().await;
    Ok(())
}
