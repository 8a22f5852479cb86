use cqrs_core::Bus;

struct Orders;

fn main() {
    let _bus = Bus::builder().provide_call(Orders).build();
}
