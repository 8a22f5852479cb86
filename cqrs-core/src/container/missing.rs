//! What to say of something that nothing provides: its name, and the cure that fits.

use std::any::TypeId;

use crate::container::Container;
use crate::handler::need::Need;
use crate::handler::registry;
use crate::pipeline::in_memory_ledger::InMemoryLedger;
use crate::pipeline::ledger::Ledger;

/// The cure for what stands in a crate that nobody names. Without the registry no crate registers anything.
pub(crate) const UNLINKED: &str = if cfg!(feature = "inventory") {
    "; if it is in a crate that this program names nowhere, that crate is not linked in, and \
     `cqrs_core::link!(the_crate);` in the program is the cure"
} else {
    ""
};

/// A `&T` that is not there.
pub(crate) fn shared(container: &Container, need: &Need) -> String {
    if need.key == TypeId::of::<crate::Bus>() {
        return "a handler takes no `&Bus`: a query nested in it takes `bus: QueryBus` by value, a command \
                `bus: CommandBus`"
            .to_owned();
    }
    if need.key == TypeId::of::<dyn Ledger>() {
        let mut text = String::from(
            "an `idempotent` command keeps its outcomes in a ledger, and there is none: a store has one, so give the \
             builder yours with `.store(..)`, or write a `#[provide]` function that returns it; without a store, keep \
             them in memory with \
             `.provide_dyn::<dyn Ledger>(Arc::new(InMemoryLedger::new(capacity, time_to_live)))`",
        );
        if container.shared().any(|other| other.key == TypeId::of::<InMemoryLedger>()) {
            text.push_str("; `InMemoryLedger` is provided, but that is another type than `dyn Ledger`");
        }
        return text;
    }
    let name = need.name();
    if let Some(text) = of_a_store(need, &name) {
        return text;
    }
    if let Some(inner) = behind(&name) {
        return match container.shared().any(|other| other.name() == inner) {
            true => format!("nothing provides `&{name}`: take it as `&{inner}`, which is provided"),
            false => format!(
                "nothing provides `&{name}`: take it as `&{inner}`, and write `#[provide] fn ..() -> {name} {{ .. }}`{UNLINKED}"
            ),
        };
    }
    let made = if name.starts_with("dyn ") { format!("Arc<{name}>") } else { name.clone() };
    let mut text =
        format!("nothing provides `&{name}`: write `#[provide] fn ..() -> {made} {{ .. }}`, or give it to the builder");
    let mut near: Vec<String> =
        container.shared().map(|other| other.name()).filter(|other| is_near(&name, other)).collect();
    near.sort_unstable();
    for other in &near {
        text.push_str(&format!("; `{other}` is provided, but that is another type"));
    }
    let boxed = format!("Box<{name}>");
    if container.made_per_call().map(|made| made.name()).any(|made| made == name || made == boxed) {
        text.push_str(&format!("; it is provided for each call, so take it as `&mut {name}`"));
    } else if near.is_empty() {
        text.push_str(UNLINKED);
    }
    text
}

/// What a `&mut T` or `&mut dyn Trait` opens and nothing makes.
pub(crate) fn per_call(need: &Need) -> String {
    let name = need.name();
    format!(
        "nothing provides `{name}` for one call: write `#[provide(per_call)] fn ..() -> {name} {{ .. }}`, or give it to \
         the builder with `provide_call`{UNLINKED}"
    )
}

/// What a store is, or what a bus has that has the store: the store is what is not there.
fn of_a_store(need: &Need, name: &str) -> Option<String> {
    let stores = &registry::linked_in().stores;
    let (store, comes_with_it) = match stores.iter().find(|store| store.store.key == need.key) {
        Some(store) => (store, false),
        None => (stores.iter().find(|store| store.providers().any(|made| made.provides.key == need.key))?, true),
    };
    let store = store.store.name();
    let what = match comes_with_it {
        true => format!("`&{name}`, which a bus has with the store `{store}`"),
        false => format!("the store `{store}`"),
    };
    Some(format!(
        "nothing provides {what}: give the store to the builder with `.store(..)`, or write `#[provide] fn ..() -> \
         {store} {{ .. }}`{UNLINKED}"
    ))
}

/// `T` of an `Arc<T>` or a `Box<T>`.
fn behind(name: &str) -> Option<&str> {
    name.strip_prefix("Arc<").or(name.strip_prefix("Box<"))?.strip_suffix('>')
}

/// Whether two names are one trait with other auto traits, or one type behind another pointer.
fn is_near(name: &str, other: &str) -> bool {
    fn core(name: &str) -> &str {
        let name = name.trim_start_matches("Arc<").trim_start_matches("Box<");
        let name = name.trim_start_matches("dyn ").trim_end_matches('>');
        name.split(" + ").next().unwrap_or(name)
    }
    name != other && core(name) == core(other)
}

#[cfg(test)]
mod tests {
    use super::is_near;

    #[test]
    fn a_trait_with_other_auto_traits_or_behind_a_pointer_is_near() {
        assert!(is_near("dyn a::Mailer", "dyn a::Mailer + core::marker::Send"));
        assert!(is_near("a::Pool", "Arc<a::Pool>"));
        assert!(!is_near("a::Pool", "a::Pool"));
        assert!(!is_near("a::Pool", "b::Pool"));
    }
}
