//! Publishing: a call whose only resource is [`Events`](crate::Events).

use std::future::IntoFuture;
use std::sync::Arc;

use crate::bus::Bus;
use crate::call::ambient::{Phase, Running};
use crate::call::context::Options;
use crate::call::observe::{self, Observation};
use crate::call::task::Task;
use crate::call::{self, Call, Parent};
use crate::future::BoxFuture;
use crate::result::fault::Fault;
use crate::unit::Scope;
use crate::unit::events::Raised;

/// A publication that has not begun: options, and then `.await`.
///
/// Returned by [`Bus::publish`].
#[must_use = "nothing happens until it is awaited"]
pub struct Publish<'a> {
    pub(crate) bus: &'a Bus,
    pub(crate) from: Option<&'a Parent>,
    pub(crate) raised: Raised,
    pub(crate) options: Option<Arc<Options>>,
}

impl Publish<'_> {
    crate::call::options::methods!(options);
}

impl<'a> IntoFuture for Publish<'a> {
    type Output = Result<(), Fault>;
    type IntoFuture = BoxFuture<'a, Result<(), Fault>>;

    fn into_future(mut self) -> Self::IntoFuture {
        if !observe::is_on() {
            return Box::pin(self.publish());
        }
        let options = Arc::make_mut(self.options.get_or_insert_default());
        let observation = Observation::begin(&self.raised.info.by_hand, options, self.from);
        Box::pin(observation.watch(Box::pin(self.publish()), observe::tell_publication))
    }
}

impl Publish<'_> {
    async fn publish(self) -> Result<(), Fault> {
        let Publish { bus, from, raised, options } = self;
        let task = {
            let running = Running { handler: &raised.info.by_hand, phase: Phase::Open };
            let context = match call::is_plain(bus, from, options.as_ref()) {
                true => None,
                false => Some(call::admit(bus, from, options, running)?),
            };
            let call = Call::new(bus, running, context);
            let mut scope = Scope::new(&call);
            Task::spawn(call, |answer| {
                Box::pin(async move {
                    scope.publish(raised);
                    answer.give(scope.commit().await);
                })
            })?
        };
        task.await
    }
}
