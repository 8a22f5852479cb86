//! What the macros make of the code in `expand/`, as Rust to be read: `expand/X.rs` becomes
//! `expand/X.expanded.rs`. `UPDATE_EXPECT=1 cargo test -p tests --test expand` rewrites them.
//!
//! The modules of the macro crate are compiled here as ordinary ones, since a proc-macro crate can be called by
//! rustc alone; their own tests run here once more. A new module there needs a line here. That the files compile is
//! the business of `expand_compiles.rs`.

#[path = "../../cqrs-macros/src/aggregate_id.rs"]
mod aggregate_id;
#[path = "../../cqrs-macros/src/attributes.rs"]
mod attributes;
#[path = "../../cqrs-macros/src/behavior.rs"]
mod behavior;
#[path = "../../cqrs-macros/src/cache.rs"]
mod cache;
#[path = "../../cqrs-macros/src/documentation.rs"]
mod documentation;
#[path = "../../cqrs-macros/src/duration.rs"]
mod duration;
#[path = "../../cqrs-macros/src/errors.rs"]
mod errors;
#[path = "../../cqrs-macros/src/expand.rs"]
mod expand;
#[path = "../../cqrs-macros/src/function.rs"]
mod function;
#[path = "../../cqrs-macros/src/handler.rs"]
mod handler;
#[path = "../../cqrs-macros/src/http.rs"]
mod http;
#[path = "../../cqrs-macros/src/http_alias.rs"]
mod http_alias;
#[path = "../../cqrs-macros/src/http_path.rs"]
mod http_path;
#[path = "../../cqrs-macros/src/http_rules.rs"]
mod http_rules;
#[path = "../../cqrs-macros/src/lifetimes.rs"]
mod lifetimes;
#[path = "../../cqrs-macros/src/list.rs"]
mod list;
#[path = "../../cqrs-macros/src/message.rs"]
mod message;
#[path = "../../cqrs-macros/src/options.rs"]
mod options;
#[path = "../../cqrs-macros/src/parameters.rs"]
mod parameters;
#[path = "../../cqrs-macros/src/pipeline.rs"]
mod pipeline;
#[path = "../../cqrs-macros/src/problem.rs"]
mod problem;
#[path = "../../cqrs-macros/src/provide.rs"]
mod provide;
#[path = "../../cqrs-macros/src/retry.rs"]
mod retry;
#[path = "../../cqrs-macros/src/subscription.rs"]
mod subscription;
#[path = "../../cqrs-macros/src/versions.rs"]
mod versions;

mod expect;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Item, Meta, Stmt};

use options::Macro;

/// The name and the text of each.
macro_rules! shapes {
    ($($shape:ident),* $(,)?) => {
        const SHAPES: &[(&str, &str)] =
            &[$((stringify!($shape), include_str!(concat!("../expand/", stringify!($shape), ".rs")))),*];
    };
}

include!("../expand/shapes.in");

/// Whoever adds an option says how it is ignored, and which test fails then.
#[test]
fn every_option_has_a_flip() {
    let has = |option: &str| tests::flips::FLIPS.iter().any(|flip| flip.option == option);
    for (name, ..) in options::OPTIONS {
        assert!(has(name), "`{name}` is not in the table of flips");
    }
    // An option that says another thing elsewhere, and what fields say.
    for part in ["name.event", "name.handler", "aggregate_id", "aggregate_id.category"] {
        assert!(has(part), "`{part}` is not in the table of flips");
    }
    for (option, forms) in [("cache", cache::FORMS), ("http", http::FORMS), ("retry", retry::FORMS)] {
        for (key, _) in forms {
            assert!(has(&format!("{option}.{key}")), "`{option}({key}..)` is not in the table of flips");
        }
    }
}

#[test]
fn the_expansions_are_the_checked_in_ones() {
    for (shape, source) in SHAPES {
        let mut text = format!("// {shape}.rs, expanded. UPDATE_EXPECT=1 rewrites this file.\n");
        for item in items(source) {
            let annotated = Annotated::of(item, &only(shape), None);
            let [derive, after] = annotated.added();
            let item = annotated.item.to_token_stream();
            for part in [quote!(#derive #item), after] {
                let formatted = prettyplease::unparse(&syn::parse2(part).expect("an expansion is Rust"));
                if !formatted.is_empty() {
                    text.push('\n');
                    text.push_str(&tidy(&formatted));
                }
            }
        }
        expect::file(format!("expand/{shape}.expanded.rs"), &text);
    }
}

#[test]
fn every_file_of_the_folder_is_a_shape() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/expand");
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let name = entry.expect("it can be read").file_name().into_string().expect("a plain name");
        if name == "shapes.in" {
            continue;
        }
        let shape = name.trim_end_matches(".rs").trim_end_matches(".expanded");
        assert!(SHAPES.iter().any(|(known, _)| *known == shape), "`{name}` is no shape of `shapes!`");
    }
}

