//! Who calls: [`Principal`].

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Who calls: a name and what it may do. A handler that takes one by value is a fault for a caller without.
///
/// ```
/// use cqrs_core::Principal;
///
/// let ada = Principal::new("ada").with_scope("orders:write");
/// assert!(ada.has_scope("orders:write") && !ada.has_scope("orders:read"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Principal(Arc<Who>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Who {
    id: String,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    scopes: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    system: bool,
}

impl Principal {
    /// A caller from outside, without any scope.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Principal(Arc::new(Who { id: id.into(), scopes: BTreeSet::new(), system: false }))
    }

    /// The application itself, acting as `name`: a subscription, a scheduled task.
    #[must_use]
    pub fn system(name: impl Into<String>) -> Self {
        Principal(Arc::new(Who { id: name.into(), scopes: BTreeSet::new(), system: true }))
    }

    /// The same caller with one more scope.
    #[must_use]
    pub fn with_scope(mut self, scope: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).scopes.insert(scope.into());
        self
    }

    /// The same caller with these scopes too, such as those of a token.
    ///
    /// ```
    /// use cqrs_core::Principal;
    ///
    /// let ada = Principal::new("ada").with_scopes("orders:write orders:read".split(' '));
    /// assert_eq!(ada.scopes().collect::<Vec<_>>(), ["orders:read", "orders:write"]);
    /// ```
    #[must_use]
    pub fn with_scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Arc::make_mut(&mut self.0).scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// The caller's name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Whether the caller has this scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.0.scopes.contains(scope)
    }

    /// What the caller may do, in the order of the alphabet.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.0.scopes.iter().map(String::as_str)
    }

    /// Whether it is the application itself.
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.0.system
    }
}
