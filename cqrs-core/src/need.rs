//! What a handler or a provider asks for, as constants that the registry can read without calling anything.

use std::any::TypeId;
use std::fmt;

/// A type that something asks the container for.
#[derive(Clone, Copy)]
pub struct Need {
    pub(crate) key: TypeId,
    name: fn() -> &'static str,
}

impl Need {
    /// A `T`, which may be a trait object.
    #[must_use]
    pub const fn of<T: ?Sized + 'static>() -> Self {
        Need { key: TypeId::of::<T>(), name: std::any::type_name::<T> }
    }

    /// The type's name, as it is written in source.
    #[must_use]
    pub fn name(&self) -> String {
        // What everybody calls by its last name.
        (self.name)()
            .replace("alloc::boxed::Box<", "Box<")
            .replace("alloc::sync::Arc<", "Arc<")
            .replace("alloc::string::String", "String")
    }
}

impl fmt::Debug for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// What opening a `&mut` parameter takes.
#[derive(Debug, Clone, Copy)]
pub enum Opening {
    /// Nothing: it is read off the call.
    Nothing,
    /// A buffer, which any unit of work writes.
    Buffer(Need),
    /// Part of the unit of work `unit`, which `store` opens.
    Unit {
        /// The unit of work.
        unit: Need,
        /// The dependency that opens it.
        store: Need,
    },
    /// A value made for this call by a provider.
    Provided(Need),
}

impl Opening {
    /// The opening of a part of the unit of work `U`.
    #[must_use]
    pub const fn unit<U: crate::UnitOfWork>() -> Self {
        Opening::Unit { unit: Need::of::<U>(), store: Need::of::<U::Store>() }
    }
}
