//! The program as a server.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout};
use std::thread::{self, JoinHandle};

use super::http::{Answer, Request};

/// `users serve` on a free port, until it is dropped.
pub(crate) struct Served {
    process: Child,
    /// Held open: it is where the program says what it has to say.
    _stdout: BufReader<ChildStdout>,
    log: Option<JoinHandle<String>>,
    /// `http://127.0.0.1:40123`.
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    /// A token that may write and read.
    pub(crate) writer: String,
}

impl Served {
    /// On this database.
    pub(crate) fn on(database: &Path) -> Self {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--db"].map(AsRef::as_ref);
        let mut process = super::users(arguments.into_iter().chain([database.as_os_str()])).spawn().unwrap();
        let mut stderr = process.stderr.take().unwrap();
        let log = thread::spawn(move || {
            let mut log = String::new();
            // What is no UTF-8 is no log either.
            drop(stderr.read_to_string(&mut log));
            log
        });
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let (mut url, mut writer) = (None, None);
        while url.is_none() || writer.is_none() {
            let mut line = String::new();
            if stdout.read_line(&mut line).unwrap() == 0 {
                panic!("it does not serve: {}", log.join().unwrap());
            }
            let value = |name: &str| line.trim_end().strip_prefix(name).map(str::to_owned);
            url = url.or_else(|| value("URL="));
            writer = writer.or_else(|| value("WRITER="));
        }
        let (url, writer) = (url.unwrap(), writer.unwrap());
        let address = url.strip_prefix("http://").unwrap().parse().unwrap();
        Served { process, _stdout: stdout, log: Some(log), url, address, writer }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends it with `kill -9`: nothing of it runs any more.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Ends it, and gives what it has logged.
    pub(crate) fn log(mut self) -> String {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.log.take().unwrap().join().unwrap()
    }

    /// What it answers to this request of somebody who may do everything.
    pub(crate) fn ask(&self, request: Request<'_>) -> Answer {
        request.header("Authorization", &format!("Bearer {}", self.writer)).send(self.address)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It has ended already, or ends now.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
