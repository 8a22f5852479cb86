//! A function as `#[handler]` and `#[provide]` see it: its signature; the body stays tokens.

use proc_macro2::{Ident, TokenStream};
use quote::format_ident;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, GenericParam, Generics, Safety, Signature, Visibility};

use crate::errors::Errors;

/// A free function.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) signature: Signature,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        let signature = input.parse()?;
        input.parse::<TokenStream>()?;
        Ok(Function { attributes, signature })
    }
}

/// What is wrong with the signature of a `what` beside its parameters.
pub(crate) fn check(what: &str, signature: &Signature, errors: &mut Errors) {
    concrete(what, &signature.ident, &signature.generics, errors);
    if let Safety::Unsafe(token) = &signature.safety {
        errors.at(token, format!("a {what} is safe to call: remove `unsafe`, and put the unsafe code in a block"));
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, format!("a {what} is a Rust function: remove `extern`"));
    }
    if let Some(variadic) = &signature.variadic {
        errors.at(variadic, format!("a {what} takes a fixed list of parameters"));
    }
}

/// Lifetimes are fine, types are not: there is one handler for a message, and one provider for a type.
pub(crate) fn concrete(what: &str, ident: &Ident, generics: &Generics, errors: &mut Errors) {
    for parameter in &generics.params {
        if !matches!(parameter, GenericParam::Lifetime(_)) {
            errors.at(parameter, format!("a {what} is concrete: remove this parameter of `{ident}`"));
        }
    }
}

/// Renames a variable that is called like the function `called`, which it would hide.
pub(crate) fn unlike<'a>(called: &Ident, variables: impl Iterator<Item = &'a mut Ident>) {
    for variable in variables.filter(|variable| *variable == called) {
        *variable = format_ident!("__{}", variable.unraw(), span = variable.span());
    }
}
