//! What is wrong with the routes of a bus, as far as the compiler does not see it.

use std::collections::BTreeMap;

use schemars::SchemaGenerator;

use super::described;
use super::route::Route;
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
        for name in described::sort(route.http(), &mut generator).unknown {
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

/// A path without what its names are called.
fn shape(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}
