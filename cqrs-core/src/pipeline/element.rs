//! A message's pipeline as the catalog shows it.

use crate::message::MessageInfo;
use crate::pipeline::access::Access;
use crate::pipeline::behavior::Behaviors;
use crate::pipeline::declared::Pipeline;
use crate::result::fault::Place;

/// One element around a message's handler.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PipelineElement {
    /// Which: `authorize`, `public`, `cache`, `idempotent`, `validate`, `timeout`, `retry` or `behavior`.
    pub element: &'static str,
    /// What it was declared with.
    pub detail: String,
    /// Where it was declared.
    pub place: Place,
}

/// All of them, in their order.
pub(crate) fn elements(message: &MessageInfo, behaviors: &Behaviors) -> Vec<PipelineElement> {
    let mut elements = declared(&message.pipeline);
    elements.extend(behaviors.around(message).map(|behavior| PipelineElement {
        element: "behavior",
        detail: format!("order {}", behavior.order),
        place: behavior.place,
    }));
    elements
}

fn declared(pipeline: &Pipeline) -> Vec<PipelineElement> {
    let mut elements = Vec::new();
    let mut add = |element, detail, place| elements.push(PipelineElement { element, detail, place });
    if let Some(access) = &pipeline.access {
        match &access.what {
            Access::Undeclared => {}
            Access::Public => add("public", String::new(), access.place),
            Access::Scope(scope) => add("authorize", format!("the scope {scope:?}"), access.place),
            Access::Policy(policy) => add("authorize", format!("the policy `{}`", policy.name), access.place),
        }
    }
    #[cfg(feature = "cache")]
    if let Some(cache) = &pipeline.cache {
        add("cache", cached(&cache.what), cache.place);
    }
    if let Some(idempotent) = &pipeline.idempotent {
        add("idempotent", String::new(), idempotent.place);
    }
    if let Some(validate) = &pipeline.validate {
        add("validate", String::new(), validate.place);
    }
    if let Some(timeout) = &pipeline.timeout {
        add("timeout", format!("{:?}", timeout.what), timeout.place);
    }
    if let Some(retry) = &pipeline.retry {
        let on: Vec<_> = retry.what.on.iter().map(|kind| kind.as_str()).collect();
        let detail = format!("{} times on {}, first after {:?}", retry.what.times, on.join(" or "), retry.what.backoff);
        add("retry", detail, retry.place);
    }
    elements
}

#[cfg(feature = "cache")]
fn cached(cache: &crate::pipeline::cache::Cache) -> String {
    let whose = if cache.shared { "for everybody" } else { "for each tenant and principal" };
    let mut text = format!("{:?}, {} answers, {whose}", cache.ttl, cache.capacity);
    if !cache.invalidated_by.is_empty() {
        let events: Vec<_> = cache.invalidated_by.iter().map(|event| event().name).collect();
        text.push_str(&format!(", until {}", events.join(" or ")));
    }
    text
}
