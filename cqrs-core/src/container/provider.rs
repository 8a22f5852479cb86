//! Providers: what `#[provide]` says about a function.

use std::any::Any;
use std::sync::Arc;

use crate::call::Parts;
use crate::container::{Container, Dependency, Shared};
use crate::future::BoxFuture;
use crate::handler::need::{Need, Opening};
use crate::result::fault::{BoxError, Fault, Place};
use crate::unit::Scope;

/// A provider function as a type.
pub trait Provider: Sized + 'static {
    /// The dependency's type, a trait object's too; for a provider that runs for each call what it returns.
    type Provides: ?Sized + 'static;
    /// Its `&T` parameters, as a tuple of `Arc<T>`.
    type Shared: Shared;
    /// Its parameters by value, which make it a provider for each call.
    type Parts: Parts;
}

/// A provider of a shared dependency.
pub trait ProvidesShared: Provider<Parts = ()> {
    /// Calls the function.
    fn provide(shared: Self::Shared) -> impl Future<Output = Result<Arc<Self::Provides>, BoxError>> + Send;
}

/// A provider that runs for each call.
pub trait ProvidesPerCall: Provider<Provides: Sized + Send> {
    /// Calls the function.
    fn provide(
        shared: Self::Shared,
        parts: Self::Parts,
    ) -> impl Future<Output = Result<Self::Provides, BoxError>> + Send;
}

/// A provider's declaration.
pub struct ProviderInfo {
    pub(crate) provides: Need,
    pub(crate) place: Place,
    pub(crate) needs: &'static [Need],
    pub(crate) role: Role,
}

#[derive(Clone, Copy)]
pub(crate) enum Role {
    Shared(MakeShared),
    PerCall(MakePerCall, &'static [Opening]),
}

type MakeShared = fn(&Container) -> BoxFuture<'_, Result<Box<dyn Any + Send + Sync>, Fault>>;
type MakePerCall = for<'a> fn(&'a Container, &'a mut Scope) -> BoxFuture<'a, Result<Box<dyn Any + Send>, Fault>>;

impl ProviderInfo {
    /// Of a shared dependency.
    #[must_use]
    pub const fn shared<P: ProvidesShared<Provides: Dependency>>(place: Place) -> Self {
        ProviderInfo {
            provides: Need::of::<P::Provides>(),
            place,
            needs: P::Shared::NEEDS,
            role: Role::Shared(make_shared::<P>),
        }
    }

    /// Of a value for each call.
    #[must_use]
    pub const fn per_call<P: ProvidesPerCall>(place: Place) -> Self {
        ProviderInfo {
            provides: Need::of::<P::Provides>(),
            place,
            needs: P::Shared::NEEDS,
            role: Role::PerCall(make_per_call::<P>, P::Parts::OPENINGS),
        }
    }
}

fn make_shared<P: ProvidesShared<Provides: Dependency>>(
    container: &Container,
) -> BoxFuture<'_, Result<Box<dyn Any + Send + Sync>, Fault>> {
    Box::pin(async move {
        match P::provide(P::Shared::assemble(container)?).await {
            Ok(made) => Ok(Box::new(made) as Box<dyn Any + Send + Sync>),
            Err(error) => Err(failed(error)),
        }
    })
}

fn make_per_call<'a, P: ProvidesPerCall>(
    container: &'a Container,
    scope: &'a mut Scope,
) -> BoxFuture<'a, Result<Box<dyn Any + Send>, Fault>> {
    Box::pin(async move {
        let parts = P::Parts::take(scope).await?;
        match P::provide(P::Shared::assemble(container)?, parts).await {
            Ok(made) => Ok(Box::new(made) as Box<dyn Any + Send>),
            Err(error) => Err(failed(error)),
        }
    })
}

/// A fault stays what it is; any other error makes the dependency unavailable, to be tried again.
fn failed(error: BoxError) -> Fault {
    match Fault::inside(error) {
        Ok(fault) => fault,
        Err(error) => Fault::unavailable(format!("a provider failed: {error}")).caused_by(error),
    }
}
