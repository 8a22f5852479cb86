//! Options between an attribute's parentheses: `output = T, wire`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Path, Token, Type};

use crate::errors::Errors;

/// An attribute of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Macro {
    Command,
    Query,
    Event,
    Handler,
    Provide,
}

/// Every option of every attribute: its name, where it is known, and how it is written.
pub(crate) const OPTIONS: &[(&str, &[Macro], &str)] = &[
    ("output", &[Macro::Command, Macro::Query], "output = Type"),
    ("error", &[Macro::Command, Macro::Query], "error = Type"),
    ("name", &[Macro::Command, Macro::Query, Macro::Event], "name = \"orders.place\""),
    ("wire", &[Macro::Command, Macro::Query, Macro::Event], "wire"),
    ("contract", &[Macro::Command, Macro::Query], "contract"),
    ("transient", &[Macro::Event], "transient"),
    ("read_only", &[Macro::Provide], "read_only"),
    ("per_call", &[Macro::Provide], "per_call"),
    (
        "crate",
        &[Macro::Command, Macro::Query, Macro::Event, Macro::Handler, Macro::Provide],
        "crate = ::path::to::cqrs_core",
    ),
];

impl Macro {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Macro::Command => "command",
            Macro::Query => "query",
            Macro::Event => "event",
            Macro::Handler => "handler",
            Macro::Provide => "provide",
        }
    }

    fn options(self) -> impl Iterator<Item = &'static str> {
        OPTIONS.iter().filter(move |(_, macros, _)| macros.contains(&self)).map(|(name, ..)| *name)
    }
}

/// What the options say. A key keeps its ident, for its span.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) output: Option<Type>,
    pub(crate) error: Option<Type>,
    pub(crate) name: Option<(Ident, LitStr)>,
    pub(crate) wire: Option<Ident>,
    pub(crate) contract: Option<Ident>,
    pub(crate) transient: Option<Ident>,
    pub(crate) read_only: Option<Ident>,
    pub(crate) per_call: Option<Ident>,
    krate: Option<Path>,
}

