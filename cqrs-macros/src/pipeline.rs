//! What `#[command]` and `#[query]` declare around a handler, and what they emit for it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Expr, ExprPath, LitStr};

use crate::cache::{self, Cache};
use crate::duration::{self, Written};
use crate::errors::Errors;
use crate::expand::at;
use crate::retry::{self, Retry};

/// The options of a pipeline. A key keeps its ident, for its span.
#[derive(Default)]
pub(crate) struct Pipeline {
    pub(crate) authorize: Option<(Ident, Authorize)>,
    pub(crate) public: Option<Ident>,
    pub(crate) cache: Option<Cache>,
    pub(crate) idempotent: Option<Ident>,
    pub(crate) validate: Option<Ident>,
    pub(crate) timeout: Option<(Ident, Written)>,
    pub(crate) retry: Option<Retry>,
}

/// Who may send a message.
pub(crate) enum Authorize {
    /// `"orders:write"`.
    Scope(LitStr),
    /// `path::to::policy`.
    Policy(ExprPath),
}

impl Pipeline {
    /// Reads the option of this name, behind its `=` if it has one.
    pub(crate) fn read(
        &mut self,
        name: &str,
        key: Ident,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        match name {
            "authorize" => self.authorize = authorize(input, errors)?.map(|who| (key, who)),
            "public" => self.public = Some(key),
            "cache" => self.cache = cache::read(key, input, errors)?,
            "idempotent" => self.idempotent = Some(key),
            "validate" => self.validate = Some(key),
            "timeout" => self.timeout = duration::read(name, input, errors)?.map(|timeout| (key, timeout)),
            _ => self.retry = retry::read(key, input, errors)?,
        }
        Ok(())
    }

    /// What is right by itself and makes no sense together.
    pub(crate) fn check(&self, errors: &mut Errors) {
        if let (Some(public), Some(_)) = (&self.public, &self.authorize) {
            errors.at(public, "`authorize` says who may send it, and `public` that everybody may: remove one of them");
        }
        if let (Some(retry), Some((_, timeout))) = (&self.retry, &self.timeout) {
            retry.check_against(timeout, errors);
        }
    }

    /// How a call begins: the shortest way that sees everything which is declared.
    fn way(&self) -> TokenStream {
        let (mut is_checked, mut is_layered) =
            (self.validate.is_some() || self.timeout.is_some(), self.retry.is_some() || self.idempotent.is_some());
        match &self.authorize {
            Some((_, Authorize::Scope(_))) => is_checked = true,
            Some((_, Authorize::Policy(_))) => is_layered = true,
            None => {}
        }
        match (is_layered || self.cache.is_some(), is_checked) {
            (true, _) => quote!(Layered),
            (false, true) => quote!(Checked),
            (false, false) => quote!(Direct),
        }
    }

