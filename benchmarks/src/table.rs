//! The table of one measurement.

use crate::markdown;
use crate::measure::Row;

/// One row a candidate; `baselines` head the columns of ratios.
pub fn measured(rows: &[Row], baselines: &[&str]) -> String {
    let ratios: Vec<String> = baselines.iter().map(|name| format!("x {name}")).collect();
    let mut head = vec!["candidate", "ns per call", "min..max", "allocations"];
    head.extend(ratios.iter().map(String::as_str));

    let cells = |row: &Row| {
        let time = row.time;
        let mut cells = vec![
            row.name.clone(),
            format!("{:.1}", time.median),
            format!("{:.1}..{:.1}", time.min, time.max),
            count(row.allocations),
        ];
        cells.extend(row.ratios.iter().map(|ratio| format!("{:.2}", ratio.median)));
        cells
    };
    markdown::table(&head, &rows.iter().map(cells).collect::<Vec<_>>())
}

/// A count that is whole where it ought to be: a fraction shows that something is not exact.
fn count(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}
