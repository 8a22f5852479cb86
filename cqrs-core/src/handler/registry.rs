//! Everything that is linked into the program and declared itself.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::LazyLock;

use crate::container::provider::ProviderInfo;
use crate::handler::HandlerInfo;
use crate::message::MessageInfo;
use crate::pipeline::behavior::BehaviorInfo;
use crate::store::info::StoreInfo;

/// One declaration.
pub enum Entry {
    /// By `#[command]`, `#[query]` or `#[event]`.
    Message(fn() -> &'static MessageInfo),
    /// By `#[handler]`.
    Handler(fn() -> &'static HandlerInfo),
    /// By `#[provide]`.
    Provider(fn() -> &'static ProviderInfo),
    /// By `#[behavior]`.
    Behavior(fn() -> &'static BehaviorInfo),
    /// By a crate that has a store.
    Store(fn() -> &'static StoreInfo),
    /// By [`deny_by_default!`](crate::deny_by_default).
    DenyByDefault,
}

#[cfg(feature = "inventory")]
inventory::collect!(Entry);

/// The declarations, in an order that does not depend on the linker: by path, then file and line.
#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) messages: Vec<&'static MessageInfo>,
    pub(crate) handlers: Vec<&'static HandlerInfo>,
    pub(crate) providers: Vec<&'static ProviderInfo>,
    pub(crate) behaviors: Vec<&'static BehaviorInfo>,
    pub(crate) stores: Vec<&'static StoreInfo>,
    pub(crate) denies_by_default: bool,
    /// Handlers of contracts and events by message; the compiler knows the others.
    pub(crate) linked: HashMap<TypeId, Vec<&'static HandlerInfo>>,
}

static LINKED_IN: LazyLock<Registry> = LazyLock::new(|| {
    let mut registry = Registry::default();
    #[cfg(feature = "inventory")]
    for entry in inventory::iter::<Entry> {
        match entry {
            Entry::Message(info) => registry.messages.push(info()),
            Entry::Handler(info) => registry.handlers.push(info()),
            Entry::Provider(info) => registry.providers.push(info()),
            Entry::Behavior(info) => registry.behaviors.push(info()),
            Entry::Store(info) => registry.stores.push(info()),
            Entry::DenyByDefault => registry.denies_by_default = true,
        }
    }
    registry.stores.sort_by_key(|info| info.store.name());
    registry.messages.sort_unstable_by_key(|message| message.place);
    registry.handlers.sort_unstable_by_key(|handler| handler.place);
    registry.providers.sort_unstable_by_key(|provider| provider.place);
    for &handler in &registry.handlers {
        if !matches!(handler.route, crate::handler::Route::Static) {
            registry.linked.entry((handler.message)().type_id).or_default().push(handler);
        }
    }
    registry
});

/// What is linked in; read once for the process.
pub(crate) fn linked_in() -> &'static Registry {
    &LINKED_IN
}
