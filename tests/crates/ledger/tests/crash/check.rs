//! What must be true of a ledger's rows, whenever and however its processes ended.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::path::Path;

use cqrs_sqlite::rusqlite::types::{FromSql, ValueRef};
use cqrs_sqlite::rusqlite::{Connection, Row};
use ledger::Settings;

use crate::process::Heard;

/// Opens a database from outside, with tables of what its log says.
pub(crate) fn open(db: &Path) -> Connection {
    let conn = Connection::open(db).unwrap();
    conn.busy_timeout(std::time::Duration::from_secs(60)).unwrap();
    conn
}

const LOG: &str = "
    DROP TABLE IF EXISTS temp.posted;
    DROP TABLE IF EXISTS temp.confirmed;
    CREATE TEMP TABLE posted AS SELECT position, event_id,
        payload ->> 'command' command, payload ->> 'account' account, payload ->> 'amount' amount
        FROM cq_event WHERE name = 'ledger.posted';
    CREATE TEMP TABLE confirmed AS SELECT position, payload ->> 'command' command
        FROM cq_event WHERE name = 'ledger.confirmed';
    CREATE TEMP TABLE IF NOT EXISTS checkpoint (name TEXT, position INTEGER);
    DELETE FROM checkpoint;
    INSERT INTO checkpoint SELECT name, coalesce(position, 0) FROM cq_subscription;
";

/// Each pair reads the same rows, in some order.
const SAME: &[(&str, &str, &str)] = &[
    (
        "an entry is there with its event, or neither is",
        "SELECT command, account, amount FROM entry",
        "SELECT command, account, amount FROM posted",
    ),
    (
        "a command has all of its entries, and once",
        "SELECT command, count(*) FROM entry GROUP BY command",
        "SELECT DISTINCT command, CASE WHEN command LIKE 'transfer-%' THEN 2 ELSE 1 END FROM entry",
    ),
    (
        "what an inline handler wrote is there with its event",
        "SELECT account, posts, sum FROM tally",
        "SELECT account, count(*), sum(amount) FROM posted GROUP BY account",
    ),
    (
        "the read table is what the log says up to its checkpoint, without what was put aside",
        "SELECT account, posts, sum FROM balance",
        "SELECT account, count(*), sum(amount) FROM posted
            WHERE position <= (SELECT max(position) FROM checkpoint WHERE name = 'balances')
            AND position NOT IN (SELECT position FROM cq_dead_letter WHERE subscription = 'balances') GROUP BY account",
    ),
    (
        "a command of the outbox is carried out once, or waits there",
        "SELECT command FROM confirmation UNION ALL SELECT payload ->> 'command' FROM cq_outbox WHERE name = 'Confirm'",
        "SELECT DISTINCT command FROM entry WHERE command LIKE 'post-%' OR command LIKE 'transfer-%'",
    ),
    (
        "a command of the outbox leaves its row with its event",
        "SELECT command FROM confirmation",
        "SELECT command FROM confirmed",
    ),
    (
        "what a handler of an event sends is there with its checkpoint, and is carried out once or waits",
        "SELECT command FROM filing UNION ALL SELECT payload ->> 'command' FROM cq_outbox WHERE name = 'File'",
        "SELECT command FROM confirmed WHERE position <= (SELECT max(position) FROM checkpoint WHERE name = 'files')",
    ),
    (
        "an idempotent command has an outcome with its entry, or neither",
        "SELECT key ->> 4 FROM cq_outcome WHERE key ->> 0 = 'PostOnce' AND outcome LIKE '{\"Ok\":%'",
        "SELECT DISTINCT command FROM entry WHERE command LIKE 'once-%'",
    ),
    (
        "a command that succeeded has one row in the audit trail, which names its events",
        "SELECT lower(hex(command_id)), first_position, last_position FROM cq_audit
            WHERE outcome = 'succeeded' AND command <> 'File'",
        "SELECT replace(call ->> 'message_id', '-', ''), min(position), max(position) FROM cq_event GROUP BY 1",
    ),
    (
        "a command is filed with its row in the audit trail",
        "SELECT count(*) FROM cq_audit WHERE outcome = 'succeeded' AND command = 'File'",
        "SELECT count(*) FROM filing",
    ),
    (
        "versions are contiguous",
        "SELECT stream FROM cq_event WHERE stream IS NOT NULL
            GROUP BY stream HAVING min(version) <> 1 OR max(version) <> count(*)",
        "SELECT 1 WHERE FALSE",
    ),
    (
        "versions are in the order of positions",
        "SELECT 1 FROM cq_event one JOIN cq_event next ON next.stream = one.stream AND next.version = one.version + 1
            WHERE next.position < one.position",
        "SELECT 1 WHERE FALSE",
    ),
    (
        "a checkpoint remembers the event at its position",
        "SELECT position, event_id FROM cq_subscription WHERE position IS NOT NULL",
        "SELECT e.position, e.event_id FROM cq_subscription s JOIN cq_event e ON e.position = s.position",
    ),
    (
        "a dead letter is an event of the log",
        "SELECT position, event_id FROM cq_dead_letter",
        "SELECT e.position, e.event_id FROM cq_dead_letter d JOIN cq_event e ON e.position = d.position",
    ),
];

