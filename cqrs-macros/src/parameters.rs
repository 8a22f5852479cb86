//! The parameter rule: what a parameter is, is how it is written.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{FnArg, GenericArgument, Pat, PatType, PathArguments, Type, TypeParamBound};

use crate::errors::Errors;
use crate::lifetimes::borrowed;

/// One parameter after the message.
pub(crate) struct Parameter {
    /// What the expansion calls it: the user's name where it has one.
    pub(crate) binding: Ident,
    pub(crate) takes: Takes,
}

/// What a parameter takes, with the type that it names.
pub(crate) enum Takes {
    /// `&T`, `&dyn Trait`: a dependency.
    Shared(Type),
    /// `&mut T`: a resource of the call.
    Resource(Type),
    /// `&mut dyn Trait`: a value that a provider makes for the call.
    Provided(Type),
    /// `T`: something read off the call.
    Value(Type),
}

impl Takes {
    pub(crate) fn ty(&self) -> &Type {
        match self {
            Takes::Shared(ty) | Takes::Resource(ty) | Takes::Provided(ty) | Takes::Value(ty) => ty,
        }
    }
}

/// What each parameter takes; those that nothing can be taken for are errors.
pub(crate) fn classify<'a>(
    what: &str,
    parameters: impl Iterator<Item = &'a FnArg>,
    errors: &mut Errors,
) -> Vec<Parameter> {
    let typed = parameters.filter_map(|argument| match argument {
        FnArg::Typed(parameter) => Some(parameter),
        FnArg::Receiver(_) => None,
    });
    typed.enumerate().filter_map(|(index, parameter)| one(what, index, parameter, errors)).collect()
}

fn one(what: &str, index: usize, parameter: &PatType, errors: &mut Errors) -> Option<Parameter> {
    if let Some(condition) = parameter.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")) {
        errors.at(
            condition,
            format!("a {what} has one signature: write two functions, each with its own `#[cfg]`, instead of this"),
        );
        return None;
    }
    let binding = binding(&parameter.pat, &format!("__argument_{index}"));
    let Type::Reference(reference) = strip(&parameter.ty) else {
        named(what, &parameter.ty, errors)?;
        if let Some(shared) = in_an_arc(strip(&parameter.ty)) {
            let shared = written(shared);
            errors
                .at(&parameter.ty, format!("a {what} borrows what it depends on: take `&{shared}`, without the `Arc`"));
            return None;
        }
        return Some(Parameter { binding, takes: Takes::Value((*parameter.ty).clone()) });
    };
    let target = strip(&reference.elem);
    let mutable = reference.mutability.is_some();
    named(what, target, errors)?;
    if let Type::Reference(_) = target {
        errors.at(&parameter.ty, "a reference to a reference is neither a dependency nor a resource: remove one `&`");
        return None;
    }
    if reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static") {
        errors.at(&reference.lifetime, format!("a {what} borrows for the length of the call: remove `'static`"));
        return None;
    }
    let is_trait_object = match target {
        Type::TraitObject(object) => {
            let bounds = object.bounds.iter().filter(|bound| matches!(bound, TypeParamBound::Trait(_)));
            if let Some(extra) = bounds.clone().nth(1) {
                let main = bounds.clone().next();
                errors.at(
                    extra,
                    format!(
                        "`dyn {0} + ..` is another type than `dyn {0}`: take `{1}dyn {0}`, and make the rest supertraits of `{0}`",
                        quote!(#main).to_string().replace(' ', ""),
                        if mutable { "&mut " } else { "&" },
                    ),
                );
                return None;
            }
            true
        }
        _ => false,
    };
    let target = target.clone();
    let takes = match (mutable, is_trait_object) {
        (false, _) => Takes::Shared(target),
        (true, true) => Takes::Provided(target),
        (true, false) => Takes::Resource(target),
    };
    Some(Parameter { binding, takes })
}

/// Without the parentheses that `&(dyn Trait + ..)` needs, and the groups that `macro_rules!` leaves.
fn strip(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => strip(&inner.elem),
        Type::Group(inner) => strip(&inner.elem),
        other => other,
    }
}

/// `T` of an `Arc<T>`. It is std's by its name; that one is never read off a call, since nobody can say that it is.
fn in_an_arc(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Arc")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(ty)) if arguments.args.len() == 1 => Some(ty),
        _ => None,
    }
}

