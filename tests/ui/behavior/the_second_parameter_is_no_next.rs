use cqrs_core::{Call, Context, Outcome, behavior};

#[behavior(order = 10)]
async fn audit(_call: &Call<'_>, _context: Context) -> Outcome {
    Outcome::output(())
}

fn main() {}
