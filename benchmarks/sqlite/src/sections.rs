//! The tables, one function for each.

use std::error::Error;
use std::fs;

use crate::figures;
use crate::markdown;
use crate::ours;
use crate::rounds::{self, Candidate, Keep, Plan, Row, best, median, ratio};

const CALLERS: [u64; 3] = [1, 64, 512];

const LIMIT: &str = "by hand, rusqlite";
const DISK: &str = "`fdatasync` of 4 KiB alone";

/// Commands that raise one event.
pub fn events(plan: Plan) -> String {
    const DURABLE_CQRS_ES: [&str; 2] =
        ["cqrs-es 0.5, sqlite-es 0.5, FULL, 1 connection", "cqrs-es 0.5, sqlite-es 0.5, FULL, 10 connections"];
    let candidates = [
        Candidate::own(DISK, "disk", "event"),
        Candidate::own(LIMIT, "limit", "event"),
        Candidate::own("**`execute`**", "ours", "event"),
        Candidate::peer(DURABLE_CQRS_ES[0], "cqrs-es", "one", "event"),
        Candidate::peer(DURABLE_CQRS_ES[1], "cqrs-es", "ten", "event"),
        Candidate::peer("evento 2.0.0-alpha.38, `Rw`, FULL, 1 connection writes", "evento", "one", "event"),
        Candidate::peer("evento 2.0.0-alpha.38, `Rw`, FULL, 10 connections write", "evento", "ten", "event"),
        Candidate::peer("eventcore 2.1, its default, FULL", "eventcore", "default", "event"),
        Candidate::peer("evento 2.0.0-alpha.38, its README's pool, no WAL", "evento", "default", "event"),
        Candidate::peer("cqrs-es 0.5, sqlite-es 0.5, its default, NORMAL: not durable", "cqrs-es", "default", "event"),
    ];
    let mut text = String::new();
    for callers in CALLERS {
        let rows = rounds::run(plan, callers, &candidates);
        text += &format!("### One event, {}\n\n", called(callers));
        let cqrs_es = best(rows.iter().filter(|row| DURABLE_CQRS_ES.contains(&&*row.name)));
        let limit = best(rows.iter().filter(|row| row.name == LIMIT));
        let disk = best(rows.iter().filter(|row| row.name == DISK));
        text += &table("commands/s", &rows, &[("x cqrs-es", &cqrs_es), ("of the limit", &limit), ("x disk", &disk)]);
        text.push('\n');
        let ours = &rows[2];
        if callers == 64 {
            for (name, to) in [("x cqrs-es", &cqrs_es), ("of the limit", &limit)] {
                ratio(&ours.rates(), to).into_iter().for_each(|ratio| figures::keep(&format!("events {name}"), ratio));
            }
        }
        if callers != 1 {
            text += &format!("### Memory, {}\n\n{}\n", called(callers), memory(&rows));
        }
    }
    text
}

/// Commands with one SELECT and one INSERT of their own.
pub fn own_sql(plan: Plan) -> String {
    const CQRS_ES: [&str; 2] = ["cqrs-es 0.5, sqlx, FULL, 1 connection", "cqrs-es 0.5, sqlx, FULL, 10 connections"];
    let candidates = [
        Candidate::own(DISK, "disk", "own-sql"),
        Candidate::own(LIMIT, "limit", "own-sql"),
        Candidate::own("**`execute`**, `ReadDb` and `defer_execute`", "ours", "own-sql-deferred"),
        Candidate::own("**`execute`**, both in one `WriteTx::run`", "ours", "own-sql-run"),
        Candidate::own("**`execute`**, `WriteTx::one`, then `WriteTx::execute`", "ours", "own-sql-statements"),
        Candidate::peer(CQRS_ES[0], "cqrs-es", "one", "own-sql"),
        Candidate::peer(CQRS_ES[1], "cqrs-es", "ten", "own-sql"),
    ];
    let mut text = String::new();
    for callers in CALLERS {
        let rows = rounds::run(plan, callers, &candidates);
        text += &format!("### One SELECT and one INSERT, {}\n\n", called(callers));
        let cqrs_es = best(rows.iter().filter(|row| CQRS_ES.contains(&&*row.name)));
        let limit = best(rows.iter().filter(|row| row.name == LIMIT));
        let disk = best(rows.iter().filter(|row| row.name == DISK));
        text += &table("commands/s", &rows, &[("x cqrs-es", &cqrs_es), ("of the limit", &limit), ("x disk", &disk)]);
        text.push('\n');
    }
    text
}

