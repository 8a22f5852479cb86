//! Applications on cqrs-core: `users`.
