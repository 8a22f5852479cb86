//! The code in `expand/` is Rust that compiles, as it is written and as it is expanded.

/// Each shape twice, as two modules.
macro_rules! shapes {
    ($($shape:ident),* $(,)?) => {
        #[allow(dead_code, unreachable_pub, reason = "these are looked at, not called")]
        mod written {
            $(mod $shape { include!(concat!("../expand/", stringify!($shape), ".rs")); })*
        }

        #[allow(dead_code, unreachable_pub, unused_imports, reason = "these are looked at, not called")]
        #[allow(clippy::all, reason = "clippy does not look at what a macro makes")]
        mod expanded {
            $(mod $shape { include!(concat!("../expand/", stringify!($shape), ".expanded.rs")); })*
        }
    };
}

include!("../expand/shapes.in");

/// They say the same: each message, handler, provider and what goes around a handler is in the catalog from each of the
/// modules.
#[cfg(feature = "inventory")]
#[test]
fn what_is_written_and_what_is_expanded_register_the_same() {
    let catalog = cqrs_core::Bus::builder().build().catalog();
    let messages = catalog.messages.iter().map(|message| message.place.path);
    let handlers = catalog.messages.iter().flat_map(|message| &message.handlers).map(|handler| handler.place.path);
    let providers = catalog.providers.iter().map(|provider| provider.place.path);
    let around = catalog.messages.iter().flat_map(|message| &message.pipeline).map(|element| element.place.path);
    let mut paths: Vec<_> = messages.chain(handlers).chain(providers).chain(around).collect();
    paths.sort_unstable();
    let below = |module: &str| -> Vec<_> {
        let module = format!("expand_compiles::{module}::");
        paths.iter().filter_map(|path| path.strip_prefix(&module)).collect()
    };
    assert!(below("written").len() > 20, "{paths:?}");
    assert_eq!(below("written"), below("expanded"));
}
