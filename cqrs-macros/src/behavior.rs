//! `#[behavior]` on a function.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{FnArg, LitInt, Path, ReturnType, Token, Type, parenthesized};

use crate::attributes::Attributes;
use crate::errors::Errors;
use crate::expand::hidden;
use crate::function::{self, Function};
use crate::list;
use crate::options::{Macro, Options};
use crate::parameters::{self, Parameter};

/// What a behavior goes around.
pub(crate) enum On {
    /// `commands`, `queries`, `events`: the word, and its variant.
    Every(Ident, &'static str),
    /// `path::to::PlaceOrder`.
    Message(Path),
}

/// The words of `on`, and their variants.
pub(crate) const WORDS: &[(&str, &str)] = &[("commands", "Commands"), ("queries", "Queries"), ("events", "Events")];

/// A behavior that does not say where it stands.
pub(crate) const NO_ORDER: &str =
    "a behavior says where it stands among the others: `#[behavior(order = 10)]`, the lowest outermost";

/// `10`, `-10`.
pub(crate) fn order(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<i32>> {
    let minus: Option<Token![-]> = input.parse()?;
    if !input.peek(LitInt) {
        return Err(input.error("an order is a whole number: `order = 10`, or `order = -10`"));
    }
    let number: LitInt = input.parse()?;
    let order = format!("{}{}", minus.map_or("", |_| "-"), number.base10_digits()).parse();
    match order {
        Ok(order) if number.suffix().is_empty() => Ok(Some(order)),
        _ => {
            errors.at(&number, format!("an order is a whole number from {} to {}: `order = 10`", i32::MIN, i32::MAX));
            Ok(None)
        }
    }
}

/// `(commands | queries | events | path::to::PlaceOrder)`.
pub(crate) fn on(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Vec<On>> {
    let list;
    parenthesized!(list in input);
    let mut on: Vec<On> = Vec::new();
    if list.is_empty() {
        errors.at(key, "`on` says what the behavior goes around: `on(commands | PlaceOrder)`; without it, everything");
    }
    while !list.is_empty() {
        match one(&list, errors) {
            Ok(Some(what)) if on.iter().any(|known| known.shown() == what.shown()) => {
                errors.at(&what, format!("`{}` is given twice", what.shown()));
            }
            Ok(what) => on.extend(what),
            Err(error) => {
                errors.push(error);
                list.parse::<TokenStream>()?;
            }
        }
        if list.peek(Token![|]) {
            list.parse::<Token![|]>()?;
        } else if !list.is_empty() {
            errors.at_span(
                list.span(),
                "expected `|` between what the behavior goes around: `on(commands | PlaceOrder)`",
            );
            list.parse::<TokenStream>()?;
        }
    }
    Ok(on)
}

fn one(list: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<On>> {
    let place = list.span();
    let text = "expected `commands`, `queries`, `events`, or the path of a message";
    let path: Path = list.parse().map_err(|_| syn::Error::new(place, text))?;
    let Some(word) = path.get_ident() else { return Ok(Some(On::Message(path))) };
    let name = word.unraw().to_string();
    if let Some((_, variant)) = WORDS.iter().find(|(known, _)| *known == name) {
        return Ok(Some(On::Every(word.clone(), variant)));
    }
    // A type has a capital letter; one that has none is written `self::place_order`.
    if !name.starts_with(char::is_lowercase) {
        return Ok(Some(On::Message(path)));
    }
    let rest = match list::nearest(&name, WORDS.iter().map(|(known, _)| *known)) {
        Some(known) => format!("did you mean `{known}`?"),
        None => "it takes `commands`, `queries`, `events`, and the paths of messages".to_owned(),
    };
    errors.at(word, format!("unknown word `{name}` in `on`; {rest}"));
    Ok(None)
}

impl On {
    fn shown(&self) -> String {
        self.to_token_stream().to_string().replace(' ', "")
    }

    fn tokens(&self) -> TokenStream {
        match self {
            On::Every(word, variant) => {
                let variant = Ident::new(variant, word.span());
                quote_spanned!(word.span()=> _cqrs::On::#variant)
            }
            On::Message(path) => quote_spanned!(path.span()=> _cqrs::On::message::<#path>()),
        }
    }
}

/// As it is written.
impl ToTokens for On {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            On::Every(word, _) => word.to_tokens(tokens),
            On::Message(path) => path.to_tokens(tokens),
        }
    }
}

/// A behavior as the user wrote it.
struct Behavior {
    function: Function,
    /// What the expansion calls the first two parameters: as the user does, at their types.
    call: Ident,
    next: Ident,
    /// The others.
    parameters: Vec<Parameter>,
    returns: Type,
}

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse(Macro::Behavior, arguments, &mut errors);
    let behavior = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => read(function, &mut errors),
        Err(error) => {
            errors.at_span(error.span(), "`#[behavior]` goes on an `async fn` that returns an `Outcome`");
            None
        }
    };
    let code = match behavior {
        Some(behavior) if errors.is_empty() => implement(&behavior, &options),
        _ => TokenStream::new(),
    };
    let errors = errors.into_tokens();
    quote!(#item #errors #code)
}

fn read(function: Function, errors: &mut Errors) -> Option<Behavior> {
    let signature = &function.signature;
    let ident = &signature.ident;
    if let Some(receiver @ FnArg::Receiver(_)) = signature.inputs.first() {
        errors.at(receiver, "a behavior is a free function: take what it needs as `&T`");
        return None;
    }
    function::check("behavior", signature, errors);
    if signature.asyncness.is_none() {
        errors.at(signature.fn_token, format!("a behavior waits for the rest of the call: `async fn {ident}(..)`"));
    }
    let mut inputs = signature.inputs.iter();
    let call = taken(&mut inputs, "__call", |ty| matches!(ty, Type::Reference(it) if it.mutability.is_none()));
    let next = taken(&mut inputs, "__next", |ty| !matches!(ty, Type::Reference(_)));
    if call.is_none() || next.is_none() {
        let place = match (&call, &next, signature.inputs.first(), signature.inputs.get(1)) {
            (None, _, Some(first), _) => first.span(),
            (_, None, _, Some(second)) => second.span(),
            _ => ident.span(),
        };
        errors.at_span(
            place,
            format!("a behavior takes the call and the rest of it: `{ident}(call: &Call<'_>, next: Next<'_>, ..)`"),
        );
    }
    let mut parameters = parameters::classify("behavior", inputs.clone(), errors);
    for input in inputs {
        if let FnArg::Typed(input) = input
            && let Type::Reference(reference) = &*input.ty
            && reference.mutability.is_some()
        {
            errors.at(
                &input.ty,
                "a behavior has no unit of work of its own: take a dependency as `&T`, and what belongs to the call by \
                 value",
            );
        }
    }
    let ReturnType::Type(_, returns) = &signature.output else {
        errors.at(ident, format!("a behavior returns what the call comes to: `async fn {ident}(..) -> Outcome`"));
        return None;
    };
    let (mut call, mut next, returns) = (call?, next?, (**returns).clone());
    let bindings = parameters.iter_mut().map(|parameter| &mut parameter.binding);
    function::unlike(ident, bindings.chain([&mut call, &mut next]));
    Some(Behavior { call, next, parameters, returns, function })
}

/// The name of the next parameter, if its type is what it has to be. It stands at the type: one that is another is
/// wrong there.
fn taken<'a>(
    inputs: &mut impl Iterator<Item = &'a FnArg>,
    made_up: &str,
    is_right: impl Fn(&Type) -> bool,
) -> Option<Ident> {
    let FnArg::Typed(input) = inputs.next()? else { return None };
    let mut binding = parameters::binding(&input.pat, made_up);
    binding.set_span(binding.span().located_at(input.ty.span()));
    is_right(&input.ty).then_some(binding)
}

// Input:
//     #[behavior(order = 10, on(commands))]
//     async fn audit(call: &Call<'_>, next: Next<'_>, log: &AuditLog) -> Outcome { .. }
// Output:
//     async fn audit(..) -> Outcome { .. }
//     const _: () = {
//         use ::cqrs_core::__private as _cqrs;
//         struct __Behavior;
//         impl _cqrs::Behavior for __Behavior {
//             type Shared = (Arc<AuditLog>,); type Given = ();
//             fn around(..) -> impl Future<Output = Outcome> { audit(call, next, &**log) }
//         }
//         _cqrs::submit! { Behavior(..) }
//     };
fn implement(behavior: &Behavior, options: &Options) -> TokenStream {
    let Behavior { function, call, next, parameters, returns } = behavior;
    let ident = &function.signature.ident;
    let name = ident.unraw().to_string();
    let (shared, given) = (parameters::shared(parameters), parameters::given(parameters));
    let [shared_types, given_types] = [shared.types, given.types].map(|types| types.unwrap_or_else(|| quote!(())));
    let (shared_names, given_names) = (&shared.names, &given.names);
    let arguments = parameters::arguments(parameters);
    let future = quote_spanned!(returns.span()=> impl _cqrs::Future<Output = _cqrs::Outcome> + _cqrs::Send + 'x);
    let order = Literal::i32_unsuffixed(options.order.unwrap_or_default());
    let on: Vec<TokenStream> = match &options.on {
        Some(on) => on.iter().map(On::tokens).collect(),
        None => vec![quote!(_cqrs::On::Commands), quote!(_cqrs::On::Queries), quote!(_cqrs::On::Events)],
    };
    let place = quote_spanned!(ident.span()=> _cqrs::place!(#name));
    hidden(
        &Attributes::of(&function.attributes),
        options.alias(),
        quote! {
            struct __Behavior;
            #[automatically_derived]
            impl _cqrs::Behavior for __Behavior {
                type Shared = #shared_types;
                type Given = #given_types;
                fn around<'x>(
                    #shared_names: &'x Self::Shared,
                    #given_names: Self::Given,
                    #call: &'x _cqrs::Call<'x>,
                    #next: _cqrs::Next<'x>,
                ) -> #future {
                    #ident(#call, #next #(, #arguments)*)
                }
            }
            const _: () = {
                fn info() -> &'static _cqrs::BehaviorInfo {
                    static INFO: _cqrs::BehaviorInfo = _cqrs::BehaviorInfo::of::<__Behavior>(#place, #order, &[#(#on),*]);
                    &INFO
                }
                _cqrs::submit! { Behavior(info) }
            };
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_options(text: &str) -> (Options, Vec<String>) {
        let mut errors = Errors::default();
        let options = Options::parse(Macro::Behavior, text.parse().unwrap(), &mut errors);
        (options, errors.texts())
    }

    #[test]
    fn an_order_is_a_number_of_either_sign() {
        for (text, order) in [("order = 10", 10), ("order = -1_0", -10), ("order = -2147483648", i32::MIN)] {
            assert_eq!(read_options(text).0.order, Some(order), "{text}");
        }
        for (text, says) in [
            ("", "says where it stands"),
            ("on(commands)", "says where it stands"),
            ("order", "`order` is written `order = 10`"),
            ("order = first", "an order is a whole number"),
            ("order = 2147483648", "an order is a whole number from"),
            ("order = 1u8", "an order is a whole number from"),
            ("order = 1.5", "an order is a whole number"),
        ] {
            let (_, errors) = read_options(text);
            assert!(errors.len() == 1 && errors[0].contains(says), "{text}: {errors:?}");
        }
    }

    #[test]
    fn on_is_a_list_of_words_and_messages() {
        let (options, errors) = read_options("order = 1, on(commands | orders::Place | Ship | self::ship)");
        let on: Vec<_> = options.on.unwrap().iter().map(On::shown).collect();
        assert_eq!((on.join(" "), errors), ("commands orders::Place Ship self::ship".to_owned(), vec![]));
        for (text, says) in [
            ("on()", "says what the behavior goes around"),
            ("on = commands", "`on` is written"),
            ("on(command)", "did you mean `commands`?"),
            ("on(everything)", "it takes `commands`, `queries`, `events`"),
            ("on(commands, queries)", "expected `|`"),
            ("on(commands | commands)", "`commands` is given twice"),
            ("on(Place | Place)", "`Place` is given twice"),
            ("on(\"Place\")", "expected `commands`"),
            ("on(| commands)", "expected `commands`"),
        ] {
            let (_, errors) = read_options(&format!("order = 1, {text}"));
            assert!(errors.len() == 1 && errors[0].contains(says), "{text}: {errors:?}");
        }
    }

    /// Each mistake of a signature is one error.
    #[test]
    fn a_signature_is_checked() {
        for (text, says) in [
            ("fn audit(call: &Call, next: Next) -> Outcome {}", "`async fn audit(..)`"),
            ("async fn audit(call: &Call, next: Next) {}", "`async fn audit(..) -> Outcome`"),
            ("async fn audit() -> Outcome {}", "takes the call and the rest of it"),
            ("async fn audit(call: &Call) -> Outcome {}", "takes the call and the rest of it"),
            ("async fn audit(call: Call, next: Next) -> Outcome {}", "takes the call and the rest of it"),
            ("async fn audit(call: &mut Call, next: Next) -> Outcome {}", "takes the call and the rest of it"),
            ("async fn audit(call: &Call, next: &Next) -> Outcome {}", "takes the call and the rest of it"),
            ("async fn audit(call: &Call, next: Next, log: &mut Log) -> Outcome {}", "no unit of work of its own"),
            ("async fn audit(&self, call: &Call, next: Next) -> Outcome {}", "a free function"),
            ("async fn audit<T>(call: &Call, next: Next) -> Outcome {}", "is concrete"),
            ("struct Audit;", "goes on an `async fn`"),
        ] {
            let expanded = expand(quote!(order = 1), text.parse().unwrap()).to_string();
            assert!(expanded.contains(says), "{text}: {expanded}");
            assert_eq!(expanded.matches("compile_error").count(), 1, "{text}: {expanded}");
        }
    }
}
