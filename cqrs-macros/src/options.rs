//! Options between an attribute's parentheses: `output = T, wire`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Path, Type};

use crate::behavior::{self, On};
use crate::errors::Errors;
use crate::http::{self, Http};
use crate::list::{self, Keys};
use crate::pipeline::Pipeline;
use crate::subscription;
use crate::versions::{self, Versions};

/// An attribute of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Macro {
    Command,
    Query,
    Event,
    Handler,
    Provide,
    Behavior,
}

/// Every option of every attribute: its name, where it is known, and how it is written, each way.
pub(crate) const OPTIONS: &[(&str, &[Macro], &[&str])] = &[
    ("output", &[Macro::Command, Macro::Query], &["output = Type"]),
    ("error", &[Macro::Command, Macro::Query], &["error = Type"]),
    ("name", &[Macro::Command, Macro::Query, Macro::Event, Macro::Handler], &["name = \"orders.place\""]),
    ("wire", &[Macro::Command, Macro::Query, Macro::Event], &["wire"]),
    ("contract", &[Macro::Command, Macro::Query], &["contract"]),
    ("http", &[Macro::Command, Macro::Query], &["http(post = \"/users\", status = 201)"]),
    ("authorize", &[Macro::Command, Macro::Query], &["authorize = \"orders:write\"", "authorize = path::to::policy"]),
    ("public", &[Macro::Command, Macro::Query], &["public"]),
    ("cache", &[Macro::Query], &["cache(ttl = \"30s\", capacity = 10_000, shared, invalidated_by(OrderPlaced))"]),
    ("idempotent", &[Macro::Command], &["idempotent"]),
    ("validate", &[Macro::Command], &["validate"]),
    ("timeout", &[Macro::Command, Macro::Query], &["timeout = \"5s\""]),
    ("retry", &[Macro::Command, Macro::Query], &["retry(3, on = conflict | unavailable, backoff = \"50ms\")"]),
    ("transient", &[Macro::Event], &["transient"]),
    ("version", &[Macro::Event], &["version = 2"]),
    ("upcasts", &[Macro::Event], &["upcasts(OrderPlacedV1)"]),
    ("inline", &[Macro::Handler], &["inline"]),
    ("from", &[Macro::Handler], &["from = start"]),
    ("read_only", &[Macro::Provide], &["read_only"]),
    ("per_call", &[Macro::Provide], &["per_call"]),
    ("order", &[Macro::Behavior], &["order = 10"]),
    ("on", &[Macro::Behavior], &["on(commands | queries | events | PlaceOrder)"]),
    (
        "crate",
        &[Macro::Command, Macro::Query, Macro::Event, Macro::Handler, Macro::Provide, Macro::Behavior],
        &["crate = ::path::to::cqrs_core"],
    ),
];

/// Why an option is not known where somebody may look for it.
const REASONS: &[(&str, Macro, &str)] = &[
    ("cache", Macro::Command, "a command asks for a change, and a kept answer changes nothing"),
    ("idempotent", Macro::Query, "a query changes nothing, so asking twice is asking twice"),
    ("version", Macro::Command, "a command is carried out and not kept"),
    ("http", Macro::Event, "what has happened is told by the application; what a client asks for is a command"),
    ("inline", Macro::Event, "each handler of the event says so for itself"),
    (
        "validate",
        Macro::Query,
        "a query takes types that parse: give its fields types that cannot hold what makes no sense",
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
            Macro::Behavior => "behavior",
        }
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
    pub(crate) http: Option<Http>,
    pub(crate) pipeline: Pipeline,
    pub(crate) transient: Option<Ident>,
    pub(crate) versions: Versions,
    pub(crate) inline: Option<Ident>,
    pub(crate) from: Option<Ident>,
    pub(crate) read_only: Option<Ident>,
    pub(crate) per_call: Option<Ident>,
    pub(crate) order: Option<i32>,
    pub(crate) on: Option<Vec<On>>,
    krate: Option<Path>,
}

