//! Whatever calls come to a bus on a database, and whenever its process ends: what handlers have written is what the log
//! says, each call has happened once or not at all, and who was answered is answered the same again.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::{Bus, DispatchError, EventMeta, Events, Fault, Outbox, Principal, Problem, command, event, handler};
use cqrs_sqlite::{Sqlite, Synchronous, WriteTx};
use proptest::prelude::*;
use proptest::sample::Index;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

#[event(name = "account.deposited")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Deposited {
    #[aggregate_id("account")]
    account: u32,
    call: usize,
    amount: i64,
}

#[event(name = "account.noted")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Noted {
    call: usize,
}

#[command(output = i64, error = DepositError, idempotent)]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Deposit {
    account: u32,
    call: usize,
    amount: i64,
    ends: Ends,
    /// Whether it sees what it writes, and holds the writer for that.
    is_interactive: bool,
}

/// How the handler ends, when all is written.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Ends {
    Well,
    InARejection,
    InAFault,
    InAPanic,
}

#[derive(Debug, thiserror::Error, Problem, Serialize, Deserialize)]
enum DepositError {
    #[error("no")]
    #[problem(status = 409)]
    Refused,
    #[error(transparent)]
    #[fault]
    #[serde(skip)]
    Fault(Fault),
}

#[handler]
async fn deposit(
    cmd: Deposit,
    tx: &mut WriteTx,
    events: &mut Events,
    outbox: &mut Outbox,
) -> Result<i64, DepositError> {
    const ADD: &str = "INSERT INTO account (id, sum) VALUES (?1, ?2)
        ON CONFLICT (id) DO UPDATE SET sum = sum + ?2";
    let Deposit { account, call, amount, ends, is_interactive } = cmd;
    events.raise(Deposited { account, call, amount });
    outbox.send(Note { call });
    let sum = match is_interactive {
        true => tx.one(format!("{ADD} RETURNING sum"), (account, amount)).await?.unwrap_or(0),
        false => {
            tx.defer_execute(ADD, (account, amount)).await?;
            amount
        }
    };
    match ends {
        Ends::Well => Ok(sum),
        Ends::InARejection => Err(DepositError::Refused),
        Ends::InAFault => Err(Fault::unavailable("the bank is closed").into()),
        Ends::InAPanic => panic!("the vault is open"),
    }
}

#[command(wire)]
#[derive(Serialize, Deserialize)]
struct Note {
    call: usize,
}

#[handler]
fn note(cmd: Note, events: &mut Events) {
    events.raise(Noted { call: cmd.call });
}

/// Keeps a table that follows the log, and depends on its order.
#[handler(name = "totals", from = start)]
async fn totals(event: Deposited, _: EventMeta, tx: &mut WriteTx, trouble: &Trouble) -> Result<(), Fault> {
    const FOLLOW: &str = "INSERT INTO total (account, count, hash) VALUES (?1, 1, ?2)
        ON CONFLICT (account) DO UPDATE SET count = count + 1, hash = (hash * 31 + ?2) % 1000003";
    tx.execute(FOLLOW, (event.account, event.amount)).await?;
    match trouble.next() {
        None => Ok(()),
        Some(Kind::Fault) => Err(Fault::unavailable("the ink is dry")),
        Some(Kind::Panic) => panic!("the pen is broken"),
        Some(Kind::Sleep(time)) => {
            tokio::time::sleep(time).await;
            Ok(())
        }
    }
}

/// What comes in the way of deliveries.
#[derive(Default)]
struct Trouble(Mutex<Vec<Option<Kind>>>);

#[derive(Clone, Copy, Debug)]
enum Kind {
    Fault,
    Panic,
    /// Until the process ends, it may be.
    Sleep(Duration),
}

impl Trouble {
    fn next(&self) -> Option<Kind> {
        self.0.lock().unwrap().pop().flatten()
    }
}

/// One process, from its start to its end.
#[derive(Debug, Clone)]
struct Life {
    /// Which of the calls come, all at once; one may come in many lives, and twice in one.
    calls: Vec<Index>,
    trouble: Vec<Option<Kind>>,
    /// How many answers there are when the process ends.
    answers: Index,
    /// How much later that is.
    later: Duration,
}

fn calls() -> impl Strategy<Value = Vec<Deposit>> {
    let ends = prop_oneof![
        5 => Just(Ends::Well), 1 => Just(Ends::InARejection), 1 => Just(Ends::InAFault), 1 => Just(Ends::InAPanic)
    ];
    let call = (0..3_u32, 1..1_000_i64, ends, any::<bool>());
    proptest::collection::vec(call, 1..12).prop_map(|calls| {
        let numbered = calls.into_iter().enumerate();
        let call =
            |(call, (account, amount, ends, is_interactive))| Deposit { account, call, amount, ends, is_interactive };
        numbered.map(call).collect()
    })
}

fn lives() -> impl Strategy<Value = Vec<Life>> {
    let kind = prop_oneof![
        Just(Kind::Fault),
        Just(Kind::Panic),
        (0..30_u64).prop_map(|millis| Kind::Sleep(Duration::from_millis(millis)))
    ];
    let trouble = proptest::collection::vec(proptest::option::weighted(0.3, kind), 0..6);
    let later = (0..20_000_u64).prop_map(Duration::from_micros);
    let life = (proptest::collection::vec(any::<Index>(), 1..16), trouble, any::<Index>(), later);
    let life = life.prop_map(|(calls, trouble, answers, later)| Life { calls, trouble, answers, later });
    proptest::collection::vec(life, 1..4)
}

