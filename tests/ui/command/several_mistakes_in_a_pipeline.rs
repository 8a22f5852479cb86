use cqrs_core::{Invalid, Validate, command};

#[command(
    authorize = "orders write",
    validat,
    timeout = 5,
    retry(0, on = panic, backoff = "soon"),
    cache(ttl = "30s"),
)]
struct Place;

impl Validate for Place {
    fn validate(&self) -> Result<(), Invalid> {
        Ok(())
    }
}

fn main() {}
