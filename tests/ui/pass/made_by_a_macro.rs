//! Messages and handlers may come out of a `macro_rules!`.

use cqrs_core::{Bus, command, handler};

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

fn main() {
    let bus = Bus::builder().provide(1_u64).build();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(async { bus.execute(Place).await }).unwrap(), 7);
}
