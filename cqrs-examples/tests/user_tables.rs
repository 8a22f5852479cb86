//! The tables of the database, through the handlers that write and read them.

use cqrs_core::{Events, FaultKind, Principal};
use cqrs_examples::users::handlers::user_commands::{create_user, update_user_name};
use cqrs_examples::users::handlers::user_queries::{get_user, list_users};
use cqrs_examples::users::handlers::user_views::{show_created, show_renamed};
use cqrs_examples::users::messages::{
    CreateUser, GetUserById, ListUsers, UpdateUserName, User, UserCreated, UserError, UserId, UserRenamed,
};
use cqrs_examples::users::sqlite::{self, SqliteUserViewUpdates, SqliteUserViews, SqliteUserWrites};
use cqrs_sqlite::{Sqlite, SqliteUnit};
use tempfile::TempDir;

async fn database() -> (TempDir, Sqlite) {
    let directory = tempfile::tempdir().unwrap();
    let db = sqlite::open(directory.path().join("users.db")).await.unwrap();
    (directory, db)
}

fn create(name: &str) -> CreateUser {
    CreateUser { name: name.into(), email: format!("{name}@example.org") }
}

fn user(id: i64, name: &str) -> User {
    User { id: UserId(id), name: name.into(), email: format!("{id}@example.org") }
}

async fn written(db: &Sqlite) -> Vec<(i64, String, String)> {
    db.reads().all("SELECT id, name, email FROM user ORDER BY id", ()).await.unwrap()
}

#[tokio::test]
async fn a_user_is_in_the_table_when_the_call_commits_and_not_before() {
    let (_directory, db) = database().await;
    let unit = SqliteUnit::begin(&db);
    let mut users = SqliteUserWrites::new(unit.write_tx());
    let dropped = create_user(create("Ada"), &mut users, &mut Events::default()).await.unwrap();
    assert_eq!(dropped.id, UserId(1));
    drop(unit);
    assert!(written(&db).await.is_empty());

    let (unit, mut events) = (SqliteUnit::begin(&db), Events::default());
    // One transaction, whoever writes in it.
    let ada = create_user(create("Ada"), &mut SqliteUserWrites::new(unit.write_tx()), &mut events).await.unwrap();
    let cmd = UpdateUserName { user_id: ada.id, new_name: "Grace".into() };
    let renamed = update_user_name(cmd, &mut SqliteUserWrites::new(unit.write_tx()), &mut events).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(renamed, User { id: UserId(1), name: "Grace".into(), email: "Ada@example.org".into() });
    assert_eq!(written(&db).await, [(1, "Grace".into(), "Ada@example.org".into())]);
    assert_eq!(events.raised::<UserRenamed>().collect::<Vec<_>>(), [&UserRenamed::from(renamed)]);
}

