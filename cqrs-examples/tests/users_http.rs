//! `users serve` as a process: the tour that it prints, taken by a shell; its end, and the one that begins after it.

#[path = "../../cqrs-axum/tests/support/client.rs"]
mod client;
mod program;

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use client::{Answer, Connection, LIMIT, Request, eventually, get, post, request};
use cqrs_examples::users::tour::{Guide, STOPS};
use cqrs_sqlite::rusqlite;
use serde_json::{Value, json};

/// What a shell or a library takes for a server between here and there.
const PROXIES: [&str; 6] = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// The program while it serves.
struct Serving {
    process: Child,
    /// Held open: a program that nobody listens to may end.
    _stdout: BufReader<ChildStdout>,
    log: Option<JoinHandle<String>>,
    url: String,
    writer: String,
    reader: String,
    /// Each request of the tour: the comment before it, and the line for a shell.
    tour: Vec<(String, String)>,
}

fn serve<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Serving {
    let mut command = program::users(["serve", "--listen", "127.0.0.1:0"]);
    let mut process = command.args(arguments).spawn().unwrap();
    let mut stderr = process.stderr.take().unwrap();
    let log = std::thread::spawn(move || {
        let mut log = String::new();
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
    Serving { process, _stdout: stdout, log: Some(log), url, writer, reader, tour }
}

fn serve_on(path: &Path) -> Serving {
    serve(["--db".as_ref(), path.as_os_str()])
}

impl Serving {
    fn send(&self, request: Request) -> Answer {
        let address: SocketAddr = self.url.strip_prefix("http://").unwrap().parse().unwrap();
        Connection::open(address).send(&request)
    }

    fn by_writer(&self, request: Request) -> Answer {
        self.send(request.header("Authorization", &format!("Bearer {}", self.writer)))
    }

    /// The first user with this id, as soon as the read model has followed.
    fn user(&self, id: u64) -> Value {
        let mut found = None;
        eventually("the user is in the read model", || {
            found = Some(self.by_writer(get(&format!("/users/{id}")))).filter(|answer| answer.status == 200);
            found.is_some()
        });
        found.unwrap().json(200)
    }

    /// Tells it to end, and gives how it did and what it had logged.
    fn signal(mut self, signal: &str) -> (ExitStatus, String) {
        let killed = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let until = Instant::now() + LIMIT;
        let status = loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < until, "it does not end within {LIMIT:?}");
            std::thread::sleep(Duration::from_millis(10));
        };
        (status, self.log.take().unwrap().join().unwrap())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn has_curl() -> bool {
    let version = Command::new("curl").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// A line of the tour, as a reader pastes it.
fn paste(line: &str, serving: &Serving) -> (u16, String) {
    let mut shell = Command::new("sh");
    for (name, value) in [("URL", &serving.url), ("WRITER", &serving.writer), ("READER", &serving.reader)] {
        shell.env(name, value);
    }
    for proxy in PROXIES {
        shell.env_remove(proxy);
    }
    let output = shell.args(["-c", &format!("{line} --silent --show-error --max-time 10")]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.starts_with("HTTP/1.1 "), "{line}: {said}{errors}");
    (said["HTTP/1.1 ".len()..][..3].parse().unwrap(), said)
}

#[test]
fn every_line_of_the_printed_tour_is_answered_as_it_says() {
    let directory = tempfile::tempdir().unwrap();
    let serving = serve_on(&directory.path().join("users.db"));
    let guide = Guide { url: serving.url.clone(), writer: serving.writer.clone(), reader: serving.reader.clone() };
    let with_curl = has_curl();
    for ((comment, line), stop) in serving.tour.iter().zip(&STOPS) {
        assert_eq!(*comment, format!("# {} ({})", stop.shows, stop.status));
        let mut last = None;
        // The read model follows a moment later, and a reader is slower than this.
        let mut told = || match with_curl {
            true => {
                let (status, said) = paste(line, &serving);
                last = Some(said);
                status == stop.status
            }
            false => guide.visit(stop).inspect_err(|error| last = Some(error.to_string())).is_ok(),
        };
        let until = Instant::now() + LIMIT;
        let mut as_told = told();
        while !as_told && Instant::now() < until && !line.contains(" -X ") {
            std::thread::sleep(Duration::from_millis(20));
            as_told = told();
        }
        assert!(as_told, "{comment}\n{line}\n{}", last.unwrap());
    }
    assert_eq!(serving.user(1)["name"], "Grace", "the second request under the same key made no second user");
    let all = serving.by_writer(get("/users")).json(200);
    assert_eq!(all["users"].as_array().unwrap().len(), 1);
}

#[test]
fn what_a_shell_is_shown_is_a_problem_with_its_type() {
    let serving = serve([] as [&str; 0]);
    if has_curl() {
        let (status, said) = paste(r#"curl -i "$URL/users?page=0" -H "Authorization: Bearer $READER""#, &serving);
        assert_eq!(status, 400, "{said}");
        assert!(said.to_ascii_lowercase().contains("content-type: application/problem+json"), "{said}");
        assert!(said.contains(r#""errors":[{"field":"page","detail":"a page is at least 1, not 0"}]"#), "{said}");
        // A body that is too long is answered although nobody reads it to its end.
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), vec![b' '; 8 << 20]).unwrap();
        let upload = format!(
            r#"curl -i "$URL/users" -H "Authorization: Bearer $WRITER" -H "Content-Type: application/json" --data-binary @{}"#,
            file.path().display()
        );
        assert_eq!(paste(&upload, &serving).0, 413);
    }
    let anonymous = serving.send(get("/users"));
    assert_eq!(
        (anonymous.problem(401)["status"].as_u64(), anonymous.header("www-authenticate")),
        (Some(401), Some("Bearer"))
    );
}

#[test]
fn the_demo_takes_the_tour_by_itself_and_ends_with_success() {
    // Whatever stands between this machine and others, nothing stands between it and itself.
    for proxies in [None, Some("http://127.0.0.1:9")] {
        let mut demo = program::users(["serve", "--demo"]);
        for proxy in PROXIES {
            match proxies {
                Some(nowhere) => demo.env(proxy, nowhere),
                None => demo.env_remove(proxy),
            };
        }
        let output = demo.env_remove("no_proxy").env_remove("NO_PROXY").output().unwrap();
        let (said, log) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{proxies:?}: {said}{log}");
        let told: Vec<_> = log.lines().collect();
        assert!(matches!(told[..], [refused] if refused.contains("`CreateUser` is refused to a caller")), "{log}");
        for stop in &STOPS {
            let sent = format!("# {}\n$ {}\n", stop.shows, stop.curl());
            let (_, answered) = said.split_once(&sent).unwrap_or_else(|| panic!("{sent} is not in:\n{said}"));
            assert!(answered.lines().next().unwrap().contains(&stop.status.to_string()), "{sent}: {answered}");
        }
        assert!(said.contains("Location: /users/1\n") && said.contains("WWW-Authenticate: Bearer\n"), "{said}");
        assert!(said.ends_with("# 12 requests, each answered as told\n"), "{said}");
    }
}

#[test]
fn a_signal_ends_it_in_order_and_the_next_one_goes_on_with_the_data() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("users.db");
    let on = |secret: &str| {
        let arguments =
            ["--db".as_ref(), path.as_os_str(), "--secret".as_ref(), OsStr::new(secret)].map(OsStr::to_owned);
        serve(arguments)
    };
    let ada = || post("/users", r#"{"name":"Ada","email":"ada@example.org"}"#).header("Idempotency-Key", "k");
    let first = on("first secret");
    assert_eq!(first.by_writer(ada()).json(201)["id"], 1);
    let writer = first.writer.clone();
    let (status, log) = first.signal("-TERM");
    assert_eq!((status.code(), log.as_str()), (Some(0), ""));

    let began = Instant::now();
    let second = on("first secret");
    let again = second.send(ada().header("Authorization", &format!("Bearer {writer}")));
    assert_eq!(again.json(201)["id"], 1, "the token is known again, and so is the key");
    assert_eq!(second.by_writer(post("/users", r#"{"name":"Ben","email":"b@c"}"#)).json(201)["id"], 2);
    assert_eq!((&second.user(1)["name"], &second.user(2)["name"]), (&json!("Ada"), &json!("Ben")));
    assert!(began.elapsed() < LIMIT, "it waited for a lease: {:?}", began.elapsed());
    assert_eq!(second.signal("-INT").0.code(), Some(0));

    let third = on("another secret");
    assert_eq!(third.send(ada().header("Authorization", &format!("Bearer {writer}"))).status, 401);
    assert_eq!(third.user(1)["name"], "Ada");
}

#[test]
fn what_is_under_way_when_the_signal_comes_is_answered() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("users.db");
    let serving = serve_on(&path);
    const ADA: &str = r#"{"name":"Ada","email":"ada@example.org"}"#;
    let create = post("/users", ADA).header("Authorization", &format!("Bearer {}", serving.writer));
    let address: SocketAddr = serving.url.strip_prefix("http://").unwrap().parse().unwrap();
    let mut connection = Connection::open(address);
    connection.write(create.head_that_asks());
    assert_eq!(connection.read().status, 100);
    let ending = std::thread::spawn(move || serving.signal("-TERM"));
    eventually("nobody else is let in", || std::net::TcpStream::connect(address).is_err());
    connection.write(ADA);
    let answer = connection.read();
    assert_eq!((answer.json(201)["id"].as_u64(), answer.header("connection")), (Some(1), Some("close")));
    assert!(connection.is_closed());
    assert_eq!(ending.join().unwrap().0.code(), Some(0));
    assert_eq!(serve_on(&path).user(1)["name"], "Ada");
}

/// What it says, without being asked for anything.
fn run(arguments: &[&str]) -> Output {
    program::run(arguments, "")
}

#[test]
fn an_argument_that_is_none_ends_it_with_2_and_says_which() {
    for (arguments, told) in [
        (&["serve", "--listen", "nowhere"][..], "--listen <ADDRESS>"),
        (&["serve", "--listen", "127.0.0.1"], "--listen <ADDRESS>"),
        (&["serve", "--listen", "127.0.0.1:65536"], "--listen <ADDRESS>"),
        (&["serve", "--port", "80"], "--port"),
        (&["serve", "here"], "here"),
        (&["serve", "--demo", "--db", "a.db"], "--db <PATH>"),
        (&["serve", "--demo", "--listen", "127.0.0.1:0"], "--listen <ADDRESS>"),
        (&["serve", "--secret"], "--secret <TEXT>"),
        (&["--db", "a.db", "serve"], "serve"),
        (&["server"], "serve"),
    ] {
        let output = run(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty() && said.contains(told), "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
    assert!(!Path::new("a.db").exists());
}

#[test]
fn a_port_that_is_taken_is_told_with_its_address_and_leaves_the_database_to_the_next_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("users.db");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&["serve", "--listen", &address, "--db", path.to_str().unwrap()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with(&format!("users: cannot listen on {address}\n  because ")), "{said}");
    assert!(said.to_lowercase().contains("in use") && output.stdout.is_empty(), "{said}");

    let database = rusqlite::Connection::open(&path).unwrap();
    let held = "SELECT count(*) FROM cq_subscription WHERE owner IS NOT NULL";
    let held: u32 = database.query_row(held, (), |row| row.get(0)).unwrap();
    assert_eq!(held, 0, "the next one would wait until their leases are over");
    let serving = serve_on(&path);
    assert_eq!(serving.by_writer(post("/users", r#"{"name":"Ada","email":"a@b"}"#)).json(201)["id"], 1);
    assert_eq!(serving.user(1)["name"], "Ada");
}

#[test]
fn what_is_no_database_is_told_before_anybody_is_served() {
    let directory = tempfile::tempdir().unwrap();
    let nowhere = directory.path().join("no/users.db");
    let output = run(&["serve", "--listen", "127.0.0.1:0", "--db", nowhere.to_str().unwrap()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with("users: ") && said.contains("does not exist: create it first"), "{said}");
    assert!(output.stdout.is_empty());
}

/// A database that breaks while it serves is no longer sent requests to, and told to nobody but the log.
#[test]
fn a_broken_database_is_not_ready_and_a_client_is_told_no_more_than_an_id() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("users.db");
    let serving = serve_on(&path);
    assert_eq!(serving.send(get("/readyz")).status, 200);
    let database = rusqlite::Connection::open(&path).unwrap();
    let mut statement = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables: Vec<String> = statement.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for table in tables.iter().filter(|table| !table.starts_with("sqlite_")) {
        database.execute_batch(&format!("PRAGMA foreign_keys = OFF; DROP TABLE IF EXISTS \"{table}\"")).unwrap();
    }
    let ready = serving.send(get("/readyz"));
    assert!(ready.status >= 500, "{ready:?}");
    let broken = serving.by_writer(get("/users"));
    let problem = broken.problem(broken.status);
    assert!(broken.status >= 500 && !problem.to_string().contains("table"), "{problem}");
    let instance = problem["instance"].as_str().unwrap().to_owned();
    assert_eq!(serving.send(get("/livez")).status, 200);
    let (_, log) = serving.signal("-TERM");
    let line =
        log.lines().find(|line| line.contains(&instance)).unwrap_or_else(|| panic!("{instance} is not in {log}"));
    assert!(line.contains("no such table: user_view"), "{line}");
}

#[test]
fn what_is_counted_is_shown_and_what_has_no_route_is_not_there() {
    let serving = serve([] as [&str; 0]);
    assert_eq!(serving.by_writer(get("/users")).status, 200);
    let metrics = serving.send(get("/metrics"));
    let counted = r#"cqrs_calls_total{message="ListUsers",kind="query""#;
    assert!(metrics.status == 200 && metrics.text().contains(counted), "{}", metrics.text());
    for target in ["/", "/users/1/email", "/CreateUser"] {
        assert_eq!(serving.by_writer(get(target)).detail(404), "there is no such path", "{target}");
    }
    assert_eq!(serving.by_writer(request("DELETE", "/users/1")).header("allow"), Some("GET, HEAD"));
}
