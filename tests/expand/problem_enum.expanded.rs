// problem_enum.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::{Fault, Problem};

#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    #[error("order {number} is not there")]
    Missing { number: u64 },
    #[error("the order is empty")]
    Empty,
    #[error(transparent)]
    Fault(Fault),
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    #[automatically_derived]
    impl _cqrs::IntoProblem for OrderError {
        fn into_problem(self) -> _cqrs::Problem {
            let __detail = _cqrs::ToString::to_string(&self);
            match self {
                Self::Missing { .. } => {
                    _cqrs::Problem::new(404u16, __detail)
                        .with_type("https://example.org/no-order")
                        .with_title("No such order")
                }
                Self::Empty { .. } => _cqrs::Problem::new(422u16, __detail),
                Self::Fault(__fault) => _cqrs::IntoProblem::into_problem(__fault),
            }
        }
        fn problems() -> _cqrs::Option<&'static [_cqrs::ProblemKind]> {
            _cqrs::Option::Some(
                &[
                    _cqrs::ProblemKind {
                        status: 404u16,
                        kind: "https://example.org/no-order",
                        description: "",
                    },
                    _cqrs::ProblemKind {
                        status: 422u16,
                        kind: "about:blank",
                        description: "",
                    },
                ],
            )
        }
    }
    #[automatically_derived]
    impl _cqrs::CarriesFault for OrderError {
        fn lift(self) -> _cqrs::Result<Self, _cqrs::Fault> {
            match self {
                Self::Fault(__fault) => _cqrs::Result::Err(__fault),
                #[allow(unreachable_patterns)]
                __error => _cqrs::Result::Ok(__error),
            }
        }
    }
    #[automatically_derived]
    impl _cqrs::From<_cqrs::Fault> for OrderError {
        fn from(__fault: _cqrs::Fault) -> Self {
            Self::Fault(__fault)
        }
    }
    #[automatically_derived]
    impl<__E> _cqrs::From<_cqrs::DispatchError<__E>> for OrderError
    where
        _cqrs::Fault: _cqrs::From<_cqrs::DispatchError<__E>>,
    {
        fn from(__error: _cqrs::DispatchError<__E>) -> Self {
            Self::Fault(_cqrs::From::from(__error))
        }
    }
};
