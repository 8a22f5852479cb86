//! One event that cannot be handled, among a thousand streams.

use ledger::Settings;
use ledger::accounts::POISONED;

use crate::check::{all, check, check_settled, open};
use crate::process::{Heard, Ledger};

#[test]
fn a_poison_event_among_a_thousand_streams_holds_up_its_own_alone_until_its_cause_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let db = directory.path().join("ledger.db");
    let (settings, mut heard) = (Settings::new(&db), Heard::default());
    std::fs::write(settings.poison(), "").unwrap();
    let mut ledger = Ledger::start(&db, "serve", &["--attempts", "2"]);
    // Each stream twice, and the poisoned one somewhere in the middle of the first time.
    for round in 0..2 {
        for account in 1_000..2_000_u32 {
            ledger.tell(&format!("post post-{round}.{account} {account} 1\n"));
            if account == 1_500 {
                ledger.tell(&format!("post post-{round}.poison {POISONED} 1\n"));
            }
        }
    }
    ledger.hear("ok", 2_002);
    ledger.tell("settled\n");
    ledger.hear("settled", 1);
    let conn = open(&db);
    heard.add(&ledger.said);
    check(&conn, &settings, &heard);
    assert_eq!(all::<i64>(&conn, "SELECT count(*) FROM balance WHERE posts = 2"), [1_000]);
    // The first of its stream is told with its error, the second waits behind it.
    let letters = "SELECT error IS NULL FROM cq_dead_letter ORDER BY position";
    assert_eq!(all::<bool>(&conn, letters), [false, true]);
    let stream = format!("account-{POISONED}");
    assert_eq!(all::<String>(&conn, "SELECT DISTINCT stream FROM cq_dead_letter"), [stream]);
    // A new process finds them where they were.
    ledger.end();
    std::fs::remove_file(settings.poison()).unwrap();
    Ledger::start(&db, "settle", &[]).ends();
    check_settled(&conn, &settings, &heard);
    assert_eq!(all::<i64>(&conn, "SELECT count(*) FROM balance WHERE posts = 2"), [1_001]);
}
