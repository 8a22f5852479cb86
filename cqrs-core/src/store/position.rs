//! [`Position`]: where an event stands in the log of its store.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where an event stands in the order of all events of one store, which is the order of their commits.
///
/// It is opaque: positions of one store can be compared, kept and sent, and there is no arithmetic on them. Between two
/// positions there may be any number of others or none.
///
/// ```
/// use cqrs_core::Position;
///
/// let (first, second) = (Position::at(7), Position::at(8));
/// assert!(first < second);
/// assert_eq!(second.to_string().parse::<Position>().unwrap(), second);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Position {
    /// For a store that needs more than one number to tell what comes first: PostgreSQL's epoch and transaction.
    epoch: u64,
    transaction: u64,
    place: u64,
}

impl Position {
    /// Of a store whose one writer numbers what it commits: the `n`-th.
    #[must_use]
    pub const fn at(n: u64) -> Self {
        Position::of(0, 0, n)
    }

    /// Of a store whose transactions commit in another order than they take numbers in.
    #[must_use]
    pub const fn of(epoch: u64, transaction: u64, place: u64) -> Self {
        Position { epoch, transaction, place }
    }

    /// The numbers that it was made of: for the store itself.
    #[must_use]
    pub const fn parts(self) -> (u64, u64, u64) {
        (self.epoch, self.transaction, self.place)
    }
}

/// As text that is read back: `8`, or `1-4711-8` where a store needs three numbers.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            (0, 0, place) => place.fmt(f),
            (epoch, transaction, place) => write!(f, "{epoch}-{transaction}-{place}"),
        }
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Position({self})")
    }
}

/// Text that is no [`Position`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no position: it is one number, or three with `-` between them")]
pub struct NoPosition(String);

impl FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, NoPosition> {
        let numbers: Result<Vec<u64>, _> = text.split('-').map(str::parse).collect();
        match numbers.as_deref() {
            Ok(&[place]) => Ok(Position::at(place)),
            Ok(&[epoch, transaction, place]) => Ok(Position::of(epoch, transaction, place)),
            _ => Err(NoPosition(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Position {
    type Error = NoPosition;

    fn try_from(text: String) -> Result<Self, NoPosition> {
        text.parse()
    }
}

impl From<Position> for String {
    fn from(position: Position) -> Self {
        position.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_goes_before_a_transaction_and_that_before_a_place() {
        let ordered = [Position::of(0, 0, 9), Position::of(0, 1, 0), Position::of(0, 2, 0), Position::of(1, 0, 0)];
        assert!(ordered.is_sorted());
    }

    #[test]
    fn what_is_no_position_says_so() {
        for text in ["", "-1", "1-2", "a", "1-2-3-4", "99999999999999999999"] {
            let error = text.parse::<Position>().unwrap_err();
            assert!(error.to_string().contains("is no position"), "{text}: {error}");
        }
    }

    #[test]
    fn it_crosses_a_process_as_text() {
        for position in [Position::at(u64::MAX), Position::of(1, 2, 3)] {
            let json = serde_json::to_string(&position).unwrap();
            assert_eq!(serde_json::from_str::<Position>(&json).unwrap(), position);
        }
    }
}
