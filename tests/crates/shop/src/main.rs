//! Links what it names: not the handler of `contracts::Refund`, which is in a crate of its own.

mod program;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    program::run().await;
}
