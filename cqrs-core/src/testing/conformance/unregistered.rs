//! The crate as the suite's own declarations name it: nothing that they declare registers itself, or it would be in every
//! bus of every program in whose tests the suite is linked.

/// Not public API. Used by generated code.
pub(crate) mod __private {
    pub(crate) use crate::__private::*;

    macro_rules! unregistered {
        ($kind:ident($info:expr)) => {
            const _: $crate::__private::Entry = $crate::__private::Entry::$kind($info);
        };
    }
    pub(crate) use unregistered as submit;
}
