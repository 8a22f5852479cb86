//! Names may be keywords.

use cqrs_core::{Events, command, handler, provide};

#[command]
#[allow(non_camel_case_types)]
struct r#struct {
    r#type: u8,
}

#[allow(non_camel_case_types)]
struct r#enum;

#[handler]
async fn r#fn(r#match: r#struct, r#ref: &r#enum, r#mut: &mut Events) {
    drop((r#match.r#type, r#ref, r#mut));
}

#[provide]
fn r#impl() -> r#enum {
    r#enum
}

fn main() {
    let info = cqrs_core::Bus::global().catalog();
    assert!(info.messages.iter().any(|message| message.name == "struct"));
}
