//! Options before the await, the same for every sort of call.

/// The option methods of a builder that keeps them in `self.$($place).+: Option<Arc<Options>>`.
macro_rules! methods {
    ($($place:ident).+) => {
        /// On whose behalf. A nested call inherits it.
        pub fn by(mut self, principal: $crate::Principal) -> Self {
            self.options_mut().principal = Some(principal);
            self
        }

        /// For which of several customers of one application. A nested call inherits it.
        pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
            self.options_mut().tenant = Some(tenant.into().into());
            self
        }

        /// The time the call has. When it passes before a commit has begun, the call is rolled back and ends in
        /// a fault of kind [`Timeout`](crate::FaultKind::Timeout); a `fn` handler is not interrupted. A nested
        /// call has the time that is left. Needs a tokio runtime with its timer.
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.options_mut().timeout = Some(timeout);
            self
        }

        /// The call's own id, where the caller has to know it before the call: a command that got no answer is looked up
        /// by it, with [`Bus::command_status`](crate::Bus::command_status).
        pub fn message_id(mut self, id: $crate::MessageId) -> Self {
            self.options_mut().message_id = Some(id);
            self
        }

        /// The caller's key for this call, which a nested call does not inherit. A command that is declared
        /// `idempotent` is carried out once for each key of a caller; what others do with it is up to their handlers.
        pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
            self.options_mut().idempotency_key = Some(key.into().into());
            self
        }

        /// While another call with the same idempotency key runs, this one is refused with a fault of kind
        /// [`StillRunning`](crate::FaultKind::StillRunning) instead of waiting for the other's outcome.
        pub fn refuse_if_running(mut self) -> Self {
            self.options_mut().refuse_if_running = true;
            self
        }

        /// What the call belongs to, instead of its own id. A nested call inherits it.
        pub fn correlation(mut self, id: impl Into<$crate::CorrelationId>) -> Self {
            self.options_mut().correlation = Some(id.into());
            self
        }

        /// Where the caller stands in a distributed trace: what its `traceparent` said. A nested call inherits it, and
        /// so does what the bus delivers because of the call.
        pub fn trace_context(mut self, trace_context: $crate::TraceContext) -> Self {
            self.options_mut().trace_context = Some(std::sync::Arc::new(trace_context));
            self
        }

        /// What the call follows from, where that is not the call it is made in.
        pub fn causation(mut self, id: $crate::MessageId) -> Self {
            self.options_mut().causation = Some(id);
            self
        }

        /// Anything else to give along. A nested call inherits it.
        pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.options_mut().metadata.insert(name.into(), value.into());
            self
        }

        #[allow(dead_code, reason = "not every sort of call is made by the bus itself")]
        pub(crate) fn with(mut self, options: Option<std::sync::Arc<$crate::call::context::Options>>) -> Self {
            self.$($place).+ = options;
            self
        }

        fn options_mut(&mut self) -> &mut $crate::call::context::Options {
            std::sync::Arc::make_mut(self.$($place).+.get_or_insert_default())
        }
    };
}

pub(crate) use methods;
