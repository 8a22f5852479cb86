//! What calls and events are called by: [`MessageId`], [`CorrelationId`].

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::call::trace_context::TraceId;

/// The id of one call, or of one event: a UUID of version 7, so that ids sort by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(Uuid);

impl MessageId {
    /// A new one.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default that differs each time surprises")]
    pub fn new() -> Self {
        MessageId(Uuid::now_v7())
    }

    /// The UUID.
    #[must_use]
    pub fn as_uuid(&self) -> Uuid {
        self.0
    }

    /// The UUID's sixteen bytes, for a store that keeps them.
    ///
    /// ```
    /// use cqrs_core::MessageId;
    ///
    /// let id = MessageId::new();
    /// assert_eq!(*id.as_bytes(), id.as_uuid().into_bytes());
    /// ```
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

/// From its text, as `Display` writes it and as a client gives it back.
///
/// ```
/// use cqrs_core::MessageId;
///
/// let id = MessageId::new();
/// assert_eq!(id.to_string().parse::<MessageId>().unwrap(), id);
/// assert_eq!("7".parse::<MessageId>().unwrap_err().to_string(), "`7` is not a message id, which is a UUID");
/// ```
impl FromStr for MessageId {
    type Err = MessageIdError;

    fn from_str(text: &str) -> Result<Self, MessageIdError> {
        match Uuid::try_parse(text) {
            Ok(id) => Ok(MessageId(id)),
            Err(source) => Err(MessageIdError { text: text.to_owned(), source }),
        }
    }
}

/// A text that is not the id of a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a message id, which is a UUID")]
pub struct MessageIdError {
    text: String,
    source: uuid::Error,
}

impl From<Uuid> for MessageId {
    fn from(id: Uuid) -> Self {
        MessageId(id)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a call belongs to, from the edge through every nested call and event: text from outside, or else the
/// id of the first call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(from = "String")]
pub struct CorrelationId(Correlation);

/// As text, whatever it is.
impl Serialize for CorrelationId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Correlation::Id(id) => serializer.serialize_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer())),
            Correlation::Text(text) => serializer.serialize_str(text),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Correlation {
    Id(Uuid),
    Text(Arc<str>),
}

impl CorrelationId {
    /// The trace of what belongs to it, where nobody has named one: the same wherever it is asked for.
    pub(crate) fn trace_id(&self) -> TraceId {
        TraceId::made_of(match &self.0 {
            Correlation::Id(id) => id.into_bytes(),
            Correlation::Text(text) => {
                let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
                std::array::from_fn(|n| hash[n])
            }
        })
    }
}

impl From<&str> for CorrelationId {
    fn from(text: &str) -> Self {
        // The same text is the same id, however it came: a UUID in its usual form is kept as one.
        match Uuid::try_parse(text) {
            Ok(id) if id.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == text => {
                CorrelationId(Correlation::Id(id))
            }
            _ => CorrelationId(Correlation::Text(text.into())),
        }
    }
}

impl From<String> for CorrelationId {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<CorrelationId> for String {
    fn from(id: CorrelationId) -> Self {
        id.to_string()
    }
}

impl From<Uuid> for CorrelationId {
    fn from(id: Uuid) -> Self {
        CorrelationId(Correlation::Id(id))
    }
}

impl From<MessageId> for CorrelationId {
    fn from(id: MessageId) -> Self {
        id.0.into()
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Correlation::Id(id) => id.fmt(f),
            Correlation::Text(text) => text.fmt(f),
        }
    }
}
