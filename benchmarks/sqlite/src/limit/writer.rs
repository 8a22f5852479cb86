//! The thread that writes.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cqrs_sqlite::rusqlite::{self, Connection, Statement};
use tokio::sync::{mpsc, oneshot};

/// What a caller wants written.
pub(super) struct Job {
    pub(super) command_id: [u8; 16],
    pub(super) correlation_id: String,
    pub(super) call: String,
    pub(super) started_at: i64,
    pub(super) started: Instant,
    pub(super) event: Option<Event>,
    pub(super) reservation: Option<Reservation>,
    pub(super) reply: oneshot::Sender<Result<(), String>>,
}

pub(super) struct Event {
    pub(super) id: [u8; 16],
    pub(super) stream: String,
    pub(super) payload: String,
}

pub(super) struct Reservation {
    pub(super) product: i64,
    pub(super) said: String,
}

/// The thread's handle. It ends with the last of them.
#[derive(Clone)]
pub(super) struct Writer(Arc<mpsc::Sender<Job>>);

/// As ours has them.
const QUEUE: usize = 1024;
const GROUP: usize = 1024;
const GROUP_TIME: Duration = Duration::from_millis(10);
const CHECKPOINT_PAGES: i64 = 1000;

impl Writer {
    pub(super) fn spawn(file: &Path) -> rusqlite::Result<Writer> {
        let conn = Connection::open(file)?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "foreign_keys", true)?;
        conn.pragma_update(None, "wal_autocheckpoint", 0)?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        std::thread::spawn(move || {
            if let Err(error) = run(&conn, queue) {
                eprintln!("the writer has ended: {error}");
            }
        });
        Ok(Writer(Arc::new(jobs)))
    }

    pub(super) fn send(&self, job: Job) -> Result<(), String> {
        // There are never more callers than places.
        self.0.try_send(job).map_err(|error| error.to_string())
    }
}

/// Every statement, prepared once.
struct Statements<'a> {
    begin: Statement<'a>,
    savepoint: Statement<'a>,
    event: Statement<'a>,
    amount: Statement<'a>,
    reserve: Statement<'a>,
    audit: Statement<'a>,
    release: Statement<'a>,
    undo: Statement<'a>,
    commit: Statement<'a>,
    waiting: Statement<'a>,
    checkpoint: Statement<'a>,
}

impl<'a> Statements<'a> {
    fn prepare(conn: &'a Connection) -> rusqlite::Result<Self> {
        Ok(Statements {
            begin: conn.prepare("BEGIN IMMEDIATE")?,
            savepoint: conn.prepare("SAVEPOINT job")?,
            event: conn.prepare(
                "INSERT INTO cq_event (event_id, stream, version, name, schema_version, payload, call, recorded_at)
                VALUES (?1, ?2, (SELECT coalesce(max(version), 0) + 1 FROM cq_event WHERE stream = ?2),
                    'order.placed', 1, ?3, ?4, ?5)",
            )?,
            amount: conn.prepare("SELECT amount FROM stock WHERE product = ?")?,
            reserve: conn.prepare("INSERT INTO reservation (product, amount, said) VALUES (?, ?, ?)")?,
            audit: conn.prepare(
                "INSERT INTO cq_audit (command_id, command, actor, tenant, correlation_id, outcome, fault,
                    first_position, last_position, call, started_at, duration_us)
                VALUES (?, 'Place', NULL, NULL, ?, 'succeeded', NULL, ?, ?, ?, ?, ?)",
            )?,
            release: conn.prepare("RELEASE job")?,
            undo: conn.prepare("ROLLBACK TO job")?,
            commit: conn.prepare("COMMIT")?,
            waiting: conn.prepare("PRAGMA wal_checkpoint(NOOP)")?,
            checkpoint: conn.prepare("PRAGMA wal_checkpoint(PASSIVE)")?,
        })
    }

    fn job(&mut self, job: &Job) -> rusqlite::Result<()> {
        self.savepoint.execute(())?;
        if let Err(error) = self.write(job) {
            self.undo.execute(())?;
            self.release.execute(())?;
            return Err(error);
        }
        self.release.execute(()).map(drop)
    }

    fn write(&mut self, job: &Job) -> rusqlite::Result<()> {
        let mut position = None;
        if let Some(Event { id, stream, payload }) = &job.event {
            position = Some(self.event.insert((id, stream, payload, &job.call, job.started_at))?);
        }
        if let Some(Reservation { product, said }) = &job.reservation {
            let amount: i64 = self.amount.query_row([product], |row| row.get(0))?;
            self.reserve.execute((product, amount.min(3), said))?;
        }
        let duration = job.started.elapsed().as_micros() as i64;
        let Job { command_id, correlation_id, call, started_at, .. } = job;
        self.audit.execute((command_id, correlation_id, position, position, call, started_at, duration)).map(drop)
    }

    /// After the answers, once the log is long.
    fn write_back(&mut self) -> rusqlite::Result<()> {
        let pages: i64 = self.waiting.query_row((), |row| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?))?;
        match pages >= CHECKPOINT_PAGES {
            true => self.checkpoint.query_row((), |_| Ok(())),
            false => Ok(()),
        }
    }
}

fn run(conn: &Connection, mut queue: mpsc::Receiver<Job>) -> rusqlite::Result<()> {
    let mut statements = Statements::prepare(conn)?;
    let mut answers = Vec::with_capacity(GROUP);
    while let Some(first) = queue.blocking_recv() {
        statements.begin.execute(())?;
        let start = Instant::now();
        let mut next = Some(first);
        while let Some(job) = next {
            let result = statements.job(&job).map_err(|error| error.to_string());
            answers.push((job.reply, result));
            let full = answers.len() >= GROUP || start.elapsed() >= GROUP_TIME;
            next = if full { None } else { queue.try_recv().ok() };
        }
        statements.commit.execute(())?;
        for (reply, result) in answers.drain(..) {
            // Who is gone needs no answer.
            drop(reply.send(result));
        }
        statements.write_back()?;
    }
    Ok(())
}
