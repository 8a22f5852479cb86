//! What a bus that has a store needs of the runtime that it is started on.

use cqrs_core::{Bus, InMemoryStore, StartError};
use tests::quiet::expect_panics;

/// Otherwise it would look started, and deliver nothing.
#[test]
fn without_a_timer_it_does_not_start_and_says_so() {
    expect_panics(&["timers are disabled"]);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let bus = Bus::builder().store(InMemoryStore::default()).build();
    let refused = runtime.block_on(bus.start()).unwrap_err();
    assert!(matches!(refused, StartError::Store(_)), "{refused}");
    let text = refused.to_string();
    assert!(text.contains("a bus that has a store needs a tokio runtime with its timer enabled"), "{text}");
    // What `main` prints of an error that it returns is for a person too, and says everything once.
    assert_eq!(format!("{refused:?}"), text);
}
