//! What rustc itself makes of a crate: the macros run where they run for a user, and the expansion is looked at as
//! `cargo expand` shows it. It takes rustc's unstable switch for that, so it has a target directory of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use quote::ToTokens;
use syn::{Attribute, ImplItem, Item};

const CRATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/greeting");
const OUR_ATTRIBUTES: &[&str] =
    &["command", "query", "event", "handler", "provide", "behavior", "derive", "problem", "fault", "doc"];

#[test]
fn the_expansion_by_rustc_is_the_users_items_with_our_impls_after_them_and_compiles_again() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("expand_by_rustc");
    let text = expansion(&folder);
    let expanded = syn::parse_file(&text).expect("rustc prints Rust");

    for ours in ["cqrs_macros", "#[command", "#[query", "#[event", "#[handler", "#[provide", "#[behavior"] {
        assert!(!text.contains(ours), "`{ours}` is in the expansion:\n{text}");
    }
    assert_items(&expanded.items);
    for (what, count) in [
        ("impl _cqrs::Message for ", 3),
        ("impl _cqrs::Command for Greet ", 1),
        ("impl _cqrs::Query for GetStyle ", 1),
        ("impl _cqrs::Event for Greeted ", 1),
        ("impl _cqrs::Handler<", 3),
        ("impl _cqrs::Provider for ", 2),
        ("impl _cqrs::Behavior for ", 1),
        ("impl _cqrs::IntoProblem for GreetError ", 1),
        ("impl _cqrs::CarriesFault for GreetError ", 1),
        ("use ::cqrs_core::__private as _cqrs;", 10),
        // What registers: three messages, three handlers, two providers, a behavior.
        ("inventory::Node", 9),
    ] {
        let found = text.split_whitespace().collect::<Vec<_>>().join(" ").matches(what).count();
        assert!(found >= count, "`{what}` is in the expansion {found} times, not {count}:\n{text}");
    }

    compile_again(&folder, &text);
}

/// The expansion of the crate, as rustc prints it.
fn expansion(folder: &Path) -> String {
    fs::create_dir_all(folder).expect("the target directory is ours");
    let output = folder.join("greeting.rs");
    let mut cargo = cargo(folder, Path::new(CRATE));
    cargo.args(["rustc", "--lib", "--profile", "check", "--", "-Zunpretty=expanded", "-o"]).arg(&output);
    run(cargo);
    fs::read_to_string(output).expect("rustc has written it")
}

/// Every item of the source is in the expansion, unchanged and in its place; what has an attribute of ours is
/// followed by what we add, which is hidden and has no name.
fn assert_items(expanded: &[Item]) {
    let source = fs::read_to_string(Path::new(CRATE).join("src/lib.rs")).expect("the source is there");
    let source = syn::parse_file(&source).expect("the source is Rust").items;
    let mut rest = expanded.iter().peekable();
    for item in source {
        let is_ours = attributes(&mut item.clone())
            .iter()
            .any(|attribute| OUR_ATTRIBUTES.iter().any(|ours| *ours != "doc" && attribute.path().is_ident(ours)));
        let text = plain(item);
        assert!(rest.any(|expanded| plain(expanded.clone()) == text), "this is not in the expansion as it is:\n{text}");
        if is_ours {
            // What `derive` adds stands in between.
            while rest.next_if(|next| matches!(next, Item::Impl(_))).is_some() {}
            match rest.peek() {
                Some(Item::Const(hidden)) if hidden.ident == "_" => {
                    let hidden = hidden.to_token_stream().to_string();
                    assert!(hidden.starts_with("# [doc (hidden)]"), "{hidden}");
                }
                other => panic!("after this comes nothing of ours but {other:?}:\n{text}", other = other.is_some()),
            }
        }
    }
}

/// The item without the attributes that the macros and rustc take off or put differently.
fn plain(mut item: Item) -> String {
    let keep = |attribute: &Attribute| !OUR_ATTRIBUTES.iter().any(|ours| attribute.path().is_ident(ours));
    attributes(&mut item).retain(keep);
    match &mut item {
        Item::Struct(item) => item.fields.iter_mut().for_each(|field| field.attrs.retain(keep)),
        Item::Enum(item) => item.variants.iter_mut().for_each(|variant| variant.attrs.retain(keep)),
        Item::Impl(item) => {
            for item in &mut item.items {
                if let ImplItem::Fn(method) = item {
                    method.attrs.retain(keep);
                }
            }
        }
        Item::Trait(item) => {
            for item in &mut item.items {
                if let syn::TraitItem::Fn(method) = item {
                    method.attrs.retain(keep);
                }
            }
        }
        _ => {}
    }
    // rustc has its own mind about the last comma of a list.
    item.to_token_stream().to_string().replace(" , }", " }").replace(" , )", " )")
}

fn attributes(item: &mut Item) -> &mut Vec<Attribute> {
    match item {
        Item::Struct(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        Item::Fn(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        Item::Trait(item) => &mut item.attrs,
        Item::Use(item) => &mut item.attrs,
        Item::Const(item) => &mut item.attrs,
        Item::ExternCrate(item) => &mut item.attrs,
        other => panic!("another item: {}", other.to_token_stream()),
    }
}

/// Checks the expansion as the source of a package without any macro of ours.
fn compile_again(folder: &Path, expansion: &str) {
    let again = folder.join("again");
    let core = workspace().join("cqrs-core");
    fs::create_dir_all(again.join("src")).expect("the target directory is ours");
    let manifest = format!(
        "[package]\nname = \"again\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\ncqrs-core = {{ path = {core:?} }}\ninventory = \"0.3\"\n",
    );
    fs::write(again.join("Cargo.toml"), manifest).expect("the target directory is ours");
    fs::copy(workspace().join("Cargo.lock"), again.join("Cargo.lock")).expect("there is a lock file");
    let kept = expansion.lines().filter_map(|line| match line.trim() {
        // What only the derive understands, which is not there any more.
        "#[fault]" => None,
        helper if helper.starts_with("#[problem") => None,
        // inventory is of an older edition, and its macros keep that; their text does not.
        section if section.starts_with("#[link_section") => {
            Some(format!("#[unsafe({})]", &section[2..section.len() - 1]))
        }
        _ => Some(line.to_owned()),
    });
    // What `Clone` says inside of the compiler.
    let source = format!(
        "#![feature(derive_clone_copy_internals)]\n#![allow(internal_features, unused)]\n{}\n",
        kept.collect::<Vec<_>>().join("\n")
    );
    fs::write(again.join("src/lib.rs"), source).expect("the target directory is ours");
    let mut cargo = cargo(folder, &again);
    cargo.arg("check");
    run(cargo);
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is around this package").to_owned()
}

/// Everything is there already: this package was built.
fn cargo(folder: &Path, package: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").expect("cargo runs the tests"));
    cargo.current_dir(package).env("RUSTC_BOOTSTRAP", "1").env("CARGO_NET_OFFLINE", "true");
    cargo.env("CARGO_TARGET_DIR", folder.join("target")).env_remove("RUSTFLAGS");
    cargo
}

fn run(mut command: Command) {
    let output = command.output().expect("cargo can be run");
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
}
