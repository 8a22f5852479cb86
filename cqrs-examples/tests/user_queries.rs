//! The read side, called as the functions it is made of, and the handlers that keep it up to date.

use cqrs_core::{IntoProblem, Page, PageSize, ReadOnly};
use cqrs_examples::users::handlers::user_queries::{get_user, list_users};
use cqrs_examples::users::handlers::user_views::{show_created, show_renamed};
use cqrs_examples::users::messages::{GetUserById, ListUsers, User, UserCreated, UserId, UserRenamed};
use cqrs_examples::users::store::{Answer, UserViewUpdates, UserViews};

/// A read model that holds what a test puts in.
struct FakeViews(Vec<User>);

impl ReadOnly for FakeViews {}

impl UserViews for FakeViews {
    fn by_id(&self, id: UserId) -> Answer<'_, Option<User>> {
        Box::pin(async move { Ok(self.0.iter().find(|user| user.id == id).cloned()) })
    }

    fn page(&self, page: Page, size: PageSize) -> Answer<'_, Vec<User>> {
        let users = self.0.iter().skip(page.offset(size) as usize).take(size.limit() as usize);
        let users = users.cloned().collect();
        Box::pin(async { Ok(users) })
    }
}

/// Updates that end in a list: `add` does not overwrite, `put` does.
struct FakeUpdates<'a>(&'a mut Vec<User>);

impl UserViewUpdates for FakeUpdates<'_> {
    fn add(&mut self, user: User) -> Answer<'_, ()> {
        if self.0.iter().all(|known| known.id != user.id) {
            self.0.push(user);
        }
        Box::pin(async { Ok(()) })
    }

    fn put(&mut self, user: User) -> Answer<'_, ()> {
        self.0.retain(|known| known.id != user.id);
        self.0.push(user);
        Box::pin(async { Ok(()) })
    }
}

fn user(id: i64, name: &str) -> User {
    User { id: UserId(id), name: name.into(), email: format!("{id}@example.org") }
}

#[tokio::test]
async fn one_user_is_shown() {
    let views = FakeViews(vec![user(1, "Ada"), user(2, "Alan")]);
    let shown = get_user(GetUserById { user_id: UserId(2) }, &views).await.unwrap();
    assert_eq!(shown, user(2, "Alan"));
}

#[tokio::test]
async fn a_user_who_is_not_there_is_not_found() {
    let refused = get_user(GetUserById { user_id: UserId(1) }, &FakeViews(Vec::new())).await.unwrap_err();
    let problem = refused.into_problem();
    assert_eq!((problem.status, &*problem.detail), (404, "user 1 not found"));
}

#[tokio::test]
async fn users_come_a_page_at_a_time() {
    let views = FakeViews((1..=45).map(|id| user(id, "somebody")).collect());
    let ids = |query| async {
        list_users(query, &views).await.unwrap().users.iter().map(|user| user.id.0).collect::<Vec<_>>()
    };
    assert_eq!(ids(ListUsers::default()).await, (1..=20).collect::<Vec<_>>());
    let third = ListUsers { page: 3.try_into().unwrap(), ..ListUsers::default() };
    assert_eq!(ids(third).await, (41..=45).collect::<Vec<_>>());
    let far = ListUsers { page: u32::MAX.try_into().unwrap(), ..ListUsers::default() };
    assert!(ids(far).await.is_empty());
}

/// The handlers of two events do not wait for each other, and an event may come twice.
#[tokio::test]
async fn the_views_end_up_the_same_in_whatever_order_events_come() {
    let (created, renamed) = (UserCreated::from(user(1, "Ada")), UserRenamed::from(user(1, "Grace")));
    for order in ["cr", "rc", "crc", "rcr", "ccrr"] {
        let mut shown = Vec::new();
        for event in order.chars() {
            let mut updates = FakeUpdates(&mut shown);
            match event {
                'c' => show_created(created.clone(), &mut updates).await.unwrap(),
                _ => show_renamed(renamed.clone(), &mut updates).await.unwrap(),
            }
        }
        assert_eq!(shown, [user(1, "Grace")], "{order}");
    }
}
