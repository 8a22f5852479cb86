//! Tuples as lists of types.

/// Calls a macro with no name, one name, .. twelve names.
macro_rules! up_to_twelve {
    ($each:ident) => {
        $each! {}
        $each! { A }
        $each! { A B }
        $each! { A B C }
        $each! { A B C D }
        $each! { A B C D E }
        $each! { A B C D E F }
        $each! { A B C D E F G }
        $each! { A B C D E F G H }
        $each! { A B C D E F G H I }
        $each! { A B C D E F G H I J }
        $each! { A B C D E F G H I J K }
        $each! { A B C D E F G H I J K L }
    };
}

pub(crate) use up_to_twelve;