/// A bus on the database at this path.
async fn open(path: &Path, trouble: Vec<Option<Kind>>) -> (Sqlite, Bus) {
    let schema = "
        CREATE TABLE account (id INTEGER PRIMARY KEY, sum INTEGER NOT NULL) STRICT;
        CREATE TABLE total (account INTEGER PRIMARY KEY, count INTEGER NOT NULL, hash INTEGER NOT NULL) STRICT;
    ";
    let options = Sqlite::options(path).synchronous(Synchronous::Normal).migrations([("schema", schema)]);
    let db = options.open().await.unwrap();
    let bus = Bus::builder().store(db.clone()).provide(Trouble(Mutex::new(trouble)));
    (db, bus.subscription_lease(Duration::from_millis(100)).build())
}

/// What a call came to, if that is known for good.
type Answer = Option<Result<i64, ()>>;

async fn call(bus: &Bus, deposit: Deposit) -> Answer {
    let key = format!("call {}", deposit.call);
    match bus.execute(deposit).by(Principal::new("ada")).idempotency_key(key).await {
        Ok(sum) => Some(Ok(sum)),
        Err(DispatchError::Rejected(_)) => Some(Err(())),
        Err(DispatchError::Fault(_)) => None,
    }
}

/// What has been answered so far, by call: always the same.
type Answers = Arc<Mutex<HashMap<usize, Vec<Result<i64, ()>>>>>;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A process that ends in the midst of its work.
fn live(life: Life, calls: &[Deposit], path: &Path, answers: &Answers) {
    let runtime = runtime();
    runtime.block_on(async {
        let (_db, bus) = open(path, life.trouble).await;
        let _started = bus.start().await.unwrap();
        let wait_for = life.answers.index(life.calls.len() + 1);
        let mut tasks = JoinSet::new();
        for index in life.calls {
            let (bus, deposit, answers) = (bus.clone(), index.get(calls).clone(), answers.clone());
            tasks.spawn(async move {
                let n = deposit.call;
                if let Some(answer) = call(&bus, deposit).await {
                    answers.lock().unwrap().entry(n).or_default().push(answer);
                }
            });
        }
        for _ in 0..wait_for {
            tasks.join_next().await.unwrap().unwrap();
        }
        tokio::time::sleep(life.later).await;
        tasks.detach_all();
    });
    // Whatever runs is dropped where it is.
    runtime.shutdown_timeout(Duration::from_secs(5));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_handlers_have_written_is_what_the_log_says(calls in calls(), lives in lives()) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        let answers = Answers::default();
        for life in lives {
            live(life, &calls, &path, &answers);
        }
        // The last process has no trouble, is sent every call once more, and ends in order.
        let runtime = runtime();
        runtime.block_on(async {
            let (db, bus) = open(&path, Vec::new()).await;
            let started = bus.start().await.unwrap();
            for deposit in &calls {
                let (n, ends) = (deposit.call, deposit.ends);
                let answer = call(&bus, deposit.clone()).await;
                match ends {
                    Ends::Well => prop_assert!(matches!(answer, Some(Ok(_))), "call {} came to {:?}", n, answer),
                    Ends::InARejection => prop_assert_eq!(answer, Some(Err(()))),
                    Ends::InAFault | Ends::InAPanic => prop_assert_eq!(answer, None),
                }
                let before = answers.lock().unwrap().remove(&n).unwrap_or_default();
                let is_same = before.iter().all(|before| Some(*before) == answer);
                prop_assert!(is_same, "call {} came to {:?} before, and then to {:?}", n, before, answer);
            }
            let settled = tokio::time::timeout(Duration::from_secs(30), bus.settled()).await;
            prop_assert!(settled.is_ok(), "what waits is not handled");
            let status = bus.subscription("totals").unwrap().status().await.unwrap();
            prop_assert_eq!(status.dead_letters, 0);
            prop_assert!(bus.outbox().parked().await.unwrap().is_empty());

            let log = bus.log().read_all(None, usize::MAX).await.unwrap();
            let deposited: Vec<_> = log.iter().filter_map(|event| event.decode::<Deposited>().unwrap()).collect();
            let well = || calls.iter().filter(|call| call.ends == Ends::Well).map(|call| call.call).collect::<Vec<_>>();
            let sorted = |mut calls: Vec<usize>| { calls.sort_unstable(); calls };
            let raised = sorted(deposited.iter().map(|event| event.call).collect());
            prop_assert_eq!(raised, well(), "each call that went well has raised its event once, and no other has");
            let noted = log.iter().filter_map(|event| event.decode::<Noted>().unwrap()).map(|event| event.call);
            prop_assert_eq!(sorted(noted.collect()), well(), "and what it sent was carried out once");

            let (mut sums, mut totals) = (HashMap::new(), HashMap::new());
            for event in &deposited {
                *sums.entry(event.account).or_insert(0) += event.amount;
                let (count, hash) = totals.entry(event.account).or_insert((0, 0));
                (*count, *hash) = (*count + 1, (*hash * 31 + event.amount) % 1_000_003);
            }
            let found: Vec<(u32, i64)> = db.reads().all("SELECT id, sum FROM account", ()).await.unwrap();
            prop_assert_eq!(found.into_iter().collect::<HashMap<_, _>>(), sums, "the accounts and the log");
            let found: Vec<(u32, i64, i64)> = db.reads().all("SELECT account, count, hash FROM total", ()).await.unwrap();
            let found = found.into_iter().map(|(account, count, hash)| (account, (count, hash)));
            prop_assert_eq!(found.collect::<HashMap<_, _>>(), totals, "the table that follows the log");
            started.shutdown().await;
            Ok(())
        })?;
    }
}
