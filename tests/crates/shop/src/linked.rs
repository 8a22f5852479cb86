//! The same program with the handler of `contracts::Refund` linked in.

mod program;

cqrs_core::link!(unnamed);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    program::run().await;
}