#[tokio::test]
async fn nobody_is_not_renamed() {
    let (_directory, db) = database().await;
    let unit = SqliteUnit::begin(&db);
    let (mut users, mut events) = (SqliteUserWrites::new(unit.write_tx()), Events::default());
    let cmd = UpdateUserName { user_id: UserId(7), new_name: "Grace".into() };
    let refused = update_user_name(cmd, &mut users, &mut events).await.unwrap_err();
    assert!(matches!(refused, UserError::NotFound(UserId(7))));
    assert!(events.is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_the_database_is_a_fault() {
    let directory = tempfile::tempdir().unwrap();
    // Without its tables.
    let db = Sqlite::open(directory.path().join("users.db")).await.unwrap();
    let unit = SqliteUnit::begin(&db);
    let mut users = SqliteUserWrites::new(unit.write_tx());
    let failed = create_user(create("Ada"), &mut users, &mut Events::default()).await.unwrap_err();
    let UserError::Store(fault) = failed else { panic!("{failed:?}") };
    assert_eq!(fault.kind(), FaultKind::Internal);
    assert!(fault.to_string().contains("no such table: user"), "{fault}");
}

#[tokio::test]
async fn the_views_end_up_the_same_in_whatever_order_events_come() {
    let (created, renamed) = (UserCreated::from(user(1, "Ada")), UserRenamed::from(user(1, "Grace")));
    for order in ["cr", "rc", "crc", "rcr", "ccrr"] {
        let (_directory, db) = database().await;
        for event in order.chars() {
            let unit = SqliteUnit::begin(&db);
            let mut updates = SqliteUserViewUpdates::new(unit.write_tx());
            match event {
                'c' => show_created(created.clone(), &mut updates).await.unwrap(),
                _ => show_renamed(renamed.clone(), &mut updates).await.unwrap(),
            }
            unit.commit().await.unwrap();
        }
        let views = SqliteUserViews::new(db.reads());
        assert_eq!(list_users(ListUsers::default(), &views).await.unwrap().users, [user(1, "Grace")], "{order}");
        assert!(written(&db).await.is_empty(), "the views are a table of their own");
    }
}

#[tokio::test]
async fn users_come_one_by_one_and_a_page_at_a_time() {
    let (_directory, db) = database().await;
    let unit = SqliteUnit::begin(&db);
    for id in (1..=45).rev() {
        show_created(user(id, "somebody").into(), &mut SqliteUserViewUpdates::new(unit.write_tx())).await.unwrap();
    }
    unit.commit().await.unwrap();
    let views = SqliteUserViews::new(db.reads());
    assert_eq!(get_user(GetUserById { user_id: UserId(7) }, &views).await.unwrap(), user(7, "somebody"));
    let refused = get_user(GetUserById { user_id: UserId(46) }, &views).await.unwrap_err();
    assert!(matches!(refused, UserError::NotFound(UserId(46))));

    let ids = |query| async {
        list_users(query, &views).await.unwrap().users.iter().map(|user| user.id.0).collect::<Vec<_>>()
    };
    assert_eq!(ids(ListUsers::default()).await, (1..=20).collect::<Vec<_>>());
    let third = ListUsers { page: 3.try_into().unwrap(), ..ListUsers::default() };
    assert_eq!(ids(third).await, (41..=45).collect::<Vec<_>>());
    let far = ListUsers { page: u32::MAX.try_into().unwrap(), page_size: 100.try_into().unwrap() };
    assert!(ids(far).await.is_empty());
}

/// What the handlers do is tested here, and not who may have it done.
fn anybody() -> Principal {
    Principal::system("test")
}

/// The whole of it, on one bus: the query sees what the command has done, by way of the event.
#[tokio::test]
async fn the_read_table_follows_the_write_table() {
    let (_directory, db) = database().await;
    let bus = sqlite::bus(db.clone()).build();
    cqrs_core::testing::assert_wired!(bus.clone());
    let started = bus.start().await.unwrap();
    let ada = bus.execute(create("Ada")).by(anybody()).await.unwrap();
    bus.execute(CreateUser { email: String::new(), ..create("Nobody") }).by(anybody()).await.unwrap_err();
    bus.settled().await;
    assert_eq!(bus.query(GetUserById { user_id: ada.id }).by(anybody()).await.unwrap(), ada);
    let grace = bus.execute(UpdateUserName { user_id: ada.id, new_name: "Grace".into() }).by(anybody()).await.unwrap();
    bus.settled().await;
    // Asked before, and kept as an answer until the event.
    assert_eq!(bus.query(GetUserById { user_id: ada.id }).by(anybody()).await.unwrap(), grace);
    assert_eq!(written(&db).await.len(), 1);
    let log = bus.log().read_all(None, 10).await.unwrap();
    let told: Vec<_> = log.iter().map(|event| (&*event.name, event.stream.as_ref().unwrap().as_str())).collect();
    assert_eq!(told, [("user.created", "user-1"), ("user.renamed", "user-1")]);
    started.shutdown().await;
}