    /// In the impl of `Message`.
    pub(crate) fn types(&self) -> TokenStream {
        let way = self.way();
        let timed = self.timeout.as_ref().map(|_| {
            quote!(
                const TIMED: _cqrs::bool = true;
            )
        });
        quote!(type Pipeline = _cqrs::#way; #timed)
    }

    /// On the message's declaration, in the order of the pipeline; each at its option, where rustc says what its
    /// message lacks, and whose line the catalog shows.
    pub(crate) fn info(&self, message: &Ident, can_be_rejected: bool) -> TokenStream {
        let path = message.to_string();
        let declared = |key: &Ident, element: &str, types: Option<TokenStream>, what: Option<TokenStream>| {
            let place = key.span();
            let element = Ident::new(element, place);
            let types = types.map(|types| quote_spanned!(place=> ::<#types>));
            let what = what.map(|what| quote_spanned!(place=> #what,));
            quote_spanned!(place=> .#element #types(#what _cqrs::place!(#path)))
        };
        let this = |key: &Ident| at(key.span(), message);
        let public = self.public.as_ref().map(|key| declared(key, "public", None, None));
        let authorize = self.authorize.as_ref().map(|(key, who)| match who {
            Authorize::Scope(scope) => declared(key, "scope", None, Some(scope.to_token_stream())),
            Authorize::Policy(policy) => declared(key, "policy", None, Some(asking(policy, message))),
        });
        let cache = self.cache.as_ref().map(|cache| declared(&cache.key, "cache", None, Some(cache.tokens(message))));
        let idempotent = self.idempotent.as_ref().map(|key| {
            let (message, rejections) = (this(key), if can_be_rejected { "Rejected" } else { "Never" });
            let rejections = Ident::new(rejections, key.span());
            declared(key, "idempotent", Some(quote_spanned!(key.span()=> #message, _cqrs::#rejections)), None)
        });
        let validate = self.validate.as_ref().map(|key| declared(key, "validate", Some(this(key)), None));
        let timeout = self
            .timeout
            .as_ref()
            .map(|(key, timeout)| declared(key, "timeout", None, Some(duration::tokens(timeout.duration, key.span()))));
        let retry = self.retry.as_ref().map(|retry| declared(&retry.key, "retry", None, Some(retry.tokens(message))));
        quote!(#public #authorize #cache #idempotent #validate #timeout #retry)
    }
}

/// A scope or a policy.
fn authorize(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<Authorize>> {
    if !input.peek(LitStr) {
        let place = input.span();
        let wrong = "`authorize` names a scope or a function: `authorize = \"orders:write\"` or \
                     `authorize = path::to::policy`; what takes more than one scope is a function";
        let mut named = input.parse().map_err(|_| syn::Error::new(place, wrong))?;
        // What `macro_rules!` leaves around a path of its caller's.
        while let Expr::Group(group) = named {
            named = *group.expr;
        }
        return match named {
            Expr::Path(policy) => Ok(Some(Authorize::Policy(policy))),
            other => Err(syn::Error::new_spanned(other, wrong)),
        };
    }
    let scope: LitStr = input.parse()?;
    if scope.value().is_empty() || scope.value().contains(char::is_whitespace) {
        errors.at(&scope, "a scope has at least one character and no space in it, such as \"orders:write\"");
        return Ok(None);
    }
    Ok(Some(Authorize::Scope(scope)))
}

/// A policy, at its path.
fn asking(policy: &ExprPath, message: &Ident) -> TokenStream {
    let place: Span = policy.span();
    let message = at(place, message);
    let name = policy.to_token_stream().to_string().replace(' ', "");
    quote_spanned! {place=>
        _cqrs::PolicyInfo::new(
            #name,
            _cqrs::needs_of::<#message, _, _>(&#policy),
            |__question| _cqrs::ask::<#message, _, _>(#policy, __question),
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::errors::Errors;
    use crate::options::{Macro, Options};

    fn read(text: &str) -> (Options, Vec<String>) {
        let mut errors = Errors::default();
        let of = if text.contains("cache") { Macro::Query } else { Macro::Command };
        let options = Options::parse(of, text.parse().unwrap(), &mut errors);
        (options, errors.texts())
    }

    #[test]
    fn the_way_is_the_shortest_that_sees_everything() {
        for (text, way) in [
            ("", "Direct"),
            ("public", "Direct"),
            ("public, timeout = \"1s\"", "Checked"),
            ("authorize = \"orders:write\"", "Checked"),
            ("validate", "Checked"),
            ("authorize = may_place", "Layered"),
            ("idempotent", "Layered"),
            ("retry(3), validate", "Layered"),
            ("cache(ttl = \"1s\")", "Layered"),
        ] {
            let (options, errors) = read(text);
            assert_eq!(errors, [""; 0], "{text}");
            assert_eq!(options.pipeline.way().to_string(), way, "{text}");
        }
    }

    #[test]
    fn only_a_timeout_is_timed() {
        let types = |text| read(text).0.pipeline.types().to_string();
        assert!(types("timeout = \"1s\"").contains("TIMED"));
        assert!(!types("validate, retry(1)").contains("TIMED"));
    }

    #[test]
    fn a_scope_is_one_word_and_a_policy_a_path() {
        for (text, says) in [
            ("authorize = \"\"", "a scope has at least one character"),
            ("authorize = \"orders write\"", "a scope has at least one character"),
            ("authorize = 5", "`authorize` names a scope or a function"),
            ("authorize = |who, order| true", "`authorize` names a scope or a function"),
            ("authorize =", "`authorize` names a scope or a function"),
            ("authorize(may_place)", "`authorize` is written `authorize = \"orders:write\"` or `authorize = path"),
            ("authorize = may_place()", "`authorize` names a scope or a function"),
            ("authorize = may_place validate", "expected `,` after `authorize`"),
        ] {
            let (_, errors) = read(text);
            assert!(errors.len() == 1 && errors[0].contains(says), "{text}: {errors:?}");
        }
        assert_eq!(read("authorize = rules::<Orders>::may_place").1, [""; 0]);
    }

    #[test]
    fn what_makes_no_sense_together_is_one_error() {
        for (text, says) in [
            ("authorize = \"orders:write\", public", "remove one of them"),
            ("public, authorize = may_place", "remove one of them"),
            ("timeout = \"1s\", retry(3, backoff = \"1s\")", "a pause of 1s within the `timeout` of 1s"),
            ("retry(3), timeout = \"50ms\"", "a pause of 50ms within the `timeout` of 50ms"),
        ] {
            let (_, errors) = read(text);
            assert!(errors.len() == 1 && errors[0].contains(says), "{text}: {errors:?}");
        }
        assert_eq!(read("retry(3), timeout = \"51ms\"").1, [""; 0]);
    }
}
