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
        // What everybody calls by its last name, and what our crates show where they keep it.
        as_shown((self.name)())
            .replace("alloc::boxed::Box<", "Box<")
            .replace("alloc::sync::Arc<", "Arc<")
            .replace("alloc::string::String", "String")
    }
}

/// A type's name, in which what is ours is named where our crates show it: `cqrs_sqlite::Sqlite`, wherever that is kept.
fn as_shown(name: &str) -> String {
    let is_part_of_a_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let mut shown = String::new();
    let mut rest = name;
    while let Some(start) = rest.find(is_part_of_a_path) {
        let (before, from) = rest.split_at(start);
        let (path, after) = from.split_at(from.find(|letter| !is_part_of_a_path(letter)).unwrap_or(from.len()));
        shown.push_str(before);
        match (path.split_once("::"), path.rsplit_once("::")) {
            (Some((ours @ ("cqrs_core" | "cqrs_sqlite"), _)), Some((_, last))) => {
                shown.push_str(ours);
                shown.push_str("::");
                shown.push_str(last);
            }
            _ => shown.push_str(path),
        }
        rest = after;
    }
    shown.push_str(rest);
    shown
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

#[cfg(test)]
mod tests {
    use super::as_shown;

    #[test]
    fn what_is_ours_is_named_where_it_is_shown() {
        for (name, shown) in [
            ("cqrs_sqlite::sqlite::Sqlite", "cqrs_sqlite::Sqlite"),
            ("alloc::boxed::Box<dyn shop::Orders>", "alloc::boxed::Box<dyn shop::Orders>"),
            ("(u8, cqrs_core::store::in_memory::InMemoryStore)", "(u8, cqrs_core::InMemoryStore)"),
            ("cqrs_core_of_mine::a::B", "cqrs_core_of_mine::a::B"),
            ("()", "()"),
        ] {
            assert_eq!(as_shown(name), shown);
        }
    }
}
