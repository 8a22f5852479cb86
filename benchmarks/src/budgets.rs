//! The budgets, beside what the last runs measured, and why where one is missed. Those of the SQLite store are in the
//! package `sqlite`.

use crate::figures::kept;
use crate::markdown;

/// What is known of it; it was not taken apart.
const COMMAND: &str = "the prototype, at 0.9 ms, put no command into the registry and did not ask whether its output is an \
                       aggregate; what of that costs how much was not measured";

/// What came of one budget.
enum Verdict {
    Met,
    /// By how much, and why.
    Missed(String, &'static str),
    /// Nothing was measured.
    Open(&'static str),
}

struct Budget {
    what: &'static str,
    bar: &'static str,
    measured: Option<(String, Verdict)>,
}

/// A Markdown table of all of them.
pub fn table() -> String {
    let rows: Vec<Vec<String>> = [
        sync(),
        later(),
        scale(),
        peers(),
        resource(
            "a call with a buffer, `&mut Events`",
            "&mut Events",
            "beside the spawn itself there is the box of the work, which keeps tokio's task from being compiled for each \
             message, and the channel of its answer",
        ),
        resource(
            "a call with a unit of work, committed, `&mut InMemoryUnit`",
            "&mut InMemoryUnit, committed",
            "beyond the task's three there are the unit itself, shared with whoever writes to it, its box without a type \
             (a unit is any store's), and the box of its commit's future",
        ),
        pipeline(),
        compile("a `#[command]`", "3 ms", 3.0, kept("build command 1000"), COMMAND),
        compile(
            "a `#[handler]`, with its function",
            "10 ms",
            10.0,
            less("build handler 1000", "build command 1000"),
            "the checks of the signature and the `Handler` impl are type-checked even where nothing is instantiated",
        ),
        compile(
            "a `#[handler]` with `&mut`, with its function",
            "25 ms",
            25.0,
            less("build resource 1000", "build command 1000"),
            "the checks of the signature and the `Handler` impl are type-checked even where nothing is instantiated",
        ),
        compile(
            "a message that is dispatched somewhere, with its caller",
            "15 ms",
            15.0,
            less("build dispatched 1000", "build handler 1000"),
            "a quarter of it is the handler's future and the caller's, in a box, which plain functions have too; in a \
             debug build each message still has its own copy of the direct way, and of its handler's call inside of a \
             pipeline; all else is shared by those that answer alike",
        ),
        bus(),
    ]
    .into_iter()
    .map(row)
    .collect();
    markdown::table_of_text(&["budget", "bar", "measured", "verdict"], &rows)
}

fn row(budget: Budget) -> Vec<String> {
    let (measured, verdict) = budget.measured.unwrap_or(("-".to_owned(), Verdict::Open("not measured")));
    let verdict = match verdict {
        Verdict::Met => "met".to_owned(),
        Verdict::Missed(by, "") => format!("**missed** by {by}"),
        Verdict::Missed(by, why) => format!("**missed** by {by}: {why}"),
        Verdict::Open(why) => format!("open: {why}"),
    };
    vec![budget.what.to_owned(), budget.bar.to_owned(), measured, verdict]
}

fn less(all: &str, part: &str) -> Option<f64> {
    Some(kept(all)? - kept(part)?)
}

/// A call beside a baseline: so many times its nanoseconds, or so many more.
fn call(
    what: &'static str,
    bar: &'static str,
    [ours, base]: [&str; 2],
    (times, more, allocations): (f64, f64, f64),
    why: &'static str,
) -> Budget {
    let read = || {
        let (ns, base) = (kept(&format!("{ours} ns"))?, kept(&format!("{base} ns"))?);
        let allocated = kept(&format!("{ours} allocations"))?;
        let measured =
            format!("{ns:.1} ns to {base:.1}: {:.2} x, +{:.1} ns; allocations: {allocated}", ns / base, ns - base);
        let met = allocated <= allocations && (ns <= times * base || ns - base <= more);
        let by = format!("{:.1} ns", ns - (times * base).max(base + more));
        Some((measured, if met { Verdict::Met } else { Verdict::Missed(by, why) }))
    };
    Budget { what, bar, measured: read() }
}

fn sync() -> Budget {
    call(
        "`execute` to a sync handler",
        "0 allocations; 2 x or +5 ns a direct call",
        ["sync **`execute`**", "sync direct call"],
        (2.0, 5.0, 0.0),
        "beside the lookup, a call leaves word of itself for nested calls (a thread-local, set and set back), is counted \
         out where the bus is closed, finds its handler's dependencies through `Any`, and moves its message twice; \
         without `unsafe` the message cannot be built where the handler reads it",
    )
}

fn later() -> Budget {
    call(
        "`execute` to an async handler",
        "1 allocation; 1.5 x or +15 ns a `Box<dyn Handler>`",
        ["async **`execute`**", "async `Box<dyn Handler>`"],
        (1.5, 15.0, 1.0),
        "the same as for a sync handler, once more around the future's poll",
    )
}

fn scale() -> Budget {
    let read = || {
        let equal = kept("scale equal")? == 1.0;
        let by = || Verdict::Missed("a difference; see the table".to_owned(), "");
        Some(("see the table".to_owned(), if equal { Verdict::Met } else { by() }))
    };
    Budget { what: "the same with 10,000 message types", bar: "same allocations and instructions", measured: read() }
}

fn peers() -> Budget {
    let read = || {
        let ours = kept("async **`execute`** ns")?;
        let mut worst = f64::INFINITY;
        let mut said = Vec::new();
        for peer in ["mediator-rs 0.1", "discern 0.1", "eventide-application 0.1", "rust_bus 2"] {
            let times = kept(&format!("async {peer} ns"))? / ours;
            worst = worst.min(times);
            said.push(format!("{peer} {times:.1} x"));
        }
        let why = "for three of the four, a fifth of their time is no more than a hand-written \
                   `Box<dyn Handler>` takes with its one allocation";
        let verdict = if worst >= 5.0 { Verdict::Met } else { Verdict::Missed(format!("{:.1} x", 5.0 - worst), why) };
        Some((said.join(", "), verdict))
    };
    Budget { what: "against the erased and self-registering peers", bar: "5 x faster", measured: read() }
}

fn resource(what: &'static str, name: &str, why: &'static str) -> Budget {
    let read = || {
        let name = format!(
            "**`execute`**, {}",
            name.replacen("&mut ", "`&mut ", 1).replacen(", committed", "`, committed", 1)
        );
        let name = if name.matches('`').count() % 2 == 1 { format!("{name}`") } else { name };
        let ratio = kept(&format!("task {name} ratio"))?;
        let at_64 = kept(&format!("task 64 {name} ns"))?;
        let allocations = kept(&format!("task {name} allocations"))?;
        let measured = format!("allocations: {allocations}; {ratio:.2} x; {:.2} us at 64 callers", at_64 / 1_000.0);
        let mut by = Vec::new();
        if allocations > 3.0 {
            by.push(format!("{} allocations", allocations - 3.0));
        }
        if ratio > 2.0 {
            by.push(format!("{:.2} x", ratio - 2.0));
        }
        if at_64 > 2_000.0 {
            by.push(format!("{:.0} ns", at_64 - 2_000.0));
        }
        let verdict = if by.is_empty() { Verdict::Met } else { Verdict::Missed(by.join(" and "), why) };
        Some((measured, verdict))
    };
    Budget { what, bar: "3 allocations; 2 x a spawn and join; 2 us at 64 callers", measured: read() }
}

fn pipeline() -> Budget {
    let read = || {
        let of = |what: &str| {
            let base = kept(&format!("pipeline nothing declared, by a principal {what}"))?;
            Some((kept(&format!("pipeline `authorize`, `validate`, `timeout` {what}"))?, base))
        };
        let ((ns, base), (allocations, before)) = (of("ns")?, of("allocations")?);
        let (more, allocated) = (ns - base, allocations - before);
        let mut by = Vec::new();
        if more > 60.0 {
            by.push(format!("{:.0} ns", more - 60.0));
        }
        if allocated > 1.0 {
            by.push(format!("{} allocations", allocated - 1.0));
        }
        let why = "the clock is read for the deadline; where reading it is slow, that is most of it";
        let verdict = if by.is_empty() { Verdict::Met } else { Verdict::Missed(by.join(" and "), why) };
        Some((format!("{more:+.1} ns; {allocated:+} allocations"), verdict))
    };
    Budget { what: "declared `validate`, `authorize`, `timeout`", bar: "+60 ns, 1 allocation", measured: read() }
}

fn compile(what: &'static str, bar: &'static str, most: f64, ms: Option<f64>, why: &'static str) -> Budget {
    let measured = ms.map(|ms| {
        let by = format!("{:.1} ms", ms - most);
        (format!("{ms:.1} ms"), if ms <= most { Verdict::Met } else { Verdict::Missed(by, why) })
    });
    let measured = measured.or(Some(("-".to_owned(), Verdict::Open("not measured"))));
    Budget { what, bar, measured }
}

fn bus() -> Budget {
    let read = || {
        let (first, second, handlers) = (kept("bus first, ms")?, kept("bus second, ms")?, kept("bus handlers")?);
        let measured = format!("{first:.1} ms, a second one {second:.2} ms, {handlers} handlers");
        let by = || Verdict::Missed(format!("{:.1} ms", first - 10.0), "the registry is read and sorted once");
        Some((measured, if first <= 10.0 { Verdict::Met } else { by() }))
    };
    Budget { what: "building a bus with 10,000 handlers", bar: "10 ms", measured: read() }
}
