//! Commands at random, from many tasks.

use std::future::{Future, IntoFuture};
use std::time::Duration;

use cqrs_core::{Bus, DispatchError};

use crate::accounts::{PANICS, POISONED, Post, PostOnce, Put, REFUSED, Transfer};
use crate::answers::answer;

/// Numbers that are as good as random, and the same again from the same seed (xorshift).
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Those of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number below a limit.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % limit
    }
}

/// How many accounts there are, besides the poisoned one.
const ACCOUNTS: u64 = 20;

/// What a run is like.
#[derive(Debug, Clone)]
pub struct Load {
    /// A name that no other run has.
    pub name: String,
    /// What its commands are made of.
    pub seed: u64,
    /// How long a task pauses between two commands, on average.
    pub pause: Duration,
    /// One in so many commands is for the poisoned account.
    pub poisoned: u64,
}

/// One task's commands, without end. The ids begin with a word that says what the command is, and with the run's name.
pub async fn run(bus: Bus, load: Load, task: u64) {
    let mut dice = Dice::new(load.seed.wrapping_mul(1_000).wrapping_add(task));
    for n in 0_u64.. {
        one(&bus, &format!("{}.{task}.{n}", load.name), &load, &mut dice).await;
        tokio::time::sleep(load.pause.mul_f64(dice.below(100) as f64 / 50.0)).await;
    }
}

/// One command, with whatever may become of it.
async fn one(bus: &Bus, id: &str, load: &Load, dice: &mut Dice) {
    let account = match dice.below(load.poisoned) {
        0 => POISONED,
        _ => account(dice),
    };
    let amount = match dice.below(20) {
        0 | 1 => REFUSED,
        2 => PANICS,
        _ => i64::try_from(dice.below(1_000)).unwrap_or(0) + 1,
    };
    let limit = match dice.below(8) {
        0 => Duration::from_micros(dice.below(5_000)),
        _ => Duration::from_secs(60),
    };
    let patience = match dice.below(8) {
        0 => Some(Duration::from_micros(dice.below(5_000))),
        _ => None,
    };
    match dice.below(4) {
        0 => {
            let id = format!("post-{id}");
            let call = bus.execute(Post { id: id.clone(), account, amount }).correlation(&*id).timeout(limit);
            told(&id, call, patience).await;
        }
        1 => {
            let id = format!("put-{id}");
            let call = bus.execute(Put { id: id.clone(), account, amount }).correlation(&*id).timeout(limit);
            told(&id, call, patience).await;
        }
        2 => {
            let (id, to) = (format!("transfer-{id}"), self::account(dice));
            let call = Transfer { id: id.clone(), from: account, to, amount };
            told(&id, bus.execute(call).correlation(&*id).timeout(limit), patience).await;
        }
        _ => {
            // Few keys, which several tasks use at once; what is said under a key is the same each time.
            let key = dice.below(40);
            let id = format!("once-{}.{key}", load.name);
            let amount = if key.is_multiple_of(8) { REFUSED } else { 1 };
            let call = PostOnce { id: id.clone(), account: (key % ACCOUNTS) as u32, amount };
            let call = bus.execute(call).correlation(&*id).idempotency_key(&*id).timeout(limit);
            told(&id, call, patience).await;
        }
    }
}

fn account(dice: &mut Dice) -> u32 {
    dice.below(ACCOUNTS) as u32
}

/// Awaits a call, or goes away from it after a while, and says what it answered.
async fn told<T, E, C>(id: &str, call: C, patience: Option<Duration>)
where
    C: IntoFuture<Output = Result<T, DispatchError<E>>, IntoFuture: Future + Send>,
{
    match patience {
        None => answer(id, call.await),
        Some(patience) => {
            if let Ok(answered) = tokio::time::timeout(patience, call.into_future()).await {
                answer(id, answered);
            }
        }
    }
}
