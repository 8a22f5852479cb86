//! What is wrong with the routes of a bus, as far as the compiler does not see it.

use std::collections::BTreeMap;

use schemars::SchemaGenerator;

use super::described::{self, ParameterPlace, RouteParameter};
use super::route::Route;
use super::shape::Shape;
use crate::bus::Bus;
use crate::bus::verify::WiringProblemKind;

/// Everything at once, each with its places and its cure.
pub(crate) fn routes(bus: &Bus) -> Vec<(WiringProblemKind, String)> {
    let routes = bus.routes();
    let mut found = Vec::new();
    let mut same: BTreeMap<(&str, String), Vec<&Route>> = BTreeMap::new();
    let mut generator = SchemaGenerator::default();
    for route in &routes {
        same.entry((route.method().as_str(), shape(route.path()))).or_default().push(route);
        let sorted = described::sort(route.http(), &mut generator);
        let definitions = generator.definitions();
        for RouteParameter { name, place, schema, .. } in sorted.parameters {
            if Shape::of(&schema.into(), definitions, 0).is_beyond_text() {
                found.push((WiringProblemKind::WrongRoute, beyond_text(route, &name, place)));
            }
        }
        for name in sorted.unknown {
            let (message, place) = (route.name(), route.declared_at());
            let text = format!(
                "`{name}` of the route {} is no field of `{message}`, {place}: name a field as it is on the wire, with \
                 what serde renames",
                route.http()
            );
            found.push((WiringProblemKind::WrongRoute, text));
        }
    }
    for (_, routes) in same.into_iter().filter(|(_, routes)| routes.len() > 1) {
        let places: Vec<_> = routes.iter().map(|route| format!("`{}` {}", route.path(), route.place())).collect();
        let text = format!(
            "two messages have the route {}: {}; give one of them another path or another method",
            routes[0].http(),
            places.join(", ")
        );
        found.push((WiringProblemKind::SameRoute, text));
    }
    found
}

/// A parameter is text: what it can never be is in no request.
fn beyond_text(route: &Route, name: &str, place: ParameterPlace) -> String {
    let (message, at) = (route.name(), route.declared_at());
    let (from, cure) = match place {
        ParameterPlace::Path => ("the path", "name a field that is a plain value"),
        ParameterPlace::Header => ("a header", "name a field that is a plain value"),
        ParameterPlace::Query if route.has_body() => ("the query string", "leave it to the body"),
        ParameterPlace::Query => (
            "the query string",
            "say `#[serde(flatten)]`, so that its fields are parameters, or use a method with a body",
        ),
    };
    format!(
        "`{name}` of the route {} is an object, and comes from {from}, which is text, so that no request has it: it is a \
         field of `{message}`, {at}: {cure}",
        route.http()
    )
}

/// A path without what its names are called.
fn shape(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}
