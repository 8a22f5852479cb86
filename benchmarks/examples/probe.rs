use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use cqrs_core::{Bus, command, handler};
pub struct Db(AtomicU64);
#[command(output = u64, error = String)] pub struct PingNow { pub id: u64, pub name: String }
#[command(output = u64, error = String)] pub struct PingLater { pub id: u64, pub name: String }
#[handler] #[inline(never)] fn ping_now(p: PingNow, db: &Db) -> Result<u64, String> { if !p.name.is_empty() { return Err(p.name) } Ok(p.id + db.0.load(Relaxed)) }
#[handler] #[inline(never)] async fn ping_later(p: PingLater, db: &Db) -> Result<u64, String> { std::future::ready(()).await; if !p.name.is_empty() { return Err(p.name) } Ok(p.id + db.0.load(Relaxed)) }
pub fn block_on<F: Future>(future: F) -> F::Output { let mut future = pin!(future); let mut context = Context::from_waker(Waker::noop()); loop { if let Poll::Ready(o) = future.as_mut().poll(&mut context) { return o } } }
fn main() {
    let n: u64 = std::env::args().nth(2).map_or(1000, |n| n.parse().unwrap());
    let kind = std::env::args().nth(1).unwrap();
    let bus = Bus::builder().provide(Db(AtomicU64::new(1))).build();
    let db = Arc::new(Db(AtomicU64::new(1)));
    let t = std::time::Instant::now();
    for i in 0..n {
        match kind.as_str() {
            "now" => { black_box(block_on(async { black_box(&bus).execute(black_box(PingNow { id: i, name: String::new() })).await }).unwrap()); }
            "later" => { black_box(block_on(async { black_box(&bus).execute(black_box(PingLater { id: i, name: String::new() })).await }).unwrap()); }
            "direct" => { black_box(ping_now(black_box(PingNow { id: i, name: String::new() }), black_box(&db)).unwrap()); }
            "boxed" => { let f: std::pin::Pin<Box<dyn Future<Output = Result<u64, String>> + Send>> = black_box(Box::pin(ping_later(black_box(PingLater { id: i, name: String::new() }), black_box(&db)))); black_box(block_on(f).unwrap()); }
            _ => panic!(),
        }
    }
    println!("{kind}: {:.1} ns", t.elapsed().as_nanos() as f64 / n as f64);
}
