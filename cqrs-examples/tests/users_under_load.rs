//! The server when a lot is asked of it, when clients do not behave, and when it is killed: nothing is lost, nothing is
//! done twice, and what a load takes is given back.

mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use cqrs_axum::{Ended, Server};
use cqrs_examples::users::app::edge;
use cqrs_examples::users::sqlite;
use cqrs_examples::users::tokens::Tokens;
use program::client::{Answer, Request, get, post};
use program::crowd::{answers, at_once, hang_up_after};
use program::served::Served;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// One load at a time: each of them wants all of the machine.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn create(key: &str) -> Request {
    let user = json!({ "name": key, "email": format!("{key}@example.org") });
    post("/users", user.to_string()).header("Idempotency-Key", key)
}

/// These requests as they are on the wire, from whoever has this token.
fn signed(token: &str, requests: impl IntoIterator<Item = Request>) -> Vec<Vec<u8>> {
    let token = format!("Bearer {token}");
    requests.into_iter().map(|request| request.header("Authorization", &token).bytes()).collect()
}

/// Who is in the read model, by id, as soon as there are so many.
fn listed(served: &Served, count: usize) -> BTreeMap<i64, String> {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let mut users = BTreeMap::new();
        for page in 1.. {
            let page = served.ask(get(&format!("/users?page={page}&page_size=100"))).json(200);
            let page = page["users"].as_array().unwrap();
            users.extend(page.iter().map(|user| (user["id"].as_i64().unwrap(), name(user))));
            if page.len() < 100 {
                break;
            }
        }
        if users.len() >= count || Instant::now() > until {
            return users;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn name(user: &Value) -> String {
    user["name"].as_str().unwrap().to_owned()
}

/// Every name once, and no other.
fn are(users: BTreeMap<i64, String>, names: impl IntoIterator<Item = String>) {
    let count = users.len();
    let known: BTreeSet<_> = users.into_values().collect();
    assert_eq!(known.len(), count, "a user is there twice");
    assert_eq!(known, names.into_iter().collect());
}

/// What a command that may be under way already comes to in the end.
fn settled(served: &Served, key: &str) -> Answer {
    loop {
        let answer = served.ask(create(key));
        match answer.status {
            409 => thread::sleep(Duration::from_millis(20)),
            _ => return answer,
        }
    }
}

#[test]
fn a_thousand_requests_at_once_are_all_answered() {
    let (_alone, directory) = (alone(), tempfile::tempdir().unwrap());
    let served = Served::on(&directory.path().join("users.db"));
    assert_eq!(served.ask(create("key-0")).status, 201);
    listed(&served, 1);
    let path = |n: usize| if n.is_multiple_of(8) { "/users/1" } else { "/users?page=1" };
    let asked = |n: usize| if n.is_multiple_of(4) { get(path(n)) } else { create(&format!("key-{n}")) };
    let answers = runtime().block_on(at_once(served.address, signed(&served.writer, (0..1000).map(asked))));
    for (n, answer) in answers.iter().enumerate() {
        let status = if n.is_multiple_of(4) { 200 } else { 201 };
        assert_eq!(answer.status, status, "{n}: {answer:?}");
        if status == 201 {
            assert_eq!(answer.json(201)["name"], format!("key-{n}"), "it is the answer to another request");
        }
    }
    let created = (0_usize..1000).filter(|n| *n == 0 || !n.is_multiple_of(4)).map(|n| format!("key-{n}"));
    are(listed(&served, 751), created);
}

/// A client for each request, which hangs up in the middle of the head, in the middle of the body, or while the answer is
/// made.
async fn hang_up(address: SocketAddr, requests: Vec<Vec<u8>>) {
    let mut clients = JoinSet::new();
    for (n, bytes) in requests.into_iter().enumerate() {
        let head = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
        let until = [head / 2, bytes.len() - 10, bytes.len()][n % 3];
        clients.spawn(async move { hang_up_after(address, &bytes[..until], n.is_multiple_of(2)).await });
    }
    clients.join_all().await;
}

#[test]
fn who_hangs_up_disturbs_nobody_and_sends_again_without_doing_it_twice() {
    let (_alone, directory) = (alone(), tempfile::tempdir().unwrap());
    let served = Served::on(&directory.path().join("users.db"));
    let keys: Vec<_> = (0..300).map(|n| format!("key-{n}")).collect();
    let requests = signed(&served.writer, keys.iter().map(|key| create(key)));
    runtime().block_on(hang_up(served.address, requests));
    // What was sent in full may have been done, or not: nobody knows who has heard nothing. The others were not.
    let in_full = || keys.iter().skip(2).step_by(3).cloned();
    for key in in_full() {
        let answer = settled(&served, &key);
        assert_eq!(name(&answer.json(201)), key);
    }
    are(listed(&served, 100), in_full());
}

#[test]
fn slow_bodies_hold_nobody_up() {
    let (_alone, directory) = (alone(), tempfile::tempdir().unwrap());
    let served = Served::on(&directory.path().join("users.db"));
    let (address, keys) = (served.address, (0..200).map(|n| format!("slow-{n}")).collect::<Vec<_>>());
    let runtime = runtime();
    let slow: Vec<_> = signed(&served.writer, keys.iter().map(|key| create(key)))
        .into_iter()
        .map(|bytes| {
            runtime.spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let (quick, slow) = bytes.split_at(bytes.len() - 15);
                stream.write_all(quick).await.unwrap();
                for byte in slow {
                    sleep(Duration::from_millis(150)).await;
                    stream.write_all(&[*byte]).await.unwrap();
                }
                answers(&mut stream, 1).await.remove(0)
            })
        })
        .collect();
    // Each is answered while every one of them is still at its body.
    let mut quick = 0;
    while !slow.iter().any(|client| client.is_finished()) {
        assert_eq!(served.ask(create(&format!("quick-{quick}"))).status, 201);
        quick += 1;
    }
    for client in slow {
        assert_eq!(runtime.block_on(client).unwrap().status, 201);
    }
    assert!(quick > 10, "{quick} in between");
    are(listed(&served, 200 + quick), keys.into_iter().chain((0..quick).map(|n| format!("quick-{n}"))));
}

