//! `#[derive(Problem)]` on an error: what a client is told, and which variant is a fault.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, LitInt, LitStr, Type, Variant};

use crate::attributes::Attributes;
use crate::documentation;
use crate::errors::Errors;
use crate::expand::hidden;

/// What `#[problem(..)]` says of an enum or of a variant.
#[derive(Default)]
struct Told {
    status: Option<u16>,
    uri: Option<LitStr>,
    title: Option<LitStr>,
}

/// Of an error that says nothing else: the message was understood and refused.
const STATUS: u16 = 422;

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let input = match syn::parse2::<DeriveInput>(item) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let code = read(&input, &mut errors);
    let code = if errors.is_empty() { code } else { stub(&input) };
    let errors = errors.into_tokens();
    quote!(#errors #code)
}

/// For an error that is wrong in itself: whoever tells it to a client has no error of their own.
fn stub(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    let (parameters, arguments, bounds) = input.generics.split_for_impl();
    hidden(
        &Attributes::of(&input.attrs),
        alias(&input.attrs),
        quote! {
            impl #parameters _cqrs::IntoProblem for #ident #arguments #bounds {
                fn into_problem(self) -> _cqrs::Problem { _cqrs::never() }
            }
        },
    )
}

fn read(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    let alias = alias(&input.attrs);
    let whole = told(&input.attrs, errors);
    let ident = &input.ident;
    if !input.generics.params.is_empty() {
        errors.at(&input.generics.params, "an error that is told to clients is concrete: remove the parameters");
        return TokenStream::new();
    }
    if let Some(attribute) = is_fault(&input.attrs) {
        errors.at(
            attribute,
            "`#[fault]` goes on the variant that holds the fault: make this an enum, or use `Fault` as the error",
        );
    }
    let mut fault: Option<&Variant> = None;
    let mut kinds: Vec<TokenStream> = Vec::new();
    let arms: Vec<TokenStream> = match &input.data {
        Data::Enum(data) => data
            .variants
            .iter()
            .map(|variant| {
                let told = told(&variant.attrs, errors);
                for field in &variant.fields {
                    no_attributes(&field.attrs, errors);
                }
                let name = &variant.ident;
                if let Some(attribute) = is_fault(&variant.attrs) {
                    check_fault(variant, attribute, &mut fault, errors);
                    return quote!(Self::#name(__fault) => _cqrs::IntoProblem::into_problem(__fault),);
                }
                kinds.push(kind(&variant.attrs, &whole, &told));
                let problem = problem(&whole, &told);
                quote!(Self::#name { .. } => #problem,)
            })
            .collect(),
        Data::Struct(data) => {
            for field in &data.fields {
                no_attributes(&field.attrs, errors);
            }
            kinds.push(kind(&input.attrs, &whole, &Told::default()));
            let problem = problem(&whole, &Told::default());
            vec![quote!(Self { .. } => #problem,)]
        }
        Data::Union(data) => {
            errors.at(data.union_token, "`#[derive(Problem)]` goes on an enum or a struct, and this is a union");
            return TokenStream::new();
        }
    };
    let carries = fault.map(|variant| carries(ident, variant));
    hidden(
        &Attributes::of(&input.attrs),
        alias,
        quote! {
            #[automatically_derived]
            impl _cqrs::IntoProblem for #ident {
                fn into_problem(self) -> _cqrs::Problem {
                    let __detail = _cqrs::ToString::to_string(&self);
                    match self { #(#arms)* }
                }
                fn problems() -> _cqrs::Option<&'static [_cqrs::ProblemKind]> {
                    _cqrs::Option::Some(&[#(#kinds),*])
                }
            }
            #carries
        },
    )
}

fn problem(whole: &Told, told: &Told) -> TokenStream {
    let status = told.status.or(whole.status).unwrap_or(STATUS);
    let uri = told.uri.as_ref().or(whole.uri.as_ref()).map(|uri| quote!(.with_type(#uri)));
    let title = told.title.as_ref().or(whole.title.as_ref()).map(|title| quote!(.with_title(#title)));
    quote!(_cqrs::Problem::new(#status, __detail) #uri #title)
}

/// What is known of a variant before it happens.
fn kind(attributes: &[Attribute], whole: &Told, told: &Told) -> TokenStream {
    let status = told.status.or(whole.status).unwrap_or(STATUS);
    let blank = LitStr::new("about:blank", proc_macro2::Span::call_site());
    let uri = told.uri.as_ref().or(whole.uri.as_ref()).unwrap_or(&blank);
    let description = documentation::of(attributes);
    quote!(_cqrs::ProblemKind { status: #status, kind: #uri, description: #description })
}

/// The bus lifts the variant out; `?` puts faults, and nested calls that cannot be rejected, into it.
fn carries(ident: &syn::Ident, variant: &Variant) -> TokenStream {
    let name = &variant.ident;
    let has_from =
        variant.fields.iter().flat_map(|field| &field.attrs).any(|attribute| attribute.path().is_ident("from"));
    let from_fault = (!has_from).then(|| {
        quote! {
            #[automatically_derived]
            impl _cqrs::From<_cqrs::Fault> for #ident {
                fn from(__fault: _cqrs::Fault) -> Self { Self::#name(__fault) }
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl _cqrs::CarriesFault for #ident {
            fn lift(self) -> _cqrs::Result<Self, _cqrs::Fault> {
                match self {
                    Self::#name(__fault) => _cqrs::Result::Err(__fault),
                    #[allow(unreachable_patterns)]
                    __error => _cqrs::Result::Ok(__error),
                }
            }
        }
        #from_fault
        #[automatically_derived]
        impl<__E> _cqrs::From<_cqrs::DispatchError<__E>> for #ident
        where
            _cqrs::Fault: _cqrs::From<_cqrs::DispatchError<__E>>,
        {
            fn from(__error: _cqrs::DispatchError<__E>) -> Self { Self::#name(_cqrs::From::from(__error)) }
        }
    }
}

/// A field has neither `#[fault]` nor `#[problem]`.
fn no_attributes(attributes: &[Attribute], errors: &mut Errors) {
    for attribute in attributes.iter().filter(|it| it.path().is_ident("fault") || it.path().is_ident("problem")) {
        errors.at(attribute, "this goes on the variant, or on the type, and not on a field");
    }
}

fn is_fault(attributes: &[Attribute]) -> Option<&Attribute> {
    attributes.iter().find(|attribute| attribute.path().is_ident("fault"))
}

fn check_fault<'a>(variant: &'a Variant, attribute: &Attribute, fault: &mut Option<&'a Variant>, errors: &mut Errors) {
    if let Some(first) = fault {
        errors.at(attribute, format!("an error has one `#[fault]` variant, and `{}` is it already", first.ident));
    }
    let alone = match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => &fields.unnamed[0],
        _ => {
            let text = format!("a `#[fault]` variant holds the fault alone: `{}(Fault)`", variant.ident);
            match variant.fields {
                Fields::Unit => errors.at(&variant.ident, text),
                _ => errors.at(&variant.fields, text),
            }
            return;
        }
    };
    // By the last segment of its path, so that another type is one error and not one for each use.
    if !matches!(&alone.ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Fault")) {
        errors.at(&alone.ty, format!("a `#[fault]` variant holds what the bus lifts out: `{}(Fault)`", variant.ident));
    }
    *fault = Some(variant);
}

fn told(attributes: &[Attribute], errors: &mut Errors) -> Told {
    let mut told = Told::default();
    let mut seen = HashSet::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("problem")) {
        let read = attribute.parse_nested_meta(|meta| {
            let key = meta.path.get_ident().map(|key| key.to_string()).unwrap_or_default();
            let mut first = || match seen.insert(key.clone()) {
                true => Ok(()),
                false => Err(meta.error(format!("`{key}` is given twice"))),
            };
            match &*key {
                "status" => {
                    first()?;
                    let status: LitInt = meta.value()?.parse()?;
                    match status.base10_parse::<u16>() {
                        Ok(number @ 400..=599) => told.status = Some(number),
                        _ => errors.at(&status, "the status of an error is from 400 to 599"),
                    }
                }
                "type" => {
                    first()?;
                    told.uri = Some(meta.value()?.parse()?);
                }
                "title" => {
                    first()?;
                    told.title = Some(meta.value()?.parse()?);
                }
                "crate" => drop(meta.value()?.call(syn::Path::parse_mod_style)?),
                _ => return Err(meta.error(unknown(&key))),
            }
            Ok(())
        });
        if let Err(error) = read {
            errors.push(error);
        }
    }
    told
}

fn unknown(key: &str) -> String {
    let options = ["status", "type", "title", "crate"];
    match options.iter().find(|name| strsim::damerau_levenshtein(name, key) <= 2) {
        Some(name) => format!("unknown option `{key}` of `#[problem]`; did you mean `{name}`?"),
        None => format!("unknown option `{key}` of `#[problem]`; it takes `status`, `type`, `title`, `crate`"),
    }
}

/// `#[problem(crate = path)]`; everything else in it is read elsewhere.
fn alias(attributes: &[Attribute]) -> TokenStream {
    let mut alias = quote!(
        use ::cqrs_core::__private as _cqrs;
    );
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("problem")) {
        let read = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("crate") {
                let path = meta.value()?.call(syn::Path::parse_mod_style)?;
                alias = quote_spanned!(path.span()=> use #path::__private as _cqrs;);
            } else if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<syn::Expr>()?;
            }
            Ok(())
        });
        // What is wrong with the others is said once, by `told`.
        drop(read);
    }
    alias
}
