//! What a call comes to: an output, a rejection or a fault, and what a client is told of it.

pub(crate) mod dispatch_error;
pub(crate) mod fault;
pub(crate) mod operation_result;
pub(crate) mod problem;
