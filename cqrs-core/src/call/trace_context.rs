//! Where a call stands in a distributed trace: [`TraceContext`].

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::call::ids::MessageId;
use crate::hex;

/// Where a call stands in a distributed trace, as [W3C Trace Context](https://www.w3.org/TR/trace-context/) tells it
/// from one process to another.
///
/// ```
/// use cqrs_core::TraceContext;
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let caller: TraceContext = header.parse().unwrap();
/// let caller = caller.with_state("congo=t61rcWkgMzE").unwrap();
/// assert_eq!(caller.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// assert!(caller.is_sampled());
/// assert_eq!((caller.to_string().as_str(), caller.state()), (header, Some("congo=t61rcWkgMzE")));
/// ```
///
/// A call is given the caller's before the await, `.trace_context(caller)`, and its handler reads the call's own off
/// the [`Context`](crate::Context::trace_context). It is serialised as the two headers, `traceparent` and
/// `tracestate`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Headers", try_from = "Headers")]
pub struct TraceContext {
    trace_id: TraceId,
    span_id: SpanId,
    sampled: bool,
    state: Option<Arc<str>>,
}

/// Why a header is no part of a [`TraceContext`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TraceContextError {
    /// Too short, or longer than its version allows.
    #[error("a `traceparent` of version 00 has 55 characters, a later one no fewer; this has {0}")]
    Length(usize),
    /// Version `ff`, which is none.
    #[error("a `traceparent` cannot have version ff")]
    Version,
    /// The parts are not separated by dashes.
    #[error("the {0} of a `traceparent` is not followed by a dash")]
    Dash(&'static str),
    /// A part that is not lower-case hex.
    #[error("the {0} of a `traceparent` is not lower-case hex")]
    Hex(&'static str),
    /// An id that is none.
    #[error("the {0} of a `traceparent` is all zeros")]
    Zero(&'static str),
    /// A `tracestate` longer than what has to be handed on.
    #[error("a `tracestate` has at most 512 characters; this has {0}")]
    StateLength(usize),
    /// A `tracestate` that holds what no header does.
    #[error("a `tracestate` cannot hold {0:?}")]
    State(char),
}

impl TraceContext {
    /// That of a span that a tracer has begun.
    #[must_use]
    pub fn new(trace_id: TraceId, span_id: SpanId, sampled: bool) -> Self {
        TraceContext { trace_id, span_id, sampled, state: None }
    }

    /// The same with what tracers have to tell each other, the header `tracestate`; an empty one is none. The bus
    /// hands it on as it is.
    ///
    /// # Errors
    /// If it is longer than 512 characters, or holds other ones than printable ASCII and tabs.
    pub fn with_state(mut self, state: impl Into<Arc<str>>) -> Result<Self, TraceContextError> {
        let state = state.into();
        if let Some(character) = state.chars().find(|character| !matches!(character, ' '..='~' | '\t')) {
            return Err(TraceContextError::State(character));
        }
        if state.len() > 512 {
            return Err(TraceContextError::StateLength(state.len()));
        }
        self.state = Some(state).filter(|state| !state.is_empty());
        Ok(self)
    }

    /// The same trace, seen from another span in it.
    #[must_use]
    pub fn child(&self, span_id: SpanId) -> Self {
        TraceContext { span_id, ..self.clone() }
    }

    /// The trace.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The span in it: the `parent-id` of whatever this is told to.
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// Whether the caller may have recorded it.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.sampled
    }

    /// What tracers have to tell each other, the header `tracestate`.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

/// Reads a `traceparent`, of version 00 or any later one.
impl FromStr for TraceContext {
    type Err = TraceContextError;

    fn from_str(header: &str) -> Result<Self, TraceContextError> {
        let bytes = header.as_bytes();
        let length = TraceContextError::Length(bytes.len());
        let Some((known, later)) = bytes.split_at_checked(55) else { return Err(length) };
        let [version] = part(known, 0, "version")?;
        let trace_id = part(known, 3, "trace id")?;
        let span_id = part(known, 36, "parent id")?;
        let [flags] = part(known, 53, "flags")?;
        match (version, later) {
            (0xff, _) => return Err(TraceContextError::Version),
            (_, []) => {}
            (0, _) => return Err(length),
            (_, [b'-', ..]) => {}
            (_, [..]) => return Err(TraceContextError::Dash("flags")),
        }
        Ok(TraceContext {
            trace_id: TraceId::new(trace_id).ok_or(TraceContextError::Zero("trace id"))?,
            span_id: SpanId::new(span_id).ok_or(TraceContextError::Zero("parent id"))?,
            // What later versions mean by the other flags is theirs, and not handed on as if it were understood.
            sampled: flags & 1 == 1,
            state: None,
        })
    }
}

/// The bytes of the part that begins at `start`. Every part but the last has a dash after it.
fn part<const N: usize>(header: &[u8], start: usize, name: &'static str) -> Result<[u8; N], TraceContextError> {
    let end = start + 2 * N;
    let bytes = hex::read(&header[start..end]).ok_or(TraceContextError::Hex(name))?;
    match header.get(end) {
        None | Some(b'-') => Ok(bytes),
        Some(_) => Err(TraceContextError::Dash(name)),
    }
}

/// The `traceparent`, always of version 00.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TraceContext { trace_id, span_id, sampled, .. } = self;
        write!(f, "00-{trace_id}-{span_id}-{:02x}", u8::from(*sampled))
    }
}

