//! The program as a server.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use cqrs_examples::users::tour::STOPS;
use serde_json::Value;

use super::client::{Answer, Connection, LIMIT, Request, eventually, get};

/// `users serve` on a free port, until it is dropped.
pub(crate) struct Served {
    process: Child,
    /// Held open: a program that nobody listens to may end.
    _stdout: BufReader<ChildStdout>,
    log: Option<JoinHandle<String>>,
    /// `http://127.0.0.1:40123`.
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    /// A token that may write and read.
    pub(crate) writer: String,
    /// A token that may read.
    pub(crate) reader: String,
    /// Each request of the tour: the comment before it, and the line for a shell.
    pub(crate) tour: Vec<(String, String)>,
}

impl Served {
    /// On this database.
    pub(crate) fn on(database: &Path) -> Self {
        Served::with(["--db".as_ref(), database.as_os_str()])
    }

    /// With these arguments.
    pub(crate) fn with<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        let mut command = super::users(["serve", "--listen", "127.0.0.1:0"]);
        let mut process = command.args(arguments).spawn().unwrap();
        let mut stderr = process.stderr.take().unwrap();
        let log = thread::spawn(move || {
            let mut log = String::new();
            // What is no UTF-8 is no log either.
            drop(stderr.read_to_string(&mut log));
            log
        });
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let (mut lines, mut tour) = (Vec::<String>::new(), Vec::new());
        while tour.len() < STOPS.len() {
            let mut line = String::new();
            if stdout.read_line(&mut line).unwrap() == 0 {
                panic!("it does not serve: {}", log.join().unwrap());
            }
            let line = line.trim_end().to_owned();
            if line.starts_with("curl ") {
                tour.push((lines.last().unwrap().clone(), line.clone()));
            }
            lines.push(line);
        }
        let variable = |name: &str| {
            let value = lines.iter().find_map(|line| line.strip_prefix(&format!("{name}=")));
            value.unwrap_or_else(|| panic!("no {name} in {lines:#?}")).to_owned()
        };
        let (url, writer, reader) = (variable("URL"), variable("WRITER"), variable("READER"));
        assert!(lines[0].ends_with(&url) && lines[1].ends_with(&format!("{url}/docs")), "{lines:#?}");
        let address = url.strip_prefix("http://").unwrap().parse().unwrap();
        Served { process, _stdout: stdout, log: Some(log), url, address, writer, reader, tour }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it answers to this request, of nobody.
    pub(crate) fn send(&self, request: &Request) -> Answer {
        Connection::open(self.address).send(request)
    }

    /// What it answers to this request of somebody who may do everything.
    pub(crate) fn ask(&self, request: Request) -> Answer {
        self.send(&request.header("Authorization", &format!("Bearer {}", self.writer)))
    }

    /// The first user with this id, as soon as the read model has followed.
    pub(crate) fn user(&self, id: u64) -> Value {
        let mut found = None;
        eventually("the user is in the read model", || {
            found = Some(self.ask(get(&format!("/users/{id}")))).filter(|answer| answer.status == 200);
            found.is_some()
        });
        found.unwrap().json(200)
    }

    /// Tells it to end, and gives how it did and what it had logged.
    pub(crate) fn signal(mut self, signal: &str) -> (ExitStatus, String) {
        let killed = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let until = Instant::now() + LIMIT;
        let status = loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < until, "it does not end within {LIMIT:?}");
            thread::sleep(Duration::from_millis(10));
        };
        (status, self.log.take().unwrap().join().unwrap())
    }

    /// Ends it with `kill -9`, and gives what it had logged: nothing of it runs any more.
    pub(crate) fn kill(mut self) -> String {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.log.take().unwrap().join().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It has ended already, or ends now.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
