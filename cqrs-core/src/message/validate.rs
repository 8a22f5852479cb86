//! The rules a message has of its own: [`Validate`].

use crate::result::fault::Fault;
use crate::result::problem::FieldError;

/// The rules a message has of its own, which need nothing but the message to be checked.
///
/// ```
/// use cqrs_core::{Invalid, Validate};
///
/// struct PlaceOrder { customer: String, quantities: Vec<u32> }
///
/// impl Validate for PlaceOrder {
///     fn validate(&self) -> Result<(), Invalid> {
///         let mut invalid = Invalid::new();
///         if self.customer.is_empty() {
///             invalid.field("customer", "must not be empty");
///         }
///         for (n, quantity) in self.quantities.iter().enumerate() {
///             if *quantity == 0 {
///                 invalid.field(format!("quantities[{n}]"), "must be at least 1");
///             }
///         }
///         invalid.into_result()
///     }
/// }
///
/// let invalid = PlaceOrder { customer: "ada".into(), quantities: vec![1, 0] }.validate().unwrap_err();
/// assert_eq!(invalid.to_string(), "quantities[1]: must be at least 1");
/// ```
///
/// With the feature `garde`, whatever derives `garde::Validate` implements this, if the context of its rules has a
/// default.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is declared with `validate` and cannot be validated",
    label = "does not implement `Validate`",
    note = "implement `Validate` for it, or derive `garde::Validate` and turn on the feature `garde` of `cqrs-core`"
)]
pub trait Validate {
    /// Whether the message keeps its rules.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn validate(&self) -> Result<(), Invalid>;
}

/// What is wrong with a message, all at once: a [`Fault`] of kind [`Invalid`](crate::FaultKind::Invalid).
///
/// ```
/// use cqrs_core::{Fault, Invalid, IntoProblem};
///
/// let mut invalid = Invalid::new();
/// invalid.field("from", "is after `to`").field("to", "is in the past");
/// let problem = Fault::from(invalid).into_problem();
/// assert_eq!((problem.status, problem.errors.len()), (422, 2));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "nobody is told of it until it is returned"]
pub struct Invalid(Vec<FieldError>);

impl Invalid {
    /// Nothing is wrong yet.
    pub fn new() -> Self {
        Invalid::default()
    }

    /// One thing more is wrong: what, with which field, such as `lines[2].quantity`. The path is empty where it is
    /// the message as a whole.
    pub fn field(&mut self, path: impl Into<String>, detail: impl Into<String>) -> &mut Self {
        self.0.push(FieldError { field: path.into(), detail: detail.into() });
        self
    }

    /// Whether nothing is wrong.
    ///
    /// # Errors
    /// Itself, if anything is.
    pub fn into_result(self) -> Result<(), Invalid> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// What is wrong, in the order it was found.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.0
    }
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, error) in self.0.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}

impl From<Invalid> for Fault {
    fn from(invalid: Invalid) -> Self {
        Fault::invalid("the message breaks its own rules").with_fields(invalid.0)
    }
}

#[cfg(feature = "garde")]
#[diagnostic::do_not_recommend]
impl<T: garde::Validate<Context: Default>> Validate for T {
    fn validate(&self) -> Result<(), Invalid> {
        let report = garde::Validate::validate(self).err();
        let mut invalid = Invalid::new();
        for (path, error) in report.iter().flat_map(garde::Report::iter) {
            invalid.field(path.to_string(), error.message());
        }
        invalid.into_result()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::fault::{Effect, FaultKind};

    #[test]
    fn what_is_wrong_is_told_at_once_and_in_order() {
        assert_eq!(Invalid::new().into_result(), Ok(()));
        let mut invalid = Invalid::new();
        invalid.field("name", "is empty").field("", "is too old");
        assert_eq!(invalid.to_string(), "name: is empty; is too old");
        let invalid = invalid.into_result().unwrap_err();
        let errors = invalid.errors().to_vec();
        assert_eq!((errors.len(), errors[0].field.as_str(), errors[1].detail.as_str()), (2, "name", "is too old"));
        let fault = Fault::from(invalid);
        assert_eq!((fault.kind(), fault.effect(), fault.is_transient()), (FaultKind::Invalid, Effect::Nothing, false));
        assert_eq!(fault.fields(), errors);
    }

    #[cfg(feature = "garde")]
    mod with_garde {
        use super::*;

        #[derive(garde::Validate)]
        struct Order {
            #[garde(length(min = 1))]
            customer: String,
            #[garde(dive)]
            lines: Vec<Line>,
        }

        #[derive(garde::Validate)]
        struct Line {
            #[garde(range(min = 1))]
            quantity: u32,
        }

        /// Rules that ask what today is, and know it if nobody says otherwise.
        #[derive(Default)]
        struct Today(u32);

        #[derive(garde::Validate)]
        #[garde(context(Today))]
        struct Booking {
            #[garde(custom(not_past))]
            day: u32,
        }

        fn not_past(day: &u32, today: &Today) -> garde::Result {
            if *day > today.0 { Ok(()) } else { Err(garde::Error::new("is past")) }
        }

        /// Whose rules are written by hand, beside those that garde derives.
        struct ByHand;

        impl Validate for ByHand {
            fn validate(&self) -> Result<(), Invalid> {
                Invalid::new().into_result()
            }
        }

        fn validate(message: &impl Validate) -> Result<(), Invalid> {
            message.validate()
        }

        #[test]
        fn every_error_of_the_report_has_its_path() {
            let lines = |quantities: [u32; 3]| quantities.map(|quantity| Line { quantity }).into();
            assert_eq!(validate(&Order { customer: "ada".into(), lines: lines([1, 2, 3]) }), Ok(()));
            let invalid = validate(&Order { customer: String::new(), lines: lines([0, 1, 0]) }).unwrap_err();
            let paths: Vec<_> = invalid.errors().iter().map(|error| error.field.as_str()).collect();
            assert_eq!(paths, ["customer", "lines[0].quantity", "lines[2].quantity"]);
            assert_eq!(invalid.errors()[1].detail, "lower than 1");
        }

        #[test]
        fn rules_may_have_a_context_and_may_be_written_by_hand() {
            assert_eq!(validate(&Booking { day: 1 }), Ok(()));
            assert_eq!(validate(&Booking { day: 0 }).unwrap_err().to_string(), "day: is past");
            assert_eq!(validate(&ByHand), Ok(()));
        }
    }
}
