//! `users serve` as a process: the tour that it prints, taken by a shell; its end, and the one that begins after it.

mod program;

use std::ffi::OsStr;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use cqrs_examples::users::tour::{Guide, STOPS};
use cqrs_sqlite::rusqlite;
use program::client::{Connection, LIMIT, eventually, get, post, request};
use program::served::Served;
use serde_json::json;

/// What a shell or a library takes for a server between here and there.
const PROXIES: [&str; 6] = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

fn has_curl() -> bool {
    let version = Command::new("curl").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// A line of the tour, as a reader pastes it.
fn paste(line: &str, served: &Served) -> (u16, String) {
    let mut shell = Command::new("sh");
    for (name, value) in [("URL", &served.url), ("WRITER", &served.writer), ("READER", &served.reader)] {
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
    let served = Served::on(&directory.path().join("users.db"));
    let guide = Guide { url: served.url.clone(), writer: served.writer.clone(), reader: served.reader.clone() };
    let with_curl = has_curl();
    for ((comment, line), stop) in served.tour.iter().zip(&STOPS) {
        assert_eq!(*comment, format!("# {} ({})", stop.shows, stop.status));
        let mut last = None;
        // The read model follows a moment later, and a reader is slower than this.
        let mut told = || match with_curl {
            true => {
                let (status, said) = paste(line, &served);
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
    assert_eq!(served.user(1)["name"], "Grace", "the second request under the same key made no second user");
    let all = served.ask(get("/users")).json(200);
    assert_eq!(all["users"].as_array().unwrap().len(), 1);
}

#[test]
fn what_a_shell_is_shown_is_a_problem_with_its_type() {
    let served = Served::with([] as [&str; 0]);
    if has_curl() {
        let (status, said) = paste(r#"curl -i "$URL/users?page=0" -H "Authorization: Bearer $READER""#, &served);
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
        assert_eq!(paste(&upload, &served).0, 413);
    }
    let anonymous = served.send(&get("/users"));
    assert_eq!(
        (anonymous.problem(401)["status"].as_u64(), anonymous.header("www-authenticate")),
        (Some(401), Some("Bearer realm=\"api\""))
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
        assert!(
            said.contains("Location: /users/1\n") && said.contains("WWW-Authenticate: Bearer realm=\"api\"\n"),
            "{said}"
        );
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
        Served::with(arguments)
    };
    let ada = || post("/users", r#"{"name":"Ada","email":"ada@example.org"}"#).header("Idempotency-Key", "k");
    let first = on("first secret");
    assert_eq!(first.ask(ada()).json(201)["id"], 1);
    let writer = first.writer.clone();
    let (status, log) = first.signal("-TERM");
    assert_eq!((status.code(), log.as_str()), (Some(0), ""));

    let began = Instant::now();
    let second = on("first secret");
    let again = second.send(&ada().header("Authorization", &format!("Bearer {writer}")));
    assert_eq!(again.json(201)["id"], 1, "the token is known again, and so is the key");
    assert_eq!(second.ask(post("/users", r#"{"name":"Ben","email":"b@c"}"#)).json(201)["id"], 2);
    assert_eq!((&second.user(1)["name"], &second.user(2)["name"]), (&json!("Ada"), &json!("Ben")));
    assert!(began.elapsed() < LIMIT, "it waited for a lease: {:?}", began.elapsed());
    assert_eq!(second.signal("-INT").0.code(), Some(0));

    let third = on("another secret");
    assert_eq!(third.send(&ada().header("Authorization", &format!("Bearer {writer}"))).status, 401);
    assert_eq!(third.user(1)["name"], "Ada");
}

#[test]
fn what_is_under_way_when_the_signal_comes_is_answered() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("users.db");
    let served = Served::on(&path);
    const ADA: &str = r#"{"name":"Ada","email":"ada@example.org"}"#;
    let create = post("/users", ADA).header("Authorization", &format!("Bearer {}", served.writer));
    let address = served.address;
    let mut connection = Connection::open(address);
    connection.write(create.head_that_asks());
    assert_eq!(connection.read().status, 100);
    let ending = std::thread::spawn(move || served.signal("-TERM"));
    eventually("nobody else is let in", || std::net::TcpStream::connect(address).is_err());
    connection.write(ADA);
    let answer = connection.read();
    assert_eq!((answer.json(201)["id"].as_u64(), answer.header("connection")), (Some(1), Some("close")));
    assert!(connection.is_closed());
    assert_eq!(ending.join().unwrap().0.code(), Some(0));
    assert_eq!(Served::on(&path).user(1)["name"], "Ada");
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
    let served = Served::on(&path);
    assert_eq!(served.ask(post("/users", r#"{"name":"Ada","email":"a@b"}"#)).json(201)["id"], 1);
    assert_eq!(served.user(1)["name"], "Ada");
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
    let served = Served::on(&path);
    assert_eq!(served.send(&get("/readyz")).status, 200);
    let database = rusqlite::Connection::open(&path).unwrap();
    let mut statement = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables: Vec<String> = statement.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for table in tables.iter().filter(|table| !table.starts_with("sqlite_")) {
        database.execute_batch(&format!("PRAGMA foreign_keys = OFF; DROP TABLE IF EXISTS \"{table}\"")).unwrap();
    }
    let ready = served.send(&get("/readyz"));
    assert!(ready.status >= 500, "{ready:?}");
    let broken = served.ask(get("/users"));
    let problem = broken.problem(broken.status);
    assert!(broken.status >= 500 && !problem.to_string().contains("table"), "{problem}");
    let instance = problem["instance"].as_str().unwrap().to_owned();
    assert_eq!(served.send(&get("/livez")).status, 200);
    let (_, log) = served.signal("-TERM");
    let line =
        log.lines().find(|line| line.contains(&instance)).unwrap_or_else(|| panic!("{instance} is not in {log}"));
    assert!(line.contains("no such table: user_view"), "{line}");
}

#[test]
fn what_is_counted_is_shown_and_what_has_no_route_is_not_there() {
    let served = Served::with([] as [&str; 0]);
    assert_eq!(served.ask(get("/users")).status, 200);
    let metrics = served.send(&get("/metrics"));
    let counted = r#"cqrs_calls_total{message="ListUsers",kind="query""#;
    assert!(metrics.status == 200 && metrics.text().contains(counted), "{}", metrics.text());
    for target in ["/", "/users/1/email", "/CreateUser"] {
        assert_eq!(served.ask(get(target)).detail(404), "there is no such path", "{target}");
    }
    assert_eq!(served.ask(request("DELETE", "/users/1")).header("allow"), Some("GET, HEAD"));
}