/// A type as a person writes it: tokens are apart only where they would be one otherwise, or as in a list.
fn written(ty: &Type) -> String {
    let text = quote!(#ty).to_string();
    let mut written = String::new();
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let apart = match (written.chars().last(), rest.peek()) {
            (Some(before), Some(&after)) => {
                is_word(before) && is_word(after) || before == ',' || before == '+' || after == '+'
            }
            _ => false,
        };
        if letter != ' ' || apart {
            written.push(letter);
        }
    }
    written
}

/// A type that the expansion can name: concrete, and borrowing nothing.
fn named(what: &str, ty: &Type, errors: &mut Errors) -> Option<()> {
    if let Type::ImplTrait(_) = ty {
        errors.at(ty, format!("a {what} is concrete: name the type, or take `&dyn Trait`"));
        return None;
    }
    if let Type::Infer(_) = ty {
        errors.at(ty, "name the type");
        return None;
    }
    if let Some(lifetime) = borrowed(ty) {
        let lifetime = format!("'{lifetime}");
        errors.at(
            ty,
            format!("what a {what} takes is kept between calls and cannot borrow for `{lifetime}`: own it instead"),
        );
        return None;
    }
    Some(())
}

/// The user's name for a parameter, or one made up.
pub(crate) fn binding(pattern: &Pat, made_up: &str) -> Ident {
    match pattern {
        Pat::Ident(pattern) if pattern.subpat.is_none() => pattern.ident.clone(),
        _ => format_ident!("{made_up}"),
    }
}

/// The parameters of one sort: a tuple of types, and a tuple of names for it.
pub(crate) struct Tuple {
    /// Nothing for the empty tuple, which stands nowhere.
    pub(crate) types: Option<TokenStream>,
    pub(crate) names: TokenStream,
}

/// The tuple stands at what it holds, since that is where rustc says what is wrong with it.
fn tuple(of: Vec<(Span, TokenStream, &Ident)>) -> Tuple {
    let names: Vec<&Ident> = of.iter().map(|(.., name)| *name).collect();
    let types: Vec<&TokenStream> = of.iter().map(|(_, ty, _)| ty).collect();
    let types = match &of[..] {
        [(place, ..)] => Some(quote_spanned!(*place=> (#(#types,)*))),
        [(first, ..), .., (last, ..)] => {
            let open = quote_spanned!(*first=> _cqrs::Tuple<);
            let close = quote_spanned!(*last=> >);
            Some(quote!(#open (#(#types,)*) #close))
        }
        [] => None,
    };
    Tuple { types, names: quote!((#(#names,)*)) }
}

/// `&T`.
pub(crate) fn shared(parameters: &[Parameter]) -> Tuple {
    tuple(
        parameters
            .iter()
            .filter_map(|parameter| match &parameter.takes {
                Takes::Shared(ty) => Some((ty.span(), quote!(_cqrs::Arc<#ty>), &parameter.binding)),
                _ => None,
            })
            .collect(),
    )
}

/// `T`.
pub(crate) fn given(parameters: &[Parameter]) -> Tuple {
    tuple(
        parameters
            .iter()
            .filter_map(|parameter| match &parameter.takes {
                Takes::Value(ty) => Some((ty.span(), quote!(#ty), &parameter.binding)),
                _ => None,
            })
            .collect(),
    )
}

/// `&mut T`.
pub(crate) fn opened(parameters: &[Parameter]) -> Tuple {
    tuple(
        parameters
            .iter()
            .filter_map(|parameter| match &parameter.takes {
                Takes::Resource(ty) => Some((ty.span(), quote!(#ty), &parameter.binding)),
                Takes::Provided(ty) => Some((ty.span(), quote!(_cqrs::Provided<#ty>), &parameter.binding)),
                _ => None,
            })
            .collect(),
    )
}

/// What the function is called with, in its own order.
pub(crate) fn arguments(parameters: &[Parameter]) -> impl Iterator<Item = TokenStream> {
    parameters.iter().map(|Parameter { binding, takes }| match takes {
        Takes::Shared(_) => quote!(&**#binding),
        Takes::Provided(_) => quote!(&mut *#binding.0),
        Takes::Resource(_) | Takes::Value(_) => quote!(#binding),
    })
}