impl Options {
    /// Reads what it can; the rest are errors.
    pub(crate) fn parse(of: Macro, arguments: TokenStream, errors: &mut Errors) -> Self {
        let mut options = Options::default();
        let parser = |input: ParseStream<'_>| {
            let mut seen: Vec<Ident> = Vec::new();
            while !input.is_empty() {
                if let Err(error) = options.one(of, input, &mut seen, errors) {
                    errors.push(error);
                }
                // A value that could not be read is skipped: the next option is read anyway.
                skip_to_comma(input)?;
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(arguments) {
            errors.push(error);
        }
        options
    }

    fn one(
        &mut self,
        of: Macro,
        input: ParseStream<'_>,
        seen: &mut Vec<Ident>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error(format!("expected an option of `#[{}]`: {}", of.name(), listed(of))));
        }
        let key = input.call(Ident::parse_any)?;
        let mut text = key.unraw().to_string();
        if !OPTIONS.iter().any(|(name, ..)| *name == text) {
            errors.at(&key, unknown(of, &text));
            // What was meant is taken, so that a handler's output is no second error.
            match nearest(of, &text) {
                Some(name) if !seen.iter().any(|seen| seen == name) => text = name.to_owned(),
                _ => return Ok(()),
            }
        }
        let Some((_, macros, form)) = OPTIONS.iter().find(|(name, ..)| *name == text) else { return Ok(()) };
        if !macros.contains(&of) {
            let owners: Vec<_> = macros.iter().map(|owner| format!("`#[{}]`", owner.name())).collect();
            return Err(syn::Error::new(
                key.span(),
                format!("`{text}` is an option of {}, not of `#[{}]`", listing(&owners), of.name()),
            ));
        }
        if seen.contains(&key) {
            return Err(syn::Error::new(key.span(), format!("`{text}` is given twice")));
        }
        seen.push(key.clone());
        let takes_value = form.contains('=');
        if takes_value != input.peek(Token![=]) {
            return Err(syn::Error::new(key.span(), format!("`{text}` is written `{form}`")));
        }
        if takes_value {
            input.parse::<Token![=]>()?;
        }
        match text.as_str() {
            "output" => self.output = Some(input.parse()?),
            "error" => self.error = Some(input.parse()?),
            "name" => {
                let name: LitStr = input.parse()?;
                if name.value().trim().is_empty() || name.value().contains(char::is_whitespace) {
                    errors.at(&name, "a name has at least one character and no space in it, such as \"orders.place\"");
                }
                self.name = Some((key, name));
            }
            "wire" => self.wire = Some(key),
            "contract" => self.contract = Some(key),
            "transient" => self.transient = Some(key),
            "read_only" => self.read_only = Some(key),
            "per_call" => self.per_call = Some(key),
            _ => self.krate = Some(input.call(Path::parse_mod_style)?),
        }
        if !input.is_empty() && !input.peek(Token![,]) {
            return Err(input.error(format!("expected `,` after `{text}`")));
        }
        Ok(())
    }

    /// The one alias through which an expansion names the runtime crate.
    pub(crate) fn alias(&self) -> TokenStream {
        match &self.krate {
            Some(path) => quote!(use #path::__private as _cqrs;),
            None => quote!(
                use ::cqrs_core::__private as _cqrs;
            ),
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listing(words: &[String]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => words.concat(),
    }
}

fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    let mut depth = 0_usize;
    while !input.is_empty() {
        if depth == 0 && input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
            return Ok(());
        }
        if input.peek(Token![<]) {
            depth += 1;
        } else if input.peek(Token![>]) {
            depth = depth.saturating_sub(1);
        }
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

fn listed(of: Macro) -> String {
    of.options().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The option that a misspelt one is.
fn nearest(of: Macro, key: &str) -> Option<&'static str> {
    of.options().find(|name| strsim::damerau_levenshtein(name, key) <= 2.min(name.len() / 2))
}

fn unknown(of: Macro, key: &str) -> String {
    match nearest(of, key) {
        Some(name) => format!("unknown option `{key}` of `#[{}]`; did you mean `{name}`?", of.name()),
        None => format!("unknown option `{key}` of `#[{}]`; it takes {}", of.name(), listed(of)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(of: Macro, text: &str) -> (Options, String) {
        let mut errors = Errors::default();
        let options = Options::parse(of, text.parse().unwrap(), &mut errors);
        (options, errors.into_tokens().to_string())
    }

    /// The form of an option as the table shows it is read, and sets something.
    #[test]
    fn every_option_of_the_table_is_read_in_its_form() {
        for (name, macros, form) in OPTIONS {
            for of in *macros {
                let (options, errors) = read(*of, form);
                assert_eq!(errors, "", "`{form}` of `#[{}]`", of.name());
                let Options { output, error, name: given, wire, contract, transient, read_only, per_call, krate } =
                    options;
                let set = match *name {
                    "output" => output.is_some(),
                    "error" => error.is_some(),
                    "name" => given.is_some(),
                    "wire" => wire.is_some(),
                    "contract" => contract.is_some(),
                    "transient" => transient.is_some(),
                    "read_only" => read_only.is_some(),
                    "per_call" => per_call.is_some(),
                    "crate" => krate.is_some(),
                    other => panic!("the option `{other}` is in the table and nobody reads it"),
                };
                assert!(set, "`{form}` is read and thrown away");
            }
        }
    }

    #[test]
    fn an_option_after_a_broken_one_is_read() {
        let (options, errors) = read(Macro::Command, "outputt = Vec<A, B>, error = E");
        assert!(options.error.is_some());
        assert!(errors.contains("did you mean `output`"), "{errors}");
    }

    #[test]
    fn a_misspelt_option_counts_as_what_was_meant() {
        let (options, errors) = read(Macro::Command, "ouput = u64");
        assert!(options.output.is_some());
        assert!(errors.contains("did you mean `output`"), "{errors}");
    }

    /// An attribute is refused in the words that its own options are listed in.
    #[test]
    fn a_misplaced_option_names_its_owners() {
        for (name, macros, form) in OPTIONS {
            for of in [Macro::Command, Macro::Query, Macro::Event, Macro::Handler, Macro::Provide] {
                if !macros.contains(&of) {
                    let (_, errors) = read(of, form);
                    assert!(
                        errors.contains(&format!("`{name}` is an option of `#[{}]`", macros[0].name())),
                        "{errors}"
                    );
                }
            }
        }
    }

    /// Every option of every attribute stands in a compile-fail or pass test of what the compiler says of it.
    #[test]
    fn every_option_of_the_table_is_in_a_ui_test() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/ui");
        let mut texts = String::new();
        for file in std::fs::read_dir(folder).unwrap().flat_map(|sub| std::fs::read_dir(sub.unwrap().path()).unwrap()) {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                texts.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
        for (name, macros, _) in OPTIONS {
            for of in *macros {
                let is_used = texts.lines().any(|line| {
                    line.trim_start().strip_prefix(&format!("#[{}(", of.name())).is_some_and(|options| {
                        let mut words = options.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
                        words.any(|word| word == *name)
                    })
                });
                assert!(is_used, "no file in tests/ui has `#[{}({name}..)]`", of.name());
            }
        }
    }
}