/// What is true at any moment, also while processes go on.
pub(crate) fn check(conn: &Connection, settings: &Settings, heard: &Heard) {
    // What is sent is in no transaction: whatever was sent before one is in the log, and what it has behind it was sent.
    let before = mail(settings);
    conn.execute_batch("BEGIN").unwrap();
    check_rows(conn, heard);
    letters(conn, &before, &mail(settings));
    conn.execute_batch("COMMIT").unwrap();
}

fn check_rows(conn: &Connection, heard: &Heard) {
    assert_eq!(all::<String>(conn, "PRAGMA integrity_check"), ["ok"]);
    conn.execute_batch(LOG).unwrap();
    for (what, one, other) in SAME {
        let (one, other) = (rows(conn, one), rows(conn, other));
        if one != other {
            let only = |these: &[String], those: &[String]| {
                let those: HashSet<_> = those.iter().collect();
                these.iter().filter(|row| !those.contains(row)).take(10).cloned().collect::<Vec<_>>()
            };
            panic!(
                "not so: {what}\n {} rows and {}; only one has {:#?}, only the other {:#?}",
                one.len(),
                other.len(),
                only(&one, &other),
                only(&other, &one)
            );
        }
    }
    answers(conn, heard);
}

/// What is true besides when nothing is left to be delivered.
pub(crate) fn check_settled(conn: &Connection, settings: &Settings, heard: &Heard) {
    check(conn, settings, heard);
    let none = |what: &str| assert_eq!(rows(conn, what), Vec::<String>::new(), "{what}");
    none("SELECT name, error FROM cq_outbox");
    none("SELECT subscription, error FROM cq_dead_letter");
    none("SELECT * FROM balance EXCEPT SELECT * FROM tally");
    none("SELECT * FROM tally EXCEPT SELECT * FROM balance");
    none("SELECT command FROM confirmation EXCEPT SELECT command FROM filing");
    let sent: HashSet<String> = mail(settings).into_iter().map(|(_, id)| id).collect();
    assert_eq!(sent.len(), all::<i64>(conn, "SELECT count(*) FROM posted")[0] as usize);
}

/// What was answered is so.
fn answers(conn: &Connection, heard: &Heard) {
    let entries: HashSet<String> = all(conn, "SELECT DISTINCT command FROM entry").into_iter().collect();
    let mut audited: HashMap<(String, String), i64> = HashMap::new();
    let audit = "SELECT correlation_id, outcome, count(*) FROM cq_audit
        WHERE command NOT IN ('Confirm', 'File') GROUP BY 1, 2";
    for (id, outcome, count) in map(conn, audit, |row| (get(row, 0), get(row, 1), get(row, 2))) {
        audited.insert((id, outcome), count);
    }
    let rows = |id: &str, outcome: &str| audited.get(&(id.to_owned(), outcome.to_owned())).copied().unwrap_or(0);
    for id in &heard.ok {
        assert!(entries.contains(id), "`{id}` was answered `Ok`, and is not there");
        assert_eq!(rows(id, "succeeded"), 1, "`{id}` was answered `Ok`: its rows in the audit trail");
    }
    for id in &heard.rejected {
        assert!(!entries.contains(id), "`{id}` was rejected, and is there");
        assert_eq!(rows(id, "rejected"), 1, "`{id}` was rejected: its rows in the audit trail");
    }
    for id in heard.nothing.iter().filter(|id| !id.starts_with("once-")) {
        assert!(!entries.contains(id), "of `{id}` it was said that nothing happened, and it is there");
    }
}

/// Letters are sent at least once, the first time in order, and none for what is not in the log.
fn letters(conn: &Connection, before: &[(u64, String)], after: &[(u64, String)]) {
    let posted = "SELECT lower(hex(event_id)), position FROM posted";
    let posted: HashMap<String, i64> = map(conn, posted, |row| (get(row, 0), get(row, 1))).into_iter().collect();
    for (position, id) in before {
        let found = posted.get(id).unwrap_or_else(|| panic!("a letter was sent for {id}, which is not in the log"));
        assert_eq!(u64::try_from(*found), Ok(*position));
    }
    let (mut sent, mut last) = (HashSet::new(), 0);
    for (position, id) in after {
        if sent.insert(&**id) {
            assert!(*position > last, "the letter for {position} was sent after that for {last}");
            last = *position;
        }
    }
    let due = "SELECT lower(hex(event_id)) FROM posted
        WHERE position <= (SELECT max(position) FROM checkpoint WHERE name = 'mail')";
    for id in all::<String>(conn, due) {
        assert!(sent.contains(&*id), "no letter was sent for {id}, and the checkpoint is behind it");
    }
}

