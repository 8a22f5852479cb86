//! The ledger as a process that a test started, and what it said.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

/// How long anything may take; what takes longer hangs.
const NET: Duration = Duration::from_secs(120);

/// A ledger that runs. Dropping it kills it.
pub(crate) struct Ledger {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    /// What it has said so far.
    pub(crate) said: Vec<String>,
    errors: PathBuf,
}

/// What commands answered, over all processes of a test.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) ok: Vec<String>,
    pub(crate) rejected: Vec<String>,
    /// Of which the answer said that nothing happened.
    pub(crate) nothing: Vec<String>,
    /// Of which the answer said that nobody knows.
    pub(crate) unknown: Vec<String>,
}

impl Heard {
    /// Takes in what a process has said.
    pub(crate) fn add(&mut self, said: &[String]) {
        for line in said {
            let mut words = line.split(' ');
            let list = match words.next() {
                Some("ok") => &mut self.ok,
                Some("rejected") => &mut self.rejected,
                Some("nothing") => &mut self.nothing,
                Some("unknown") => &mut self.unknown,
                _ => continue,
            };
            list.extend(words.next().map(str::to_owned));
        }
    }
}

impl Ledger {
    /// Starts one on a database: `load`, `serve` or `settle`, and options.
    pub(crate) fn start(db: &Path, mode: &str, options: &[&str]) -> Ledger {
        Ledger::start_with(db, mode, options, &[])
    }

    /// The same with more in the environment.
    pub(crate) fn start_with(db: &Path, mode: &str, options: &[&str], environment: &[(&str, &str)]) -> Ledger {
        let errors = db.with_extension("stderr");
        let stderr = File::options().append(true).create(true).open(&errors).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
        command.arg(db).arg(mode).args(options).env("RUST_BACKTRACE", "0").envs(environment.iter().copied());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let (sender, lines) = channel();
        // Read beside: a pipe holds only so much before somebody reads it.
        thread::spawn(move || {
            for line in stdout.lines() {
                if line.is_err() || sender.send(line.unwrap_or_default()).is_err() {
                    break;
                }
            }
        });
        Ledger { child, stdin, lines, said: Vec::new(), errors }
    }

    /// Tells one that serves what to do.
    pub(crate) fn tell(&mut self, lines: &str) {
        self.stdin.as_mut().unwrap().write_all(lines.as_bytes()).unwrap();
    }

    /// Waits until it has said this many lines that begin so, since it was started.
    pub(crate) fn hear(&mut self, start: &str, count: usize) {
        let until = Instant::now() + NET;
        while self.count(start) < count {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => self.said.push(line),
                Err(RecvTimeoutError::Timeout) => self.panic(&format!("it did not say `{start}` {count} times")),
                Err(RecvTimeoutError::Disconnected) => self.panic(&format!("it ended before it said `{start}`")),
            }
        }
    }

    /// Hears what it says for a while.
    pub(crate) fn hear_for(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while let Ok(line) = self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            self.said.push(line);
        }
    }

    /// How many lines it has said that begin so.
    pub(crate) fn count(&self, start: &str) -> usize {
        self.said.iter().filter(|line| line.starts_with(start)).count()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        // A process that has ended is not waited for before this, so its id is still its own.
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Stops it where it is, all of its threads.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
        let stopped = waitpid(Some(Pid::from_child(&self.child)), WaitOptions::UNTRACED).unwrap();
        assert!(stopped.is_some_and(|(_, status)| status.stopped()), "it has ended");
    }

    /// Ends it as a loss of power would end a process, and says what it had said.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.rest()
    }

    /// Waits for its own end.
    pub(crate) fn wait(mut self) -> (ExitStatus, Vec<String>) {
        let until = Instant::now() + NET;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, self.rest());
            }
            if Instant::now() > until {
                self.panic("it did not end");
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Tells it to end in order, and expects that it does.
    pub(crate) fn end(mut self) -> Vec<String> {
        self.signal(Signal::TERM);
        // Whoever reads would not end before it has read.
        self.stdin = None;
        self.ends()
    }

    /// Expects that it ends in order.
    pub(crate) fn ends(self) -> Vec<String> {
        let errors = self.errors.clone();
        let (status, said) = self.wait();
        assert!(status.success(), "{status}: {}", tail(&errors));
        assert!(said.iter().any(|line| line == "ended"), "it ended before its end");
        said
    }

    /// What was in the pipe when it ended.
    fn rest(&mut self) -> Vec<String> {
        let mut said = std::mem::take(&mut self.said);
        said.extend(self.lines.iter());
        said
    }

    fn panic(&self, what: &str) -> ! {
        let last: Vec<_> = self.said.iter().rev().take(5).collect();
        panic!("{what}; it said last {last:?}, and on standard error {}", tail(&self.errors));
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        // One that has ended needs neither.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The end of a file.
fn tail(path: &Path) -> String {
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
