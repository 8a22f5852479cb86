//! Panics that a test wants.

use std::sync::{Mutex, Once};

static EXPECTED: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

/// From now on panics with one of these words print nothing; every other does.
pub fn expect_panics(words: &[&'static str]) {
    static HOOK: Once = Once::new();
    EXPECTED.lock().unwrap().extend(words);
    HOOK.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let text = panic.to_string();
            if !EXPECTED.lock().unwrap().iter().any(|words| text.contains(words)) {
                print(panic);
            }
        }));
    });
}