/// A [`TraceContext`] as it crosses a process.
#[derive(Serialize, Deserialize)]
struct Headers {
    traceparent: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tracestate: Option<Arc<str>>,
}

impl From<TraceContext> for Headers {
    fn from(context: TraceContext) -> Self {
        Headers { traceparent: context.to_string(), tracestate: context.state }
    }
}

impl TryFrom<Headers> for TraceContext {
    type Error = TraceContextError;

    fn try_from(Headers { traceparent, tracestate }: Headers) -> Result<Self, TraceContextError> {
        let context: TraceContext = traceparent.parse()?;
        match tracestate {
            Some(state) => context.with_state(state),
            None => Ok(context),
        }
    }
}

macro_rules! id {
    ($(#[$docs:meta])* $name:ident, $bytes:literal) => {
        $(#[$docs])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// That of these bytes, unless they are all zero: then it is none.
            #[must_use]
            pub fn new(bytes: [u8; $bytes]) -> Option<Self> {
                (bytes != [0; $bytes]).then_some($name(bytes))
            }

            /// Its bytes.
            #[must_use]
            pub fn to_bytes(self) -> [u8; $bytes] {
                self.0
            }

            /// Of bytes that are hardly ever all zero.
            pub(crate) fn made_of(mut bytes: [u8; $bytes]) -> Self {
                if bytes == [0; $bytes] {
                    bytes[$bytes - 1] = 1;
                }
                $name(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hex::write(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

id!(
    /// The id of a trace: 16 bytes, not all zero, shown as lower-case hex.
    TraceId,
    16
);
id!(
    /// The id of a span in a trace: 8 bytes, not all zero, shown as lower-case hex.
    SpanId,
    8
);

/// The span of a call: the half of its id that is random.
impl From<MessageId> for SpanId {
    fn from(id: MessageId) -> Self {
        let (_, low) = id.as_uuid().as_u64_pair();
        SpanId::made_of(low.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn parse(header: &str) -> Result<TraceContext, TraceContextError> {
        header.parse()
    }

    #[test]
    fn a_traceparent_is_read_and_written() {
        let context = parse(HEADER).unwrap();
        assert_eq!(context.to_string(), HEADER);
        assert_eq!(context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(context.span_id().to_string(), "00f067aa0ba902b7");
        assert_eq!(format!("{:?}", context.span_id()), "SpanId(00f067aa0ba902b7)");
        assert!(context.is_sampled() && context.state().is_none());
        assert_eq!(context, TraceContext::new(context.trace_id(), context.span_id(), true));
        for (flags, sampled) in [("00", false), ("01", true), ("02", false), ("03", true), ("fe", false), ("ff", true)]
        {
            let context = parse(&format!("{}{flags}", &HEADER[..53])).unwrap();
            assert_eq!(context.is_sampled(), sampled, "{flags}");
            let told = if sampled { "-01" } else { "-00" };
            assert!(context.to_string().ends_with(told), "a flag nobody here knows is not handed on: {context}");
        }
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        for version in ["01", "cc", "fe"] {
            for rest in ["", "-", "-what-the-future-will-be-like", "-\u{e9}"] {
                let context = parse(&format!("{version}{}{rest}", &HEADER[2..])).unwrap();
                assert_eq!(context.to_string(), HEADER, "and handed on in the version that is known");
            }
            for rest in [".", "1", "0-"] {
                let header = format!("{version}{}{rest}", &HEADER[2..]);
                assert_eq!(parse(&header), Err(TraceContextError::Dash("flags")), "{header}");
            }
        }
    }

    #[test]
    fn what_is_malformed_is_named() {
        use TraceContextError::{Dash, Hex, Length, Version, Zero};
        let with = |at: usize, text: &str| {
            let mut header = HEADER.to_owned();
            header.replace_range(at..at + text.len(), text);
            header
        };
        for (header, error) in [
            (String::new(), Length(0)),
            ("00".into(), Length(2)),
            (HEADER[..52].into(), Length(52)),
            (HEADER[..54].into(), Length(54)),
            (format!("{HEADER}-"), Length(56)),
            (format!("{HEADER}-what-the-future-will-be-like"), Length(84)),
            (format!("{HEADER}0"), Length(56)),
            (format!("{HEADER} "), Length(56)),
            (format!(" {HEADER}"), Hex("version")),
            (with(0, "ff"), Version),
            (format!("ff{}-later", &HEADER[2..]), Version),
            (with(0, "FE"), Hex("version")),
            (with(0, ".0"), Hex("version")),
            (with(0, "0x"), Hex("version")),
            (with(3, "4BF9"), Hex("trace id")),
            (with(3, "."), Hex("trace id")),
            (with(34, "-"), Hex("trace id")),
            (with(36, "00F0"), Hex("parent id")),
            (with(51, "\t"), Hex("parent id")),
            (with(36, "\u{e9}"), Hex("parent id")),
            (with(53, "0A"), Hex("flags")),
            (with(53, ".1"), Hex("flags")),
            (with(53, "1."), Hex("flags")),
            (with(2, "_"), Dash("version")),
            (with(35, "0"), Dash("trace id")),
            (with(52, " "), Dash("parent id")),
            (with(3, &"0".repeat(32)), Zero("trace id")),
            (with(36, &"0".repeat(16)), Zero("parent id")),
        ] {
            assert_eq!(parse(&header), Err(error), "{header:?}");
        }
        assert_eq!(
            parse(&with(3, "4BF9")).unwrap_err().to_string(),
            "the trace id of a `traceparent` is not lower-case hex"
        );
        assert_eq!(
            parse("").unwrap_err().to_string(),
            "a `traceparent` of version 00 has 55 characters, a later one no fewer; this has 0"
        );
    }

    #[test]
    fn a_state_is_handed_on_as_it_is() {
        let context = parse(HEADER).unwrap();
        let states = ["rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "a=1 ,\tb=~", ",", &"x".repeat(512)];
        for state in states {
            assert_eq!(context.clone().with_state(state).unwrap().state(), Some(state));
        }
        assert_eq!(context.clone().with_state("").unwrap(), context, "an empty one is none");
        for (state, error) in [
            ("x".repeat(513), TraceContextError::StateLength(513)),
            ("a=1\r\nx: y".into(), TraceContextError::State('\r')),
            ("a=\u{e9}".into(), TraceContextError::State('\u{e9}')),
            ("a=\u{7f}".into(), TraceContextError::State('\u{7f}')),
        ] {
            assert_eq!(context.clone().with_state(state), Err(error));
        }
    }

    #[test]
    fn a_child_is_in_the_same_trace() {
        let context = parse(HEADER).unwrap().with_state("a=1").unwrap();
        let id = MessageId::from(Uuid::from_u128(0x0193_5d2e_7c40_7abc_8123_4567_89ab_cdef));
        let child = context.child(id.into());
        assert_eq!(child.to_string(), "00-4bf92f3577b34da6a3ce929d0e0e4736-8123456789abcdef-01");
        assert_eq!(child.state(), Some("a=1"));
        assert_eq!(SpanId::from(MessageId::from(Uuid::nil())).to_string(), "0000000000000001", "never zero");
        assert_eq!((TraceId::new([0; 16]), SpanId::new([0; 8])), (None, None));
        assert_eq!(TraceId::new([7; 16]).unwrap().to_bytes(), [7; 16]);
    }

    #[test]
    fn it_crosses_a_process_as_its_headers() {
        let context = parse(HEADER).unwrap();
        let json = serde_json::to_value(&context).unwrap();
        assert_eq!(json, json!({"traceparent": HEADER}));
        assert_eq!(serde_json::from_value::<TraceContext>(json).unwrap(), context);
        let context = context.with_state("a=1").unwrap();
        let json = serde_json::to_value(&context).unwrap();
        assert_eq!(json, json!({"traceparent": HEADER, "tracestate": "a=1"}));
        assert_eq!(serde_json::from_value::<TraceContext>(json).unwrap(), context);
        for wrong in [json!({"traceparent": "00-"}), json!({"traceparent": HEADER, "tracestate": "\n"}), json!(HEADER)]
        {
            assert!(serde_json::from_value::<TraceContext>(wrong).is_err());
        }
    }
}
