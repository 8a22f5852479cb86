//! The tables of a request, and what they say of the bars.

use crate::figures::{keep, kept};
use crate::instructions;
use crate::markdown;
use crate::measure::{self, Plan, Row};
use crate::requests::{BY_HAND, GENERATED, WORKLOADS};

/// So many allocations more than by hand may be.
const MORE_ALLOCATIONS: f64 = 5.0;
/// So many times the instructions.
const TIMES_INSTRUCTIONS: f64 = 1.1;

/// A table for each workload.
pub fn tables(plan: Plan) -> String {
    let head =
        ["candidate", "allocations", "instructions", "x by hand", "ns", "min..max", "x by hand, time", "min..max"];
    let mut text = String::new();
    for workload in WORKLOADS {
        let candidates = workload.candidates();
        let rows = measure::run(plan, &candidates, 1);
        let counts = instructions::count(workload, &candidates);
        let cells: Vec<_> = rows.iter().enumerate().map(|(at, row)| cells(row, counts.as_deref(), at)).collect();
        text += &format!("### {}\n\n{}\n", workload.title(), markdown::table(&head, &cells));
        for (at, row) in rows.iter().enumerate() {
            let name = |what: &str| format!("{} {} {what}", workload.key(), row.name);
            keep(&name("allocations"), row.allocations);
            keep(&name("time ratio"), row.ratios[0].median);
            if let Some(counts) = &counts {
                keep(&name("instructions"), counts[at] as f64);
            }
        }
    }
    text
}

fn cells(row: &Row, counts: Option<&[u64]>, at: usize) -> Vec<String> {
    let (time, ratio) = (row.time, row.ratios[0]);
    vec![
        row.name.clone(),
        row.allocations.to_string(),
        counts.map_or("-".to_owned(), |counts| counts[at].to_string()),
        counts.map_or("-".to_owned(), |counts| format!("{:.3}", counts[at] as f64 / counts[0] as f64)),
        format!("{:.0}", time.median),
        format!("{:.0}..{:.0}", time.min, time.max),
        format!("{:.2}", ratio.median),
        format!("{:.2}..{:.2}", ratio.min, ratio.max),
    ]
}

/// What the last run says of the bars.
pub fn budgets() -> String {
    let rows: Vec<_> = WORKLOADS
        .into_iter()
        .map(|workload| {
            let of = |candidate: &str, what: &str| kept(&format!("{} {candidate} {what}", workload.key()));
            let pair = |what: &str| Some((of(BY_HAND, what)?, of(GENERATED, what)?));
            let measured = pair("allocations").zip(pair("instructions"));
            let (measured, verdict) = match measured {
                None => ("-".to_owned(), "open: not measured".to_owned()),
                Some(((hand, ours), (hand_instructions, instructions))) => {
                    let (more, times) = (ours - hand, instructions / hand_instructions);
                    let measured = format!("{more:+} ({hand} by hand); {:+.1} %", (times - 1.0) * 100.0);
                    (measured, verdict(more, times))
                }
            };
            vec![
                workload.title().to_owned(),
                "at most +5 allocations; +10 % instructions".to_owned(),
                measured,
                verdict,
            ]
        })
        .collect();
    markdown::table_of_text(&["a generated route, beside one by hand", "bar", "measured", "verdict"], &rows)
}

fn verdict(more: f64, times: f64) -> String {
    match (more <= MORE_ALLOCATIONS, times <= TIMES_INSTRUCTIONS) {
        (true, true) => "met".to_owned(),
        (false, true) => "**missed** by allocations".to_owned(),
        (true, false) => "**missed** by instructions".to_owned(),
        (false, false) => "**missed** by both".to_owned(),
    }
}