/// Point queries.
pub fn queries(plan: Plan) -> String {
    const RAW: &str = "rusqlite on the caller's thread";
    let candidates = [
        Candidate::own(RAW, "limit", "query"),
        Candidate::own("rusqlite in a blocking thread", "limit-blocking", "query"),
        Candidate::own("`ReadDb`, no bus", "reads", "query"),
        Candidate::own("**`query`**", "ours", "query"),
    ];
    let mut text = String::new();
    for callers in CALLERS {
        let rows = rounds::run(plan, callers, &candidates);
        let raw = best(rows.iter().filter(|row| row.name == RAW));
        text += &format!("### A point query, {}\n\n", called(callers));
        text += &table("queries/s", &rows, &[("of rusqlite", &raw)]);
        text.push('\n');
    }
    text
}

/// Delivery to durable handlers.
pub fn delivery(plan: Plan) -> String {
    let candidates = [
        Candidate::own("by hand, a row for each event", "limit", "delivery-tx"),
        Candidate::own("**a handler** that writes a row, `&mut WriteTx`", "ours", "delivery-tx"),
        Candidate::own("**a handler** without a resource", "ours", "delivery"),
    ];
    let rows = rounds::run(plan, 1, &candidates);
    let limit = best(rows.first());
    let mut lines = Vec::new();
    for row in &rows {
        lines.push(vec![row.name.clone(), rate(row), spread(row), times(ratio(&row.rates(), &limit))]);
    }
    let head = ["candidate", "events/s", "min..max", "of by hand"];
    format!("### {} events that wait for a durable handler\n\n{}\n", ours::DELIVERED, markdown::table(&head, &lines))
}

/// The same with logs of many lengths.
///
/// # Errors
/// What the system says.
pub async fn growth(plan: Plan) -> Result<String, Box<dyn Error>> {
    let folder = rounds::folder("grown")?;
    let mut lines = Vec::new();
    let mut first = None;
    let sizes = [10_000_u64, 100_000, 1_000_000];
    let mut files = Vec::new();
    for (at, size) in sizes.into_iter().enumerate() {
        let file = folder.join(format!("{size}.db"));
        if let Some(smaller) = files.last() {
            fs::copy(smaller, &file)?;
        }
        ours::fill(&file, size).await?;
        ours::write_back(&file)?;
        files.push(file);
        eprintln!("grown: {size} events ({} of {})", at + 1, sizes.len());
    }
    // All sizes are in the same rounds.
    let mut candidates = Vec::new();
    for (size, file) in sizes.iter().zip(&files) {
        let keep = if *size > 100_000 { Keep::Grows } else { Keep::Copy };
        for (key, workload) in [("limit", "event"), ("ours", "event"), ("ours", "stream")] {
            candidates.push(Candidate::own(size.to_string(), key, workload).on(file.clone(), keep));
        }
    }
    let bytes: Vec<u64> = files.iter().map(|file| fs::metadata(file).map_or(0, |file| file.len())).collect();
    let rows = rounds::run(plan, 64, &candidates);
    for ((size, bytes), rows) in sizes.iter().zip(bytes).zip(rows.chunks(3)) {
        let [limit, ours, stream] = rows else { continue };
        let rates = ours.rates();
        let first = first.get_or_insert_with(|| rates.clone());
        let mib = |kib: Vec<f64>| median(kib).map_or("-".to_owned(), |kib| format!("{:.1}", kib / 1_024.0));
        lines.push(vec![
            size.to_string(),
            format!("{:.0}", bytes as f64 / *size as f64),
            rate(ours),
            spread(ours),
            times(ratio(&rates, first)),
            times(ratio(&rates, &limit.rates())),
            rate(stream),
            mib(ours.each(|measured| measured.rest_kib as f64)),
            mib(ours.each(|measured| measured.peak_kib as f64)),
        ]);
    }
    let head = [
        "events in the log",
        "bytes an event",
        "commands/s",
        "min..max",
        "x at 10000",
        "of the limit",
        "streams read/s",
        "MiB at rest",
        "MiB under load",
    ];
    fs::remove_dir_all(folder)?;
    Ok(format!("### Growth, 64 callers\n\n{}\n", markdown::table(&head, &lines)))
}

