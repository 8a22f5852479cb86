//! One program among many message types; see `benchmarks/src/bin/scale`.

mod alloc;

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use cqrs_core::{Bus, command, handler};

cqrs_core::link!(messages);

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

#[command(output = u64, error = String)]
pub struct Now(u64, String);
#[command(output = u64, error = String)]
pub struct Later(u64, String);
#[command(output = u64, error = String, contract)]
pub struct Contract(u64, String);

#[handler]
#[inline(never)]
fn now(Now(id, name): Now) -> Result<u64, String> {
    if name.is_empty() { Ok(id) } else { Err(name) }
}

#[handler]
#[inline(never)]
async fn later(Later(id, name): Later) -> Result<u64, String> {
    std::future::ready(()).await;
    if name.is_empty() { Ok(id) } else { Err(name) }
}

#[handler]
#[inline(never)]
async fn contract(Contract(id, name): Contract) -> Result<u64, String> {
    std::future::ready(()).await;
    if name.is_empty() { Ok(id) } else { Err(name) }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments {
        ["buses"] => {
            let first = Instant::now();
            black_box(Bus::builder().build());
            let first = first.elapsed();
            let second = Instant::now();
            black_box(Bus::builder().build());
            let second = second.elapsed();
            println!("{} {}", first.as_secs_f64() * 1e3, second.as_secs_f64() * 1e3);
        }
        ["allocations", kind] => {
            let bus = full();
            calls(&bus, kind, 1);
            let once = alloc::count(|| calls(&bus, kind, 1_000));
            println!("{}", once as f64 / 1_000.0);
        }
        ["calls", kind, n] => calls(&full(), kind, n.parse().expect("a number")),
        _ => panic!("buses | allocations <kind> | calls <kind> <n>"),
    }
}

/// A bus that has dispatched every message once: what is measured after it stands behind them all.
fn full() -> Bus {
    let bus = Bus::builder().build();
    black_box(block_on(messages::dispatch_all(&bus)));
    bus
}

fn calls(bus: &Bus, kind: &str, n: u64) {
    block_on(async {
        for i in 0..n {
            let answer = match kind {
                "now" => bus.execute(black_box(Now(i, String::new()))).await,
                "later" => bus.execute(black_box(Later(i, String::new()))).await,
                _ => bus.execute(black_box(Contract(i, String::new()))).await,
            };
            assert!(black_box(answer).is_ok_and(|answer| answer == i));
        }
    });
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
