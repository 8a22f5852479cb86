//! The write side, called as the functions it is made of.

use cqrs_core::{Bus, DispatchError, Events, Fault, FaultKind, IntoProblem, Principal};
use cqrs_examples::users::handlers::user_commands::{create_user, update_user_name};
use cqrs_examples::users::messages::{
    CreateUser, GetUserById, UpdateUserName, User, UserCreated, UserError, UserId, UserRenamed,
};
use cqrs_examples::users::store::{Answer, UserWrites};

/// A store of one call, which keeps what it is told.
#[derive(Default)]
struct FakeUsers(Vec<User>);

impl UserWrites for FakeUsers {
    fn create(&mut self, name: String, email: String) -> Answer<'_, User> {
        let user = User { id: UserId(self.0.len() as i64 + 1), name, email };
        self.0.push(user.clone());
        Box::pin(async { Ok(user) })
    }

    fn rename(&mut self, id: UserId, new_name: String) -> Answer<'_, Option<User>> {
        let found = self.0.iter_mut().find(|user| user.id == id);
        let renamed = found.map(|user| {
            user.name = new_name;
            user.clone()
        });
        Box::pin(async { Ok(renamed) })
    }
}

/// A store that does not answer.
struct NoUsers;

impl UserWrites for NoUsers {
    fn create(&mut self, _: String, _: String) -> Answer<'_, User> {
        Box::pin(async { Err(Fault::unavailable("the store does not answer")) })
    }

    fn rename(&mut self, _: UserId, _: String) -> Answer<'_, Option<User>> {
        Box::pin(async { Err(Fault::unavailable("the store does not answer")) })
    }
}

/// What the handlers do is tested here, and not who may have it done.
fn anybody() -> Principal {
    Principal::system("test")
}

fn ada() -> CreateUser {
    CreateUser { name: "Ada".into(), email: "ada@example.org".into() }
}

#[tokio::test]
async fn a_user_is_created_and_told_of() {
    let (mut users, mut events) = (FakeUsers::default(), Events::default());
    let user = create_user(ada(), &mut users, &mut events).await.unwrap();
    assert_eq!(user, User { id: UserId(1), name: "Ada".into(), email: "ada@example.org".into() });
    assert_eq!(users.0.last(), Some(&user));
    assert_eq!(events.raised::<UserCreated>().collect::<Vec<_>>(), [&UserCreated::from(user)]);
}

#[tokio::test]
async fn a_user_without_an_address_is_refused() {
    for email in ["", "  "] {
        let (mut users, mut events) = (FakeUsers::default(), Events::default());
        let cmd = CreateUser { email: email.into(), ..ada() };
        let refused = create_user(cmd, &mut users, &mut events).await.unwrap_err();
        assert!(matches!(refused, UserError::EmailRequired));
        assert_eq!(refused.into_problem().status, 400);
        assert!(users.0.is_empty() && events.is_empty());
    }
}

#[tokio::test]
async fn a_user_is_renamed_and_told_of() {
    let (mut users, mut events) = (FakeUsers::default(), Events::default());
    create_user(ada(), &mut users, &mut Events::default()).await.unwrap();
    let cmd = UpdateUserName { user_id: UserId(1), new_name: "Grace".into() };
    let user = update_user_name(cmd, &mut users, &mut events).await.unwrap();
    assert_eq!((&*user.name, &*user.email), ("Grace", "ada@example.org"));
    assert_eq!(events.raised::<UserRenamed>().collect::<Vec<_>>(), [&UserRenamed::from(user)]);
}

#[tokio::test]
async fn nobody_is_not_renamed() {
    let (mut users, mut events) = (FakeUsers::default(), Events::default());
    let cmd = UpdateUserName { user_id: UserId(7), new_name: "Grace".into() };
    let refused = update_user_name(cmd, &mut users, &mut events).await.unwrap_err();
    assert_eq!(refused.to_string(), "user 7 not found");
    assert_eq!(refused.into_problem().status, 404);
    assert!(events.is_empty());
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_a_fault_and_no_rejection() {
    let bus = Bus::builder().provide_call(|| Box::new(NoUsers) as Box<dyn UserWrites>).build();
    let failed = bus.execute(ada()).by(anybody()).await.unwrap_err();
    let DispatchError::Fault(fault) = failed else { panic!("a rejection: {failed}") };
    assert_eq!((fault.kind(), fault.is_transient()), (FaultKind::Unavailable, true));
}

#[tokio::test]
async fn the_read_side_follows_what_is_committed_and_nothing_else() {
    let bus = Bus::builder().build();
    let user = bus.execute(ada()).by(anybody()).await.unwrap();
    bus.execute(CreateUser { email: String::new(), ..ada() }).by(anybody()).await.unwrap_err();
    let grace = bus.execute(UpdateUserName { user_id: user.id, new_name: "Grace".into() }).by(anybody()).await.unwrap();
    bus.settled().await;
    assert_eq!(bus.query(GetUserById { user_id: user.id }).by(anybody()).await.unwrap(), grace);
    bus.query(GetUserById { user_id: UserId(2) }).by(anybody()).await.unwrap_err();
}