#[test]
fn what_was_acknowledged_is_there_after_a_kill_under_load() {
    let (_alone, directory) = (alone(), tempfile::tempdir().unwrap());
    let database = directory.path().join("users.db");
    let served = Served::on(&database);
    let (address, writer) = (served.address, format!("Bearer {}", served.writer));
    // 40 clients, each with one key after the other until nobody answers; the last key of each is in the dark.
    let (told, acknowledged) = std::sync::mpsc::channel();
    let runtime = runtime();
    let clients: Vec<_> = (0..40)
        .map(|client| {
            let (told, writer) = (told.clone(), writer.clone());
            runtime.spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                for n in 0.. {
                    let key = format!("key-{client}-{n}");
                    let text = create(&key).header("Authorization", &writer).bytes();
                    drop(stream.write_all(&text).await);
                    let Some(answer) = answers(&mut stream, 1).await.pop() else { return key };
                    told.send((key, answer.json(201))).unwrap();
                }
                unreachable!()
            })
        })
        .collect();
    drop(told);
    let mut users: BTreeMap<String, Value> = acknowledged.iter().take(500).collect();
    served.kill();
    users.extend(acknowledged);
    let dark: Vec<String> = clients.into_iter().map(|client| runtime.block_on(client).unwrap()).collect();

    let served = Served::on(&database);
    // The same keys again, and at once: whoever was answered is answered the same.
    let keys: Vec<&String> = users.keys().chain(&dark).collect();
    let again = signed(&served.writer, keys.iter().map(|key| create(key)));
    let again = runtime.block_on(at_once(served.address, again));
    for (key, answer) in keys.iter().zip(again) {
        assert_eq!(answer.status, 201, "{key}: {answer:?}");
        if let Some(user) = users.get(*key) {
            assert_eq!(answer.json(201), *user, "another user than before");
        }
    }
    let listed = listed(&served, keys.len());
    for user in users.values() {
        assert_eq!(listed.get(&user["id"].as_i64().unwrap()), Some(&name(user)), "it is lost");
        assert_eq!(served.ask(get(&format!("/users/{}", user["id"]))).json(200), *user);
    }
    are(listed, keys.into_iter().cloned());
}

