//! `authorize = path::to::policy`: a function that says who may send a message.

use std::any::Any;
use std::future::Future;

use crate::call::principal::Principal;
use crate::container::{Container, Dependency};
use crate::future::BoxFuture;
use crate::handler::need::Need;
use crate::pipeline::access::Refusal;
use crate::result::fault::{BoxError, Fault};

/// What a policy is asked.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    who: &'a Principal,
    message: &'a (dyn Any + Send + Sync),
    container: &'a Container,
}

/// A policy without its type.
pub struct PolicyInfo {
    pub(crate) name: &'static str,
    pub(crate) needs: &'static [Need],
    ask: AskFn,
}

type AskFn = for<'a> fn(Question<'a>) -> Asked<'a>;

/// What a policy will say.
type Asked<'a> = BoxFuture<'a, Result<(), Refusal>>;

impl PolicyInfo {
    /// Of the function of this name, which `ask` calls.
    #[must_use]
    pub const fn new(name: &'static str, needs: &'static [Need], ask: AskFn) -> Self {
        PolicyInfo { name, needs, ask }
    }

    pub(crate) fn ask<'a>(
        &self,
        who: &'a Principal,
        message: &'a (dyn Any + Send + Sync),
        container: &'a Container,
    ) -> Asked<'a> {
        (self.ask)(Question { who, message, container })
    }
}

/// What a policy takes beside the principal and the message.
pub const fn needs_of<C, Shape, P: Policy<C, Shape>>(_: &P) -> &'static [Need] {
    P::NEEDS
}

/// Asks a policy about a `C`.
pub fn ask<'a, C: 'static, Shape, P: Policy<C, Shape>>(policy: P, question: Question<'a>) -> Asked<'a> {
    match question.message.downcast_ref::<C>() {
        Some(message) => policy.ask(question.who, message, question.container),
        None => Box::pin(async { Err(Fault::internal("a policy is asked about another message").into()) }),
    }
}

/// A function that says who may send a `C`: `fn(&Principal, &C, &Dependency, ..)`, also `async`. `Shape` is the list of
/// its dependencies, and whether it is `async`.
#[diagnostic::on_unimplemented(
    message = "this cannot say who may send `{C}`",
    label = "not a policy for `{C}`",
    note = "a policy is `fn(who: &Principal, message: &{C}) -> bool`, with up to four shared dependencies as further `&T`, and nothing else; it may be `async`, if its future is `Send`",
    note = "a trait object among them is written `&(dyn Trait + 'static)`: a bare `&dyn Trait` is another type here",
    note = "it returns `bool`, `Result<(), E>` where `E` is the reason, a text or an error, or `Result<bool, Fault>`"
)]
pub trait Policy<C, Shape>: Copy + Send + Sync + 'static {
    /// Its dependencies.
    const NEEDS: &'static [Need];
    /// Asks it.
    fn ask<'a>(self, who: &'a Principal, message: &'a C, container: &'a Container) -> Asked<'a>;
}

/// What a policy returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say whether a caller may",
    label = "not the answer of a policy",
    note = "a policy returns `bool`, `Result<(), E>` where `E` is the reason, a text or an error, or `Result<bool, Fault>`"
)]
pub trait Decision {
    /// Yes, or why not.
    fn decide(self) -> Result<(), Refusal>;
}

impl Decision for bool {
    fn decide(self) -> Result<(), Refusal> {
        if self { Ok(()) } else { Err(Refusal::Denied("the policy said no".into())) }
    }
}

/// An error that is, or holds, a fault is one; any other is the reason.
impl<E: Into<BoxError>> Decision for Result<(), E> {
    fn decide(self) -> Result<(), Refusal> {
        self.map_err(|error| match Fault::inside(error.into()) {
            Ok(fault) => Refusal::Fault(fault),
            Err(reason) => Refusal::Denied(reason),
        })
    }
}

impl Decision for Result<bool, Fault> {
    fn decide(self) -> Result<(), Refusal> {
        self?.decide()
    }
}

/// The shape of a `fn`.
pub struct AtOnce<Dependencies>(std::marker::PhantomData<Dependencies>);

/// The shape of an `async fn`.
pub struct Awaited<Dependencies>(std::marker::PhantomData<Dependencies>);

macro_rules! policies {
    ($asks:ident: $($t:ident)*) => {
        impl<C, Policy_, Answer, $($t: ?Sized + Dependency),*> Policy<C, AtOnce<($(fn(&$t),)*)>> for Policy_
        where
            C: Sync + 'static,
            Policy_: Fn(&Principal, &C $(, &$t)*) -> Answer + Copy + Send + Sync + 'static,
            Answer: Decision,
        {
            const NEEDS: &'static [Need] = &[$(Need::of::<$t>()),*];

            #[allow(unused_variables, non_snake_case, reason = "dependencies are named like their types, and may be none")]
            fn ask<'a>(self, who: &'a Principal, message: &'a C, container: &'a Container) -> Asked<'a> {
                Box::pin(async move {
                    $(let $t = container.ready::<$t>()?;)*
                    self(who, message $(, &$t)*).decide()
                })
            }
        }

        /// A function whose future borrows what it takes.
        pub trait $asks<'a, C: 'a, $($t: ?Sized + 'a),*>: Fn(&'a Principal, &'a C $(, &'a $t)*) -> Self::Asked {
            /// What it returns.
            type Asked: Future<Output: Decision> + Send;
        }

        impl<'a, C: 'a, Policy_, Asked, $($t: ?Sized + 'a),*> $asks<'a, C, $($t),*> for Policy_
        where
            Policy_: Fn(&'a Principal, &'a C $(, &'a $t)*) -> Asked,
            Asked: Future<Output: Decision> + Send,
        {
            type Asked = Asked;
        }

        impl<C, Policy_, $($t: ?Sized + Dependency),*> Policy<C, Awaited<($(fn(&$t),)*)>> for Policy_
        where
            C: Sync + 'static,
            Policy_: for<'x> $asks<'x, C, $($t),*> + Copy + Send + Sync + 'static,
        {
            const NEEDS: &'static [Need] = &[$(Need::of::<$t>()),*];

            #[allow(unused_variables, non_snake_case, reason = "dependencies are named like their types, and may be none")]
            fn ask<'a>(self, who: &'a Principal, message: &'a C, container: &'a Container) -> Asked<'a> {
                Box::pin(async move {
                    $(let $t = container.ready::<$t>()?;)*
                    self(who, message $(, &$t)*).await.decide()
                })
            }
        }
    };
}
policies!(AsksNobody:);
policies!(AsksOne: A);
policies!(AsksTwo: A B);
policies!(AsksThree: A B D);
policies!(AsksFour: A B D E);
