//! A bus over JSON lines: `{"GetUserById":{"user_id":1}}` goes in, the output or a problem comes out.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::time::Duration;

use cqrs_core::{Bus, DispatchError, IntoProblem, Principal, Problem, StartError};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, BufWriter};

/// A longer line is refused, and thrown away as it comes in: nobody fills the memory with one.
pub const LONGEST_LINE: usize = 16 << 20;

/// How long the end may take: what is under way by then is left to the store, or lost with the memory.
pub const LONGEST_SHUTDOWN: Duration = Duration::from_secs(10);

/// Why serving ended before its input did.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bus did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Input or output failed.
    #[error("the lines cannot be read or written")]
    Io(#[from] io::Error),
}

/// Starts the bus, answers every line, and shuts the bus down at the end of the input.
///
/// A line that is wrong is answered with a problem, and the next one is read. Blank lines are skipped. When
/// nobody reads the output any more, that is the end too.
///
/// # Errors
/// What is wired wrongly, before anything is read; later only what input and output come to.
pub async fn serve(bus: &Bus, input: impl AsyncRead + Unpin, output: impl AsyncWrite + Unpin) -> Result<(), Error> {
    serve_until(bus, input, output, std::future::pending()).await
}

/// [`serve`], until the input ends or `stop` is ready: a signal, for example. The line that is being answered then still
/// gets its answer.
///
/// # Errors
/// As for [`serve`].
pub async fn serve_until(
    bus: &Bus,
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Unpin,
    stop: impl Future<Output = ()>,
) -> Result<(), Error> {
    let started = bus.start().await?;
    let served = answer_all(bus, BufReader::new(input), BufWriter::new(output), pin!(stop)).await;
    if tokio::time::timeout(LONGEST_SHUTDOWN, started.shutdown()).await.is_err() {
        tracing::warn!("not everything that was under way has ended within {LONGEST_SHUTDOWN:?}");
    }
    unless_nobody_reads(served)
}

/// Turns a closed output into an ordinary end: `users | head -1` is no failure.
///
/// # Errors
/// Any other error.
pub fn unless_nobody_reads(written: io::Result<()>) -> Result<(), Error> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

async fn answer_all(
    bus: &Bus,
    mut input: BufReader<impl AsyncRead + Unpin>,
    mut output: BufWriter<impl AsyncWrite + Unpin>,
    mut stop: Pin<&mut impl Future<Output = ()>>,
) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        let read = tokio::select! {
            read = read_line(&mut input, &mut line) => read?,
            () = &mut stop => Read::End,
        };
        let reply = match read {
            Read::End => return output.flush().await,
            Read::TooLong => json!(too_long()),
            Read::Line if line.trim_ascii().is_empty() => continue,
            Read::Line => answer(bus, &line).await,
        };
        output.write_all(reply.to_string().as_bytes()).await?;
        output.write_all(b"\n").await?;
        // A person at a terminal, or a program at a pipe, may wait for this answer before the next line.
        if !input.buffer().contains(&b'\n') {
            output.flush().await?;
        }
        // The read side follows the write side by events, after the commit. Whoever asks in one line for what
        // the line before has created expects to find it, so each line waits for what the one before set off.
        // A server would not: there a reader may see the state of a moment ago.
        tokio::select! {
            () = bus.settled() => {}
            () = &mut stop => return output.flush().await,
        }
    }
}

/// Answers one line.
pub async fn answer(bus: &Bus, line: &[u8]) -> Value {
    let Named { name, payload } = match read(line) {
        Ok(message) => message,
        Err(detail) => return json!(Problem::bad_request(detail)),
    };
    // Who writes to the process's own input runs the process, and may do what it may.
    let operator = Principal::system("operator");
    match bus.dispatch_json(&name, payload.get().as_bytes()).by(operator).await {
        Ok(output) => output,
        Err(DispatchError::Rejected(problem)) => json!(problem),
        // Whoever sent the line learns that something broke; what it was is in the log.
        Err(DispatchError::Fault(fault)) => json!(fault.into_problem()),
    }
}

/// The one message of a line, or what is wrong with the line.
fn read(line: &[u8]) -> Result<Named<'_>, String> {
    let text = str::from_utf8(line)
        .map_err(|error| format!("the line is not UTF-8: byte {} begins no character", error.valid_up_to() + 1))?;
    serde_json::from_str(text).map_err(|error| match error.classify() {
        Category::Data => format!("the line is no message: {error}"),
        Category::Syntax | Category::Eof | Category::Io => format!("the line is not JSON: {error}"),
    })
}

fn too_long() -> Problem {
    Problem::new(413, format!("the line is longer than {LONGEST_LINE} bytes"))
}

/// One message of a line: `{"name": payload}`. The payload stays as it was written, for the message to read.
struct Named<'a> {
    name: Cow<'a, str>,
    payload: &'a RawValue,
}

impl<'de> Deserialize<'de> for Named<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OneMember)
    }
}

struct OneMember;

impl<'de> Visitor<'de> for OneMember {
    type Value = Named<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with one member, which is named like the message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Named<'de>, A::Error> {
        let Some((name, payload)) = members.next_entry()? else {
            return Err(de::Error::invalid_length(0, &self));
        };
        if members.next_key::<de::IgnoredAny>()?.is_some() {
            return Err(de::Error::custom(format_args!("more than one member, expected {}", Expected(&self))));
        }
        Ok(Named { name, payload })
    }
}

struct Expected<'a>(&'a OneMember);

impl fmt::Display for Expected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }
}

enum Read {
    Line,
    TooLong,
    End,
}

/// Reads one line into `line`, without its end, and of a line that is too long nothing.
async fn read_line(input: &mut (impl AsyncBufRead + Unpin), line: &mut Vec<u8>) -> io::Result<Read> {
    line.clear();
    let mut too_long = false;
    let mut began = false;
    loop {
        let available = input.fill_buf().await?;
        if available.is_empty() {
            break;
        }
        began = true;
        let (part, used, ended) = match available.iter().position(|&byte| byte == b'\n') {
            Some(end) => (&available[..end], end + 1, true),
            None => (available, available.len(), false),
        };
        too_long |= line.len() + part.len() > LONGEST_LINE;
        if too_long {
            *line = Vec::new();
        } else {
            line.extend_from_slice(part);
        }
        input.consume(used);
        if ended {
            break;
        }
    }
    Ok(match (began, too_long) {
        (false, _) => Read::End,
        (true, true) => Read::TooLong,
        (true, false) => Read::Line,
    })
}