impl Options {
    /// Reads what it can; the rest are errors.
    pub(crate) fn parse(of: Macro, arguments: TokenStream, errors: &mut Errors) -> Self {
        let mut options = Options::default();
        let known = OPTIONS.iter().filter(|(_, macros, _)| macros.contains(&of));
        let mut keys = Keys::of(format!("#[{}]", of.name()), known.map(|(name, _, forms)| (*name, *forms)));
        let parser = |input: ParseStream<'_>| {
            list::each(input, errors, |input, errors| options.one(of, input, &mut keys, errors))
        };
        if let Err(error) = parser.parse2(arguments) {
            errors.push(error);
        }
        options.pipeline.check(errors);
        if of == Macro::Behavior && !keys.has("order") {
            errors.at_span(proc_macro2::Span::call_site(), behavior::NO_ORDER);
        }
        options
    }

    fn one(&mut self, of: Macro, input: ParseStream<'_>, keys: &mut Keys, errors: &mut Errors) -> syn::Result<()> {
        let key = keys.next(input)?;
        misplaced(of, &key)?;
        let Some(name) = keys.known(&key, input, errors)? else { return Ok(()) };
        match name {
            "output" => self.output = Some(input.parse()?),
            "error" => self.error = Some(input.parse()?),
            "name" => {
                let name: LitStr = input.parse()?;
                if name.value().trim().is_empty() || name.value().contains(char::is_whitespace) {
                    let such = if of == Macro::Handler { "order-mail" } else { "orders.place" };
                    let text = format!("a name has at least one character and no space in it, such as \"{such}\"");
                    errors.at(&name, text);
                }
                self.name = Some((key, name));
            }
            "wire" => self.wire = Some(key),
            "contract" => self.contract = Some(key),
            "http" => self.http = Some(http::read(of, key, input, errors)?),
            "transient" => self.transient = Some(key),
            "version" => self.versions.version = Some(versions::version(key, input, errors)?),
            "upcasts" => self.versions.upcasts = Some(versions::upcasts(key, input, errors)?),
            "inline" => self.inline = Some(key),
            "from" => self.from = subscription::from(input, errors)?.then_some(key),
            "read_only" => self.read_only = Some(key),
            "per_call" => self.per_call = Some(key),
            "order" => self.order = behavior::order(input, errors)?,
            "on" => self.on = Some(behavior::on(&key, input, errors)?),
            "crate" => self.krate = Some(input.call(Path::parse_mod_style)?),
            _ => self.pipeline.read(name, key, input, errors)?,
        }
        list::comma(input, name)
    }

    /// The one alias through which an expansion names the runtime crate.
    pub(crate) fn alias(&self) -> TokenStream {
        let krate = self.krate();
        quote!(use #krate::__private as _cqrs;)
    }

    /// What the runtime crate is called where the attribute stands.
    pub(crate) fn krate(&self) -> TokenStream {
        self.krate.as_ref().map_or_else(|| quote!(::cqrs_core), |path| quote!(#path))
    }
}

/// An option of other attributes is an error that names them, and says why if a reader may wonder.
fn misplaced(of: Macro, key: &Ident) -> syn::Result<()> {
    let text = key.unraw().to_string();
    let Some((_, macros, _)) = OPTIONS.iter().find(|(name, macros, _)| *name == text && !macros.contains(&of)) else {
        return Ok(());
    };
    let owners: Vec<_> = macros.iter().map(|owner| format!("`#[{}]`", owner.name())).collect();
    let reason = REASONS.iter().find(|(name, macro_, _)| *name == text && *macro_ == of);
    let reason = reason.map_or(String::new(), |(.., why)| format!(": {why}"));
    let text = format!("`{text}` is an option of {}, not of `#[{}]`{reason}", listing(&owners), of.name());
    Err(syn::Error::new(key.span(), text))
}

/// `a`, `a and b`, `a, b and c`.
fn listing(words: &[String]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{cache, http, retry};

    const ALL: [Macro; 6] =
        [Macro::Command, Macro::Query, Macro::Event, Macro::Handler, Macro::Provide, Macro::Behavior];

    fn read(of: Macro, text: &str) -> (Options, String) {
        let mut errors = Errors::default();
        let options = Options::parse(of, text.parse().unwrap(), &mut errors);
        (options, errors.into_tokens().to_string())
    }

    /// The form of an option as the table shows it is read, and sets something.
    #[test]
    fn every_option_of_the_table_is_read_in_its_form() {
        let all = OPTIONS.iter().flat_map(|(name, macros, forms)| {
            macros.iter().flat_map(move |of| forms.iter().map(move |form| (name, of, form)))
        });
        for (name, of, form) in all {
            let given = if *of == Macro::Behavior && *name != "order" {
                format!("{form}, order = 1")
            } else {
                form.to_string()
            };
            // The form in the table is a command's.
            let given = if *of == Macro::Query {
                given.replace("http(post = \"/users\", status = 201)", "http(get = \"/users\")")
            } else {
                given
            };
            let (options, errors) = read(*of, &given);
            assert_eq!(errors, "", "`{form}` of `#[{}]`", of.name());
            let Options {
                output,
                error,
                name: given,
                wire,
                contract,
                http,
                pipeline,
                transient,
                versions,
                inline,
                from,
                read_only,
                per_call,
                order,
                on,
                krate,
            } = options;
            let Pipeline { authorize, public, cache, idempotent, validate, timeout, retry } = pipeline;
            let set = match *name {
                "output" => output.is_some(),
                "error" => error.is_some(),
                "name" => given.is_some(),
                "wire" => wire.is_some(),
                "contract" => contract.is_some(),
                "http" => http.is_some(),
                "authorize" => authorize.is_some(),
                "public" => public.is_some(),
                "cache" => cache.is_some(),
                "idempotent" => idempotent.is_some(),
                "validate" => validate.is_some(),
                "timeout" => timeout.is_some(),
                "retry" => retry.is_some(),
                "transient" => transient.is_some(),
                "version" => versions.version.is_some(),
                "upcasts" => versions.upcasts.is_some(),
                "inline" => inline.is_some(),
                "from" => from.is_some(),
                "read_only" => read_only.is_some(),
                "per_call" => per_call.is_some(),
                "order" => order.is_some(),
                "on" => on.is_some(),
                "crate" => krate.is_some(),
                other => panic!("the option `{other}` is in the table and nobody reads it"),
            };
            assert!(set, "`{form}` is read and thrown away");
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
        for (name, macros, forms) in OPTIONS {
            for of in ALL {
                if !macros.contains(&of) {
                    let (_, errors) = read(of, forms[0]);
                    assert!(
                        errors.contains(&format!("`{name}` is an option of `#[{}]`", macros[0].name())),
                        "{errors}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_misplaced_option_says_why_where_a_reader_may_wonder() {
        for (name, of, why) in REASONS {
            let (_, macros, forms) = OPTIONS.iter().find(|(known, ..)| known == name).unwrap();
            assert!(!macros.contains(of), "`{name}` is an option of `#[{}]`", of.name());
            let (_, errors) = read(*of, forms[0]);
            assert!(errors.contains(&format!("not of `#[{}]`: {why}", of.name())), "{errors}");
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
        let inside = |of: Macro| -> HashSet<&str> {
            let start = format!("#[{}(", of.name());
            let attributes: Vec<_> = texts.split(&start).skip(1).collect();
            let inside = attributes.into_iter().map(|text| text.split(")]").next().unwrap_or(text));
            inside.flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')).collect()
        };
        for of in ALL {
            let words = inside(of);
            let options = OPTIONS.iter().filter(|(_, macros, _)| macros.contains(&of)).map(|(name, ..)| *name);
            for name in options.chain(words_of(of)) {
                assert!(words.contains(name), "no file in tests/ui has `#[{}(.. {name} ..)]`", of.name());
            }
        }
    }

    /// What stands inside of the options that are lists.
    fn words_of(of: Macro) -> Vec<&'static str> {
        let retry = retry::FORMS.iter().map(|(name, _)| *name).chain(retry::KINDS.iter().map(|(kind, _)| *kind));
        let http = http::FORMS.iter().map(|(name, _)| *name);
        match of {
            Macro::Command => retry.chain(http).collect(),
            Macro::Query => retry.chain(http).chain(cache::FORMS.iter().map(|(name, _)| *name)).collect(),
            Macro::Behavior => behavior::WORDS.iter().map(|(word, _)| *word).collect(),
            Macro::Event | Macro::Handler | Macro::Provide => Vec::new(),
        }
    }
}
