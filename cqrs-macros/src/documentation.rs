//! Doc comments, as the description in the catalog.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The doc comment of an item: its lines, without the space in front.
pub(crate) fn of(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let unindented = lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
    unindented.collect::<Vec<_>>().join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    #[test]
    fn lines_lose_the_space_in_front_and_keep_their_indent() {
        let item: syn::ItemStruct = parse_quote! {
            /// Places an order.
            ///
            ///     indented
            #[derive(Debug)]
            #[doc = "Twice."]
            struct Place;
        };
        assert_eq!(super::of(&item.attrs), "Places an order.\n\n    indented\nTwice.");
    }

    #[test]
    fn an_item_without_documentation_has_none() {
        let item: syn::ItemStruct = parse_quote!(
            #[doc(hidden)]
            struct Place;
        );
        assert_eq!(super::of(&item.attrs), "");
    }
}