/// Position and event of each letter.
fn mail(settings: &Settings) -> Vec<(u64, String)> {
    let text = std::fs::read_to_string(settings.mail()).unwrap_or_default();
    let letter = |line: &str| {
        let (position, id) = line.split_once(' ')?;
        let digits: String = position.chars().skip_while(|c| !c.is_ascii_digit()).collect();
        let row = digits.rsplit(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty())?;
        Some((row.parse().ok()?, id.replace('-', "")))
    };
    text.lines().map(|line| letter(line).unwrap_or_else(|| panic!("`{line}` is no letter"))).collect()
}

fn map<T>(conn: &Connection, sql: &str, row: impl Fn(&Row<'_>) -> T) -> Vec<T> {
    let mut statement = conn.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    statement.query_map((), |found| Ok(row(found))).unwrap().collect::<Result<_, _>>().unwrap()
}

fn get<T: FromSql>(row: &Row<'_>, column: usize) -> T {
    row.get(column).unwrap()
}

/// The first column of every row.
pub(crate) fn all<T: FromSql + Debug>(conn: &Connection, sql: &str) -> Vec<T> {
    map(conn, sql, |row| get(row, 0))
}

/// Every row as text, sorted.
fn rows(conn: &Connection, sql: &str) -> Vec<String> {
    let mut rows = map(conn, sql, |row| {
        let values = (0..row.as_ref().column_count()).map(|column| match row.get_ref(column).unwrap() {
            ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            other => format!("{other:?}"),
        });
        values.collect::<Vec<_>>().join(" ")
    });
    rows.sort_unstable();
    rows
}

/// Each of the checks finds what it is there for.
#[test]
fn what_is_not_so_is_seen() {
    let directory = tempfile::tempdir().unwrap();
    let db = directory.path().join("ledger.db");
    let settings = Settings::new(&db);
    let mut ledger = crate::process::Ledger::start(&db, "serve", &[]);
    let commands = ["post post-1 1 10", "post post-2 2 0", "once once-1 1 10", "once once-2 1 0"];
    commands.iter().for_each(|command| ledger.tell(&format!("{command}\n")));
    ledger.hear("ok", 2);
    ledger.hear("rejected", 2);
    ledger.tell("settled\n");
    ledger.hear("settled", 1);
    let mut heard = Heard::default();
    heard.add(&ledger.end());
    let (conn, sent) = (open(&db), mail(&settings));
    check_settled(&conn, &settings, &heard);
    let fails = |tamper: &str, heard: &Heard, before: &[(u64, String)], after: &[(u64, String)]| {
        conn.execute_batch(&format!("BEGIN; {tamper}")).unwrap();
        let checked = std::panic::AssertUnwindSafe(|| {
            check_rows(&conn, heard);
            letters(&conn, before, after);
        });
        let failed = std::panic::catch_unwind(checked).is_err();
        conn.execute_batch("ROLLBACK").unwrap();
        failed
    };
    assert!(!fails("", &heard, &sent, &sent));
    for tamper in [
        "DELETE FROM entry WHERE command = 'post-1'",
        "UPDATE entry SET amount = 11 WHERE command = 'post-1'",
        "INSERT INTO entry SELECT NULL, command, account, amount FROM entry WHERE command = 'once-1'",
        "UPDATE tally SET posts = posts + 1",
        "UPDATE balance SET sum = sum + 1",
        "DELETE FROM balance",
        "DELETE FROM confirmation",
        "INSERT INTO confirmation SELECT NULL, command FROM confirmation",
        "INSERT INTO filing SELECT NULL, command FROM filing",
        "DELETE FROM filing",
        "DELETE FROM cq_outcome WHERE key ->> 4 = 'once-1'",
        "DELETE FROM cq_audit WHERE command = 'Post' AND outcome = 'succeeded'",
        "DELETE FROM cq_audit WHERE command = 'Post' AND outcome = 'rejected'",
        "DELETE FROM cq_audit WHERE command = 'File'",
        "UPDATE cq_audit SET last_position = last_position + 1 WHERE command = 'PostOnce'",
        "UPDATE cq_subscription SET event_id = randomblob(16) WHERE name = 'mail'",
        "UPDATE cq_subscription SET position = 1, event_id = (SELECT event_id FROM cq_event WHERE position = 1)
            WHERE name = 'balances'",
        "DROP TRIGGER cq_event_is_what_it_was; UPDATE cq_event SET version = version + 1 WHERE version = 2",
        "DROP TRIGGER cq_event_stays; DELETE FROM cq_event WHERE name = 'ledger.posted' AND position > 1",
    ] {
        assert!(fails(tamper, &heard, &sent, &sent), "{tamper}");
    }
    let said = |line: &str| {
        let mut more = Heard::default();
        more.add(&[line.to_owned()]);
        more
    };
    for line in ["ok post-3", "rejected post-1", "rejected post-3", "nothing post-1 Timeout"] {
        assert!(fails("", &said(line), &sent, &sent), "{line}");
    }
    let strange = [(7, "ab".to_owned())];
    assert!(fails("", &heard, &strange, &sent), "a letter for what is not in the log");
    assert!(fails("", &heard, &[], &[]), "no letter for what the checkpoint has behind it");
    let backwards: Vec<_> = sent.iter().rev().cloned().collect();
    assert!(fails("", &heard, &sent, &backwards), "letters out of order");
}