/// The item comes out first and untouched, but for one derive where a field has an attribute of ours; then nothing but hidden constants, one for each handler, each with one
/// alias to the runtime crate and at most one `submit!`, without `async` blocks and without a word of serde.
#[test]
fn the_item_is_untouched_and_what_is_added_is_hidden() {
    for (shape, source) in SHAPES {
        for item in items(source) {
            let annotated = Annotated::of(item, MACROS, None);
            if annotated.by.is_none() {
                continue;
            }
            let [derive, after] = annotated.added();
            let derive = derive.to_string().replace(' ', "");
            let is_ours = annotated.item.to_token_stream().to_string().contains("aggregate_id");
            assert_eq!(
                derive,
                if is_ours { "#[derive(::cqrs_core::__private::MessageFields)]" } else { "" },
                "`{shape}`"
            );
            let added: syn::File = syn::parse2(after).expect("an expansion is Rust");
            assert!(!added.items.is_empty(), "`{shape}`: nothing is added");
            for item in &added.items {
                let Item::Const(hidden) = item else { panic!("`{shape}` adds something that has a name") };
                assert_eq!(hidden.ident, "_", "`{shape}`");
                assert!(
                    hidden.attrs.iter().any(|attribute| attribute.to_token_stream().to_string().contains("hidden"))
                );
                let syn::Expr::Block(block) = &*hidden.expr else { panic!("`{shape}`: no block") };
                let uses = block.block.stmts.iter().filter(|stmt| matches!(stmt, Stmt::Item(Item::Use(_))));
                assert_eq!(uses.count(), 1, "`{shape}` has one alias");
                let words = words(hidden.to_token_stream());
                let count = |word: &str| words.iter().filter(|known| *known == word).count();
                assert!(count("submit") <= 1, "`{shape}` registers more than once");
                assert_eq!(count("serde"), 0, "`{shape}` has code of serde's");
                assert!(!hidden.to_token_stream().to_string().contains("async move"), "`{shape}` nests async");
            }
        }
    }
}

/// `crate = path` reaches everything: the default name of the crate is nowhere in what is added.
#[test]
fn under_another_name_the_default_one_appears_nowhere() {
    for (shape, source) in SHAPES {
        let mut expanded = 0;
        for item in items(source) {
            let annotated = Annotated::of(item, MACROS, Some(quote!(::renamed)));
            let words: Vec<_> = annotated.added().into_iter().flat_map(words).collect();
            if words.is_empty() {
                continue;
            }
            expanded += 1;
            assert!(words.iter().any(|word| word == "renamed"), "`{shape}` does not use the name it is given");
            for banned in ["cqrs_core", "cqrs_macros"] {
                assert!(!words.iter().any(|word| word == banned), "`{shape}` says `{banned}`");
            }
        }
        assert!(expanded > 0, "`{shape}` expands nothing");
    }
}

const MACROS: &[&str] = &["command", "query", "event", "handler", "provide", "behavior", "Problem"];

/// The macro that a shape shows: the first word of its name. The others are left as they are written.
fn only(shape: &str) -> [&str; 1] {
    let name = shape.split('_').next().expect("a word");
    [if name == "problem" { "Problem" } else { name }]
}

/// The tokens inside of a macro's braces, which are printed with a space around each, as they would be written.
fn tidy(formatted: &str) -> String {
    let mut inside = false;
    let lines = formatted.lines().map(|line| {
        let tidied = if inside {
            line.replace("< ", "<").replace(" <", "<").replace(" >", ">").replace("> ::", ">::")
        } else {
            line.to_owned()
        };
        inside = line.ends_with("submit! {");
        tidied + "\n"
    });
    lines.collect()
}

/// An item, and the macro of ours on it.
struct Annotated {
    item: Item,
    by: Option<By>,
}

enum By {
    Message(Macro, TokenStream),
    Handler(TokenStream),
    Provide(TokenStream),
    Behavior(TokenStream),
    Problem(TokenStream),
}

