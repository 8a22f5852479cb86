//! `#[aggregate_id]` on a field: which aggregate's stream a message is about.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Fields, Index, Item, LitStr, Member, Meta, Type};

use crate::attributes::Attributes;
use crate::errors::Errors;
use crate::options::{Macro, Options};

const NAME: &str = "aggregate_id";

/// What the attributes on a message's fields say.
#[derive(Default)]
pub(crate) struct AggregateIds {
    /// Whether the attribute is anywhere, well or badly: then rustc has to be told that it is ours.
    given: bool,
    /// At most one that is there, whatever `#[cfg(..)]` comes to.
    fields: Vec<AggregateId>,
}

/// A field with the attribute.
struct AggregateId {
    member: Member,
    ty: Type,
    category: String,
    /// `#[cfg(..)]` of the field, which rustc has not looked at yet.
    attributes: Attributes,
}

/// Finds the attribute on the fields of a message.
pub(crate) fn read(of: Macro, item: &Item, errors: &mut Errors) -> AggregateIds {
    let mut found = AggregateIds::default();
    let (own, fields) = match item {
        Item::Struct(item) => (&item.attrs, Some(&item.fields)),
        Item::Enum(item) => {
            for attribute in item.variants.iter().flat_map(|variant| {
                variant.attrs.iter().chain(variant.fields.iter().flat_map(|field| &field.attrs)).filter(is_ours)
            }) {
                found.given = true;
                errors.at(
                    attribute,
                    "`#[aggregate_id]` goes on a field that every value has: make the message a struct, with the id \
                     and the enum as its fields",
                );
            }
            (&item.attrs, None)
        }
        _ => return found,
    };
    for attribute in own.iter().filter(is_ours) {
        found.given = true;
        errors.at(attribute, "`#[aggregate_id]` goes on the field that is the aggregate's id");
    }
    if let Some(fields) = fields {
        found.of_fields(of, fields, errors);
    }
    found
}

fn is_ours(attribute: &&Attribute) -> bool {
    attribute.path().is_ident(NAME)
}

impl AggregateIds {
    fn of_fields(&mut self, of: Macro, fields: &Fields, errors: &mut Errors) {
        for (index, field) in fields.iter().enumerate() {
            let mut ours = field.attrs.iter().filter(is_ours);
            let Some(attribute) = ours.next() else { continue };
            self.given = true;
            for second in ours {
                errors.at(second, "`#[aggregate_id]` is given twice");
            }
            if of == Macro::Query {
                errors.at(
                    attribute,
                    "a query names no stream: it reads what handlers of events have written; remove `#[aggregate_id]`",
                );
                continue;
            }
            let attributes = Attributes::of(&field.attrs);
            let both_are_there = |other: &AggregateId| !other.attributes.is_conditional();
            if self.fields.iter().any(both_are_there) || (!self.fields.is_empty() && !attributes.is_conditional()) {
                errors.at(
                    attribute,
                    "a message is about one aggregate, and another field has `#[aggregate_id]` already: keep the one \
                     whose events it is about",
                );
                continue;
            }
            let Some(category) = category(attribute, &field.ty, errors) else { continue };
            let conditional_before =
                fields.iter().take(index).any(|field| Attributes::of(&field.attrs).is_conditional());
            let member = match &field.ident {
                Some(ident) => Member::Named(ident.clone()),
                None if conditional_before => {
                    errors.at(
                        attribute,
                        "which field this is depends on a `#[cfg(..)]` before it: put this field first, or give the \
                         fields names",
                    );
                    continue;
                }
                None => Member::Unnamed(Index::from(index)),
            };
            self.fields.push(AggregateId { member, ty: field.ty.clone(), category, attributes });
        }
    }

