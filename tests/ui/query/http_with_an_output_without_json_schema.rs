use cqrs_core::{handler, query};

#[derive(serde::Serialize)]
struct View;

#[query(output = Option<View>, http(get = "/views"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct GetView;

#[handler]
fn get_view(_: GetView) -> Option<View> {
    None
}

fn main() {}
