//! How a bus makes ready what a message's handler needs, once, and where it keeps that.

use crate::bus::Bus;
use crate::call::begin::Wired;
use crate::future::BoxFuture;
use crate::handler::need::Need;
use crate::handler::registry;
use crate::handler::{HandlerInfo, LinkFn, Route};
use crate::message::{MessageInfo, MessageKind};
use crate::pipeline::around::Recipe;
use crate::result::fault::Fault;

impl Bus {
    /// Makes ready what a handler needs and keeps it for the message.
    pub(crate) fn wire(
        &self,
        recipe: &'static Recipe,
        handler: &'static HandlerInfo,
        assemble: LinkFn,
    ) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            let wired = match self.prepare((recipe.message)(), handler.needs).await {
                Ok(()) => assemble(self.container()),
                Err(fault) => Err(fault),
            };
            self.keep(recipe, handler, wired.map_err(|fault| fault.at(handler.site()))?);
            Ok(())
        })
    }

    /// Makes ready what a message's handler and everything around it need.
    async fn prepare(&self, message: &'static MessageInfo, needs: &'static [Need]) -> Result<(), Fault> {
        if self.denies(message) {
            return Err(Fault::wiring(crate::bus::verify::undeclared(message)));
        }
        let behaviors = self.behaviors().around(message).map(|behavior| behavior.needs);
        for needs in [needs].into_iter().chain(message.pipeline.needs()).chain(behaviors) {
            self.container().prepare(self, needs).await?;
        }
        Ok(())
    }

    /// Of two calls that wire at once, one is first; both made the same.
    fn keep(&self, recipe: &'static Recipe, handler: &'static HandlerInfo, wired: Wired) {
        let message = (recipe.message)();
        // What is written into an audit trail is so whatever comes of it: there is more around it than it declares.
        let is_kept = message.kind == MessageKind::Command && self.has_store();
        let layered = recipe.layered || is_kept || self.behaviors().around(message).next().is_some();
        let (table, wired) = match layered {
            true => (self.layered(), recipe.inside(handler, wired)),
            false => (self.table(), wired),
        };
        table.cell(message.slot.index()).get_or_init(|| wired);
    }

    /// [`wire`](Bus::wire) for a contract, whose handler is in the registry or was put into the builder.
    pub(crate) fn link(&self, recipe: &'static Recipe) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            let message = (recipe.message)();
            if let Some(closure) = self.closure(message) {
                let prepared = self.prepare(message, &[]).await;
                prepared.map_err(|fault| fault.at(message.by_hand.site()))?;
                self.keep(recipe, &message.by_hand, closure.clone());
                return Ok(());
            }
            let handlers = registry::linked_in().linked.get(&message.type_id);
            match handlers.map(Vec::as_slice) {
                Some([handler]) => match handler.route {
                    Route::Contract(link) => self.wire(recipe, handler, link).await,
                    _ => Err(Fault::internal("a contract's handler is registered as something else")),
                },
                Some([_, _, ..]) => {
                    Err(Fault::wiring(crate::bus::verify::second_handler(message, handlers.into_iter().flatten())))
                }
                _ => Err(Fault::wiring(crate::bus::verify::no_handler(message))),
            }
        })
    }

    /// The handler of a contract, as far as it is known before anything is wired.
    pub(crate) fn linked_handler(&self, message: &'static MessageInfo) -> &'static HandlerInfo {
        match registry::linked_in().linked.get(&message.type_id).map(Vec::as_slice) {
            Some([handler]) if !self.stands_in(message) => handler,
            _ => &message.by_hand,
        }
    }
}
