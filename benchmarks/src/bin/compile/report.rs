//! The tables: milliseconds per declaration, less what the plain structs take.

use crate::cost::Measure;
use crate::flavour::Flavour;

#[path = "../../markdown.rs"]
mod markdown;

/// How to read the tables.
pub const NOTE: &str = "\
CPU milliseconds (user and system, all processes) per declaration, dev profile, one crate, its \
dependencies built before. The first row is the whole run divided by N; every other row is what the \
flavour takes more than the plain structs. Cold: this crate was never built. Edited: a constant's \
value changed. Moved: a line was put before all others. A caller is a boxed future, since an \
`async fn` that nobody polls has no code in its crate.\n";

/// The table of one size; `costs` holds a row for each flavour, in the order of [`Measure::ALL`].
pub fn table(size: usize, flavours: &[&Flavour], costs: &[Vec<f64>]) -> String {
    let plain = flavours.iter().position(|flavour| flavour.key == "plain");
    let mut head = vec!["declaration"];
    head.extend(Measure::ALL.map(|what| what.title));

    let mut rows = Vec::new();
    for (i, flavour) in flavours.iter().enumerate() {
        let base = plain.filter(|plain| *plain != i);
        let mut cells = vec![flavour.title.to_owned()];
        for (what, cost) in costs[i].iter().enumerate() {
            let less = base.map_or(0.0, |plain| costs[plain][what]);
            cells.push(match cost.is_nan() {
                true => "-".to_owned(),
                false => format!("{:.2}", (cost - less) / size as f64),
            });
        }
        rows.push(cells);
    }
    format!("### N = {size}\n\n{}", markdown::table(&head, &rows))
}
