//! The audit trail.

use std::time::Duration;

use crate::store::audit::{AuditEntry, AuditOutcome, AuditQuery};
use crate::store::changes::Changes;
use crate::testing::conformance::report::{Outcome, same};
use crate::testing::conformance::samples::*;
use crate::testing::conformance::subject::Trial;

pub(super) async fn a_row_says_which_events_its_command_raised(trial: Trial) -> Outcome {
    let store = trial.store();
    if !store.audits() {
        store.write(Changes { audit: vec![row("None")], ..changes() }).await?;
        same!(store.audited(AuditQuery::default()).await?, vec![], "the rows of a store that keeps no audit trail");
        return trial.audits();
    }
    store.write(Changes { events: vec![event(1)], audit: vec![row("One")], ..changes() }).await?;
    store.write(Changes { events: (2..5).map(event).collect(), audit: vec![row("Three")], ..changes() }).await?;
    let rejected = AuditEntry { outcome: AuditOutcome::Rejected, ..row("Rejected") };
    store.write(Changes { audit: vec![rejected.clone()], ..changes() }).await?;
    let faulted = AuditEntry { outcome: AuditOutcome::Faulted("timeout: the disk".to_owned()), ..row("Faulted") };
    let answered = AuditEntry { outcome: AuditOutcome::Answered, ..row("Answered") };
    store.write(Changes { audit: vec![faulted.clone(), answered.clone()], ..changes() }).await?;
    let at: Vec<_> = log_of(&*store, 4).await?.iter().map(|event| event.position).collect();
    let rows = store.audited(AuditQuery::default()).await?;
    let told: Vec<_> = rows.iter().map(|row| (&*row.command, row.events)).collect();
    let expected = vec![
        ("Answered", None),
        ("Faulted", None),
        ("Rejected", None),
        ("Three", Some((at[1], at[3]))),
        ("One", Some((at[0], at[0]))),
    ];
    same!(told, expected, "commands and the positions of their events, the latest first");
    for (found, written) in rows.iter().zip([answered, faulted, rejected]) {
        same!(*found, written, "a row of the audit trail");
    }
    Ok(())
}

pub(super) async fn rows_are_found_by_each_member_of_a_query(trial: Trial) -> Outcome {
    trial.audits()?;
    let store = trial.store();
    let begun = |seconds, row| AuditEntry { started_at: at(seconds), ..row };
    let rows = vec![
        begun(0, AuditEntry { call: call_by("ada", "London", "tea"), ..row("Place") }),
        begun(10, AuditEntry { call: call_by("bob", "London", "coffee"), ..row("Place") }),
        begun(20, AuditEntry { call: call_by("ada", "Paris", "coffee"), ..row("Ship") }),
        begun(30, AuditEntry { call: crate::call::context::Context::of_call(None, None), ..row("Ship") }),
    ];
    for row in &rows {
        store.write(Changes { audit: vec![row.clone()], ..changes() }).await?;
    }
    let asking = AuditQuery::default;
    let cases: [(&str, AuditQuery, &[usize]); 13] = [
        ("all", asking(), &[3, 2, 1, 0]),
        ("by one caller", asking().by("ada"), &[2, 0]),
        ("by somebody who called nothing", asking().by("Ada"), &[]),
        ("of one command", asking().command("Place"), &[1, 0]),
        ("with one id", asking().command_id(rows[1].call.message_id()), &[1]),
        ("with an id that nothing has", asking().command_id(crate::call::ids::MessageId::new()), &[]),
        ("that belong together", asking().correlation("coffee"), &[2, 1]),
        ("that belong to a call of their own", asking().correlation(rows[3].call.correlation_id().clone()), &[3]),
        ("for one tenant", asking().tenant("London"), &[1, 0]),
        ("begun at a time or later", asking().since(at(20)), &[3, 2]),
        ("begun before a time", asking().until(at(20)), &[1, 0]),
        ("no more than two, the latest", asking().limit(2), &[3, 2]),
        ("of which all is true", asking().by("ada").tenant("Paris").command("Ship").since(at(10)).until(at(30)), &[2]),
    ];
    for (what, query, expected) in cases {
        let found = store.audited(query).await?;
        let found: Vec<_> = found.iter().map(|row| rows.iter().position(|written| written == row)).collect();
        let expected: Vec<_> = expected.iter().map(|&n| Some(n)).collect();
        same!(found, expected, "rows {what}, by their numbers");
    }
    Ok(())
}

pub(super) async fn rows_are_forgotten_when_they_have_been_kept_long_enough(trial: Trial) -> Outcome {
    trial.audits()?;
    let (store, keep) = (trial.store(), trial.keeps_audit());
    let begun = |name, seconds| AuditEntry { started_at: at(seconds), ..row(name) };
    store.write(Changes { audit: vec![begun("Old", 0)], ..changes() }).await?;
    store.write(Changes { audit: vec![begun("New", 60)], ..changes() }).await?;
    let names = async || Ok::<_, crate::Fault>(store.audited(AuditQuery::default()).await?.len());
    store.purge(now() + keep - Duration::from_secs(1)).await?;
    same!(names().await?, 2, "how many rows there are, a second before the first has been kept long enough");
    store.purge(now() + keep).await?;
    same!(names().await?, 1, "how many rows there are, when one of two has been kept long enough");
    let kept: Vec<_> = store.audited(AuditQuery::default()).await?.into_iter().map(|row| row.command).collect();
    same!(kept, vec!["New"], "the row that is kept");
    store.purge(at(60) + keep).await?;
    same!(names().await?, 0, "how many rows there are, when both have been kept long enough");
    // Events are no rows of the audit trail: they stay.
    store.write(Changes { events: vec![event(1)], ..changes() }).await?;
    store.purge(at(60) + keep * 2).await?;
    same!(store.head().await?.is_some(), true, "whether an event is in the log, long after");
    Ok(())
}