impl Annotated {
    /// Takes our attribute off the item, as rustc does, if it is one of `macros`, and gives it `crate = path`.
    fn of(mut item: Item, macros: &[&str], path: Option<TokenStream>) -> Self {
        let Some(attributes) = attributes(&mut item) else { return Annotated { item, by: None } };
        let mut by = None;
        attributes.retain(|attribute| {
            let name = attribute.path().get_ident().map(ToString::to_string).unwrap_or_default();
            let arguments = match &attribute.meta {
                Meta::List(list) => list.tokens.clone(),
                _ => TokenStream::new(),
            };
            let arguments = match &path {
                Some(path) if arguments.is_empty() => quote!(crate = #path),
                Some(path) => quote!(#arguments, crate = #path),
                None => arguments,
            };
            if !macros.contains(&name.as_str()) {
                return true;
            }
            by = Some(match name.as_str() {
                "command" => By::Message(Macro::Command, arguments),
                "query" => By::Message(Macro::Query, arguments),
                "event" => By::Message(Macro::Event, arguments),
                "handler" => By::Handler(arguments),
                "provide" => By::Provide(arguments),
                "behavior" => By::Behavior(arguments),
                _ => return true,
            });
            false
        });
        let is_problem = |attribute: &mut Attribute| {
            let mut found = false;
            if macros.contains(&"Problem") && attribute.path().is_ident("derive") {
                let mut others = Vec::new();
                attribute
                    .parse_nested_meta(|derive| {
                        if derive.path.is_ident("Problem") {
                            found = true;
                        } else {
                            others.push(derive.path);
                        }
                        Ok(())
                    })
                    .expect("a list of derives");
                *attribute = syn::parse_quote!(#[derive(#(#others),*)]);
            }
            found
        };
        if attributes.iter_mut().any(is_problem) {
            let named = path.map(|path| quote!(#[problem(crate = #path)]));
            by = Some(By::Problem(quote!(#named #item)));
            without_helpers(&mut item);
        }
        Annotated { item, by }
    }

    /// What stands before the item, and what after it.
    fn added(&self) -> [TokenStream; 2] {
        let item: Vec<TokenTree> = self.item.to_token_stream().into_iter().collect();
        let all: Vec<TokenTree> = self.expand().into_iter().collect();
        let text = |tokens: &[TokenTree]| tokens.iter().cloned().collect::<TokenStream>().to_string();
        let has = |at: usize| all.get(at..at + item.len()).is_some_and(|tokens| text(tokens) == text(&item));
        // A derive is `#` and `[..]`.
        let before = if has(0) { 0 } else { 2 };
        assert!(has(before), "the item is not first, or not untouched: {}", text(&all));
        [all[..before].iter().cloned().collect(), all[before + item.len()..].iter().cloned().collect()]
    }

    /// What stands in the place of the item.
    fn expand(&self) -> TokenStream {
        let item = self.item.to_token_stream();
        match &self.by {
            None => item,
            Some(By::Message(of, arguments)) => message::expand(*of, arguments.clone(), item),
            Some(By::Handler(arguments)) => handler::expand(arguments.clone(), item),
            Some(By::Provide(arguments)) => provide::expand(arguments.clone(), item),
            Some(By::Behavior(arguments)) => behavior::expand(arguments.clone(), item),
            Some(By::Problem(input)) => {
                let added = problem::expand(input.clone());
                quote!(#item #added)
            }
        }
    }
}

/// Takes off what only the derive understands, so that the expansion compiles without it.
fn without_helpers(item: &mut Item) {
    let is_none = |attribute: &Attribute| !attribute.path().is_ident("problem") && !attribute.path().is_ident("fault");
    if let Item::Enum(item) = item {
        item.attrs.retain(is_none);
        item.variants.iter_mut().for_each(|variant| variant.attrs.retain(is_none));
    }
}

fn items(source: &str) -> Vec<Item> {
    syn::parse_file(source).expect("a shape is Rust").items
}

fn attributes(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    match item {
        Item::Struct(item) => Some(&mut item.attrs),
        Item::Enum(item) => Some(&mut item.attrs),
        Item::Fn(item) => Some(&mut item.attrs),
        Item::Impl(item) => Some(&mut item.attrs),
        _ => None,
    }
}

/// Every identifier.
fn words(tokens: TokenStream) -> Vec<String> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(ident) => vec![ident.to_string()],
            TokenTree::Group(group) => words(group.stream()),
            _ => Vec::new(),
        })
        .collect()
}