/// What a process holds: open files, threads, and memory in KiB.
#[cfg(target_os = "linux")]
#[derive(Debug, Clone, Copy, PartialEq)]
struct Held {
    files: usize,
    threads: usize,
    memory: usize,
}

#[cfg(target_os = "linux")]
impl Held {
    fn by(process: u32) -> Self {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        let files = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().count();
        Held { files, threads: number("Threads:"), memory: number("VmRSS:") }
    }

    /// No more than before: a few files for what runs on its own, and what an allocator keeps for itself.
    fn is_no_more_than(self, before: Held) -> bool {
        self.files <= before.files + 4 && self.threads <= before.threads && self.memory <= before.memory + 32 * 1024
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_load_takes_is_given_back() {
    let (_alone, directory) = (alone(), tempfile::tempdir().unwrap());
    let served = Served::on(&directory.path().join("users.db"));
    let runtime = runtime();
    let load = |round: usize| {
        let sent = |n| signed(&served.writer, [create(&format!("key-{round}-{n}"))]).remove(0);
        for answer in runtime.block_on(at_once(served.address, (0..1000).map(sent).collect())) {
            assert_eq!(answer.status, 201, "{answer:?}");
        }
        runtime.block_on(hang_up(served.address, (1000..1300).map(sent).collect()));
    };
    // Threads, files and caches are made when they are first needed, and stay.
    (0..3).for_each(load);
    thread::sleep(Duration::from_secs(1));
    let before = Held::by(served.id());
    (3..6).for_each(load);
    let until = Instant::now() + Duration::from_secs(15);
    let mut after = Held::by(served.id());
    while !after.is_no_more_than(before) && Instant::now() < until {
        thread::sleep(Duration::from_millis(100));
        after = Held::by(served.id());
    }
    assert!(after.is_no_more_than(before), "before {before:?}, after {after:?}");
}

/// Waits until so many tasks are alive.
fn tasks_are(runtime: &tokio::runtime::Runtime, count: usize) {
    let until = Instant::now() + Duration::from_secs(15);
    while runtime.metrics().num_alive_tasks() != count {
        assert!(Instant::now() < until, "{} tasks are alive, not {count}", runtime.metrics().num_alive_tasks());
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn no_task_outlives_its_request_and_none_the_server() {
    let (_alone, directory) = (alone(), tempfile::tempdir().unwrap());
    let (ours, theirs) = (runtime(), runtime());
    let tokens = Tokens::new(b"a secret that is not one");
    let token = tokens.issue("ada", &["users:write", "users:read"], Duration::from_secs(60)).unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let limit = Duration::from_millis(500);
    let (address, server) = theirs.block_on(async {
        let bus = sqlite::bus(sqlite::open(directory.path().join("users.db")).await.unwrap()).build();
        let started = bus.start().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::new(listener, edge(bus, tokens).body_timeout(limit).router()).header_timeout(limit);
        (address, tokio::spawn(server.run(started, async { drop(stopped.await) })))
    });
    let creating = |keys: Range<usize>| signed(&token, keys.map(|n| create(&format!("key-{n}"))));
    assert_eq!(ours.block_on(at_once(address, creating(0..1)))[0].status, 201);
    thread::sleep(limit);
    let before = theirs.metrics().num_alive_tasks();

    ours.block_on(async {
        assert!(at_once(address, creating(1..101)).await.iter().all(|answer| answer.status == 201));
        hang_up(address, creating(101..401)).await;
        // Heads and bodies that do not come to their end, while the connection stays open.
        let mut slow = JoinSet::new();
        for (n, bytes) in creating(401..441).into_iter().enumerate() {
            let until = if n.is_multiple_of(2) { bytes.len() / 3 } else { bytes.len() - 1 };
            slow.spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.write_all(&bytes[..until]).await.unwrap();
                (n, answers(&mut stream, 2).await)
            });
        }
        for (n, answers) in slow.join_all().await {
            let told: Vec<_> = answers.iter().map(|answer| answer.status).collect();
            let expected: &[u16] = if n.is_multiple_of(2) { &[] } else { &[408] };
            assert_eq!(told, expected, "and then the connection is closed");
        }
    });
    tasks_are(&theirs, before);

    stop.send(()).unwrap();
    assert_eq!(theirs.block_on(server).unwrap(), Ended::Orderly);
    tasks_are(&theirs, 0);
}
