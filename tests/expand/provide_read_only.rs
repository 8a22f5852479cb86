use cqrs_core::provide;

pub struct ReadPool;

pub struct OrderViews;

#[provide(read_only)]
pub async fn order_views(_pool: &ReadPool) -> OrderViews {
    OrderViews
}
