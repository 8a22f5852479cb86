//! Messages and handlers may come out of a `macro_rules!`.

use cqrs_core::{Bus, Call, Next, Outcome, Principal, behavior, command, event, handler, query};

macro_rules! messages {
    ($($name:ident -> $output:ty = $value:expr, by $function:ident with $dependency:ty;)*) => {$(
        #[command(output = $output)]
        struct $name;

        #[handler]
        fn $function(cmd: $name, dependency: &$dependency) -> $output {
            drop((cmd, dependency));
            $value
        }
    )*};
}

messages! {
    Place -> u64 = 7, by place with u64;
    Move -> Option<String> = None, by r#move with std::sync::Arc<str>;
}

macro_rules! pipelines {
    ($scope:literal $policy:path, $timeout:literal $times:literal $order:literal $event:path, $message:ty, $word:ident) => {
        #[command(authorize = $policy, timeout = $timeout, retry($times, backoff = "1ms"))]
        #[derive(Clone)]
        struct Ship;

        #[handler]
        async fn ship(_: Ship) {}

        #[query(authorize = $scope, cache(ttl = $timeout, capacity = $times, invalidated_by($event)))]
        #[derive(Clone, PartialEq, Eq, Hash)]
        struct Count;

        #[handler]
        fn count(_: Count) {}

        #[behavior(order = $order, on($word | $message))]
        async fn audit(_call: &Call<'_>, next: Next<'_>) -> Outcome {
            next.run().await
        }
    };
}

macro_rules! events {
    ($name:literal $version:literal $earlier:path, $event:ident $id:ty, $category:literal $on:ident $start:ident) => {
        #[event(name = $name, version = $version, upcasts($earlier))]
        #[derive(Clone, serde::Serialize, serde::Deserialize)]
        struct $event {
            #[aggregate_id]
            order: $id,
        }

        impl From<$earlier> for $event {
            fn from(_: $earlier) -> Self {
                $event { order: OrderId }
            }
        }

        #[command]
        struct Forget(#[aggregate_id($category)] u64);

        #[handler]
        fn forget(_: Forget) {}

        #[handler(name = $name, from = $start)]
        fn $on(event: $event) {
            drop(event.order);
        }
    };
}

#[derive(serde::Deserialize)]
struct PaidV1;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct OrderId;

impl std::fmt::Display for OrderId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("7")
    }
}

events!("orders.paid" 2 self::PaidV1, Paid OrderId, "order" on_paid start);

#[event(transient)]
#[derive(Clone)]
struct Shipped;

fn may_ship(_who: &Principal, _message: &Ship) -> bool {
    true
}

pipelines!("orders:read" may_ship, "5s" 3 -10 self::Shipped, Shipped, queries);

fn main() {
    let bus = Bus::builder().provide(1_u64).build();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(async { bus.execute(Place).await }).unwrap(), 7);
}
