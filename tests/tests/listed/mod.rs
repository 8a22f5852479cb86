//! What two programs with one set of crates both list.

use cqrs_core::Bus;

use crate::expect;

pub(crate) fn assert_catalog() {
    let catalog = Bus::builder().build().catalog();
    let mut json = serde_json::to_string_pretty(&catalog).expect("a catalog is JSON");
    json.push('\n');
    expect::file("listed/catalog.json", &json);
    assert!(catalog.messages.is_sorted_by_key(|message| message.place), "messages come by path");
    assert!(catalog.messages.iter().all(|message| message.handlers.is_sorted()), "handlers come by path");
    assert!(catalog.providers.is_sorted_by_key(|provider| provider.place), "providers come by path");
    expect::file("listed/catalog.txt", &catalog.to_string());
}

pub(crate) fn assert_report() {
    let bus = Bus::builder().build();
    expect::file("listed/report.txt", &format!("{}\n", bus.verify()));
    assert!(bus.verify().problems().is_sorted(), "problems come by kind and text");
}
