//! [`ReadOnly`]: what a query may take.

use std::sync::Arc;

/// A dependency, or a parameter by value, through which nothing that a command owns can be changed. Whoever
/// declares the type grants this on purpose; a query's handler takes nothing else.
///
/// For a trait it is best a supertrait, for another crate's type use a newtype:
///
/// ```
/// use cqrs_core::ReadOnly;
///
/// pub trait OrderViews: ReadOnly + Send + Sync {
///     fn count(&self) -> usize;
/// }
///
/// pub struct ReadPool(std::sync::Mutex<Vec<u32>>); // hands out connections that only read
/// impl ReadOnly for ReadPool {}
/// ```
///
/// What the compiler checks is the signature: the promise that the type itself changes nothing is its owner's.
#[diagnostic::on_unimplemented(
    message = "a query cannot take `{Self}`: nothing says that it is read-only",
    label = "not `ReadOnly`",
    note = "if nothing that a command owns can be changed through `{Self}`, say so where it is declared: `impl cqrs_core::ReadOnly for {Self} {{}}`",
    note = "for a trait, make `ReadOnly` a supertrait: `trait Views: cqrs_core::ReadOnly + Send + Sync`",
    note = "for another crate's type, wrap it in a type of your own"
)]
pub trait ReadOnly {}

macro_rules! read_only {
    ($($t:ty),* $(,)?) => { $(impl ReadOnly for $t {})* };
}

read_only!(
    (),
    bool,
    char,
    str,
    String,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    f32,
    f64,
    std::time::Duration,
    crate::Context,
    crate::Principal,
    crate::Deadline,
    crate::EventMeta,
    crate::QueryBus,
);

impl<T: ?Sized + ReadOnly> ReadOnly for Arc<T> {}
impl<T: ?Sized + ReadOnly> ReadOnly for Box<T> {}
impl<T: ReadOnly> ReadOnly for Option<T> {}
impl<T: ReadOnly> ReadOnly for Vec<T> {}
impl<T: ReadOnly> ReadOnly for [T] {}