/// What the last runs say of the budgets.
pub fn budgets() -> String {
    let row = |what: &str, bar: &str, figure: &str, least: f64| {
        let kept = figures::kept(figure);
        let verdict = match kept {
            Some(value) if value >= least => "met".to_owned(),
            Some(value) => format!("**missed** by {:.2} x", least - value),
            None => "open: not measured".to_owned(),
        };
        let measured = kept.map_or("-".to_owned(), |value| format!("{value:.2} x"));
        vec![what.to_owned(), bar.to_owned(), measured, verdict]
    };
    let what = "one event, full durability, defaults (audit on), 64 callers";
    markdown::table_of_text(
        &["budget", "bar", "measured", "verdict"],
        &[
            row(&format!("{what}, beside cqrs-es + sqlite-es"), "10 x", "events x cqrs-es", 10.0),
            row(&format!("{what}, of hand-written group-committed rusqlite"), "0.5 x", "events of the limit", 0.5),
        ],
    )
}

fn called(callers: u64) -> String {
    format!("{callers} caller{}", if callers == 1 { "" } else { "s" })
}

/// A row a candidate; each baseline is a column of ratios.
fn table(unit: &str, rows: &[Row], baselines: &[(&str, &Vec<f64>)]) -> String {
    let mut head = vec!["candidate", unit, "min..max", "p50 us", "p99 us"];
    head.extend(baselines.iter().map(|(name, _)| *name));
    let cells = |row: &Row| {
        let of = |number: fn(&load::Measured) -> f64| {
            let shown = |value: f64| if value < 10.0 { format!("{value:.1}") } else { format!("{value:.0}") };
            median(row.each(number)).map_or("-".to_owned(), shown)
        };
        let name = match &row.measured {
            Ok(rounds) if rounds.iter().any(|one| one.failed > 0.0) => {
                let failed = median(row.each(|one| one.failed)).unwrap_or(0.0);
                format!("{} ({:.1} % failed)", row.name, failed * 100.0)
            }
            Ok(_) => row.name.clone(),
            Err(why) => format!("{}: {why}", row.name),
        };
        let mut cells = vec![name, rate(row), spread(row), of(|one| one.p50_us), of(|one| one.p99_us)];
        cells.extend(baselines.iter().map(|(_, to)| times(ratio(&row.rates(), to))));
        cells
    };
    markdown::table(&head, &rows.iter().map(cells).collect::<Vec<_>>())
}

fn memory(rows: &[Row]) -> String {
    let mib = |kib: Vec<f64>| median(kib).map_or("-".to_owned(), |kib| format!("{:.1}", kib / 1_024.0));
    let measured = rows.iter().filter(|row| row.name != DISK && row.measured.is_ok());
    let cells = |row: &Row| {
        let (rest, peak) = (row.each(|one| one.rest_kib as f64), row.each(|one| one.peak_kib as f64));
        vec![row.name.clone(), mib(rest), mib(peak)]
    };
    markdown::table(&["candidate", "MiB at rest", "MiB under load"], &measured.map(cells).collect::<Vec<_>>())
}

fn rate(row: &Row) -> String {
    median(row.rates()).map_or("-".to_owned(), |rate| format!("{rate:.0}"))
}

fn spread(row: &Row) -> String {
    let rates = row.rates();
    let least = rates.iter().copied().reduce(f64::min);
    let most = rates.iter().copied().reduce(f64::max);
    least.zip(most).map_or("-".to_owned(), |(least, most)| format!("{least:.0}..{most:.0}"))
}

fn times(ratio: Option<f64>) -> String {
    ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"))
}