    /// `#[derive(..)]`, which makes the attribute one that rustc knows, and nothing else.
    pub(crate) fn derive(&self, options: &Options) -> TokenStream {
        if !self.given {
            return TokenStream::new();
        }
        let krate = options.krate();
        quote!(#[derive(#krate::__private::MessageFields)])
    }

    // Input:
    //     #[command]
    //     struct ConfirmOrder { #[aggregate_id] order: OrderId }
    // Output:
    //     #[derive(::cqrs_core::__private::MessageFields)]
    //     struct ConfirmOrder { #[aggregate_id] order: OrderId }
    //     ..
    //         impl _cqrs::NamesAggregate for ConfirmOrder {
    //             type Id = OrderId;
    //             const CATEGORY: &'static str = "order";
    //             fn aggregate_id(&self) -> &Self::Id { &self.order }
    //         }
    pub(crate) fn implement(&self, message: &Ident) -> TokenStream {
        self.fields
            .iter()
            .map(|AggregateId { member, ty, category, attributes }| {
                // What the type lacks is said at the type.
                let id = quote_spanned!(ty.span()=> type Id = #ty;);
                quote! {
                    #attributes
                    #[automatically_derived]
                    impl _cqrs::NamesAggregate for #message {
                        #id
                        const CATEGORY: &'static _cqrs::str = #category;
                        fn aggregate_id(&self) -> &Self::Id { &self.#member }
                    }
                }
            })
            .collect()
    }

    /// The message's declaration, with its stream.
    pub(crate) fn info(&self, message: &Ident, info: TokenStream) -> TokenStream {
        match self.fields.as_slice() {
            [] => info,
            [field] if !field.attributes.is_conditional() => quote!(#info .in_stream::<#message>()),
            fields => {
                let attributes = fields.iter().map(|field| &field.attributes);
                quote!({
                    let __info = #info;
                    #(#attributes let __info = __info.in_stream::<#message>();)*
                    __info
                })
            }
        }
    }
}

/// What sort of aggregate: as the attribute says, or else as the type is called.
fn category(attribute: &Attribute, ty: &Type, errors: &mut Errors) -> Option<String> {
    let given: LitStr = match &attribute.meta {
        Meta::Path(_) => {
            let category = category_of(ty);
            if category.is_none() {
                let shown = ty.to_token_stream().to_string().replace(' ', "");
                errors.at(
                    ty,
                    format!(
                        "`{shown}` does not say what sort of aggregate it is the id of, as `OrderId` does: write \
                         `#[aggregate_id(\"order\")]`"
                    ),
                );
            }
            return category;
        }
        Meta::List(_) => match attribute.parse_args() {
            Ok(given) => given,
            Err(_) => {
                errors.at(attribute, WRITTEN);
                return None;
            }
        },
        Meta::NameValue(_) => {
            errors.at(attribute, WRITTEN);
            return None;
        }
    };
    let category = given.value();
    if !is_category(&category) {
        errors.at(
            &given,
            "a category is lower-case letters, digits, `_` and `.`, such as `#[aggregate_id(\"purchase_order\")]`",
        );
        return None;
    }
    Some(category)
}

const WRITTEN: &str = "`aggregate_id` is written `#[aggregate_id]` or `#[aggregate_id(\"order\")]`";

/// `-` parts it from the id.
fn is_category(text: &str) -> bool {
    let known = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_' || letter == '.';
    !text.is_empty() && text.chars().all(known)
}

/// `purchase_order` of `ids::PurchaseOrderId`.
fn category_of(ty: &Type) -> Option<String> {
    let path = match ty {
        // What a macro was given as a type.
        Type::Group(group) => return category_of(&group.elem),
        Type::Paren(paren) => return category_of(&paren.elem),
        Type::Path(path) => &path.path,
        _ => return None,
    };
    let name = path.segments.last()?.ident.to_string();
    let category = snake(name.trim_start_matches("r#").strip_suffix("Id")?);
    is_category(&category).then_some(category)
}

/// `http_session` of `HTTPSession`: a word begins with a capital after a small letter, or before one.
fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| letters[index]);
        let after = letters.get(index + 1);
        let begins = letter.is_uppercase()
            && before.is_some_and(|before| {
                before != '_' && (!before.is_uppercase() || after.is_some_and(|after| after.is_lowercase()))
            });
        if begins {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(of: Macro, item: &str) -> (AggregateIds, Vec<String>) {
        let mut errors = Errors::default();
        let ids = super::read(of, &syn::parse_str(item).unwrap(), &mut errors);
        (ids, errors.texts())
    }

    #[test]
    fn a_category_is_what_the_type_is_called_without_its_ending() {
        for (ty, category) in [
            ("OrderId", Some("order")),
            ("ids::PurchaseOrderId", Some("purchase_order")),
            ("HTTPSessionId", Some("http_session")),
            ("SKUId", Some("sku")),
            ("Order2Id", Some("order2")),
            ("Order2GoId", Some("order2_go")),
            ("Purchase_OrderId", Some("purchase_order")),
            ("OrderId<Draft>", Some("order")),
            ("(OrderId)", Some("order")),
            ("Id", None),
            ("order::Id", None),
            ("Uuid", None),
            ("u64", None),
            ("Option<OrderId>", None),
            ("(OrderId, LineId)", None),
            ("&'static str", None),
            ("ÖrderId", None),
        ] {
            assert_eq!(category_of(&syn::parse_str(ty).unwrap()).as_deref(), category, "{ty}");
        }
    }

    #[test]
    fn the_field_is_found_wherever_it_stands() {
        for (item, member, category) in [
            ("struct C { a: u8, #[aggregate_id] order: OrderId }", "order", "order"),
            ("struct C(#[aggregate_id] OrderId, u8);", "0", "order"),
            ("struct C(u8, #[aggregate_id(\"shop.order_2\")] u64);", "1", "shop.order_2"),
            ("struct C { #[cfg(a)] a: u8, #[aggregate_id] r#type: TypeId }", "r#type", "type"),
        ] {
            let (ids, errors) = read(Macro::Command, item);
            assert_eq!(errors, Vec::<String>::new(), "{item}");
            assert_eq!(ids.fields.len(), 1, "{item}");
            assert_eq!(ids.fields[0].member.to_token_stream().to_string(), member);
            assert_eq!(ids.fields[0].category, category);
        }
        let (ids, errors) = read(Macro::Event, "struct C { order: OrderId }");
        assert!(ids.fields.is_empty() && errors.is_empty() && !ids.given);
    }

    /// Of two that rustc takes one away, it is not known here which.
    #[test]
    fn each_condition_may_have_its_own() {
        let (ids, errors) =
            read(Macro::Event, "struct C { #[cfg(a)] #[aggregate_id] a: AId, #[aggregate_id] #[cfg(not(a))] b: BId }");
        assert_eq!((ids.fields.len(), errors), (2, Vec::new()));
    }

    /// One error each, which says what to write; and rustc is told of the attribute in any case.
    #[test]
    fn a_mistake_is_one_error() {
        for (of, item, says) in [
            (Macro::Query, "struct C { #[aggregate_id] order: OrderId }", "a query names no stream"),
            (Macro::Command, "#[aggregate_id] struct C { order: OrderId }", "goes on the field"),
            (Macro::Command, "enum C { A { #[aggregate_id] order: OrderId } }", "make the message a struct"),
            (Macro::Command, "enum C { #[aggregate_id] A }", "make the message a struct"),
            (Macro::Event, "struct C { #[aggregate_id] a: AId, #[aggregate_id] b: BId }", "about one aggregate"),
            (Macro::Event, "struct C { #[cfg(a)] #[aggregate_id] a: AId, #[aggregate_id] b: BId }", "one aggregate"),
            (Macro::Event, "struct C { #[aggregate_id] a: AId, #[cfg(a)] #[aggregate_id] b: BId }", "one aggregate"),
            (Macro::Event, "struct C { #[aggregate_id] #[aggregate_id] a: AId }", "given twice"),
            (Macro::Event, "struct C(#[cfg(a)] u8, #[aggregate_id] AId);", "put this field first"),
            (Macro::Event, "struct C { #[aggregate_id] a: Uuid }", "`Uuid` does not say what sort"),
            (Macro::Event, "struct C { #[aggregate_id(\"Order\")] a: u64 }", "a category is lower-case"),
            (Macro::Event, "struct C { #[aggregate_id(\"\")] a: u64 }", "a category is lower-case"),
            (Macro::Event, "struct C { #[aggregate_id(\"a-b\")] a: u64 }", "a category is lower-case"),
            (Macro::Event, "struct C { #[aggregate_id(order)] a: u64 }", "is written `#[aggregate_id]`"),
            (Macro::Event, "struct C { #[aggregate_id()] a: u64 }", "is written `#[aggregate_id]`"),
            (Macro::Event, "struct C { #[aggregate_id = \"order\"] a: u64 }", "is written `#[aggregate_id]`"),
        ] {
            let (ids, errors) = read(of, item);
            assert!(errors.len() == 1 && errors[0].contains(says), "{item}: {errors:?}");
            assert!(ids.given, "{item}");
        }
    }
}
