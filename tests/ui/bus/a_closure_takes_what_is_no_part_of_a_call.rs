use cqrs_core::Bus;

struct Pool;
struct Orders;

fn main() {
    let _bus = Bus::builder().provide_call(|_pool: Pool| Orders).build();
}
