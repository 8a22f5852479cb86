//! A connection that no client holds for ever, and that ends without taking its last answer with it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutWriter;

/// How long a client may go on sending what nobody reads, once it has its answer.
const LINGERS: Duration = Duration::from_secs(2);

/// A client's connection.
///
/// A socket that is closed while there is something unread resets the connection, and the client's system then throws away
/// what the client has not read: the 413 that says why. So the end is to say that no more comes, and then to read on until
/// the client has heard of it and closes (RFC 9112, 9.6).
pub(super) struct Socket {
    stream: Pin<Box<TimeoutWriter<TcpStream>>>,
    closing: watch::Receiver<bool>,
    /// From the end on: until when the client is listened to.
    lingering: Option<Pin<Box<Lingering>>>,
}

/// Ready when a client has been listened to for long enough.
type Lingering = dyn Future<Output = ()> + Send;

impl Socket {
    /// A connection whose client may take nothing for so long; it does not linger while the server is closing.
    pub(super) fn new(stream: TcpStream, write_timeout: Duration, closing: watch::Receiver<bool>) -> Self {
        let mut stream = TimeoutWriter::new(stream);
        stream.set_timeout(Some(write_timeout));
        Socket { stream: Box::pin(stream), closing, lingering: None }
    }

    /// Reads on, whatever it is, until the client ends too or its time is up.
    fn poll_rest(&mut self, cx: &mut Context<'_>, mut lingering: Pin<&mut Lingering>) -> Poll<()> {
        let mut unwanted = [0; 8 * 1024];
        while lingering.as_mut().poll(cx).is_pending() {
            let mut read = ReadBuf::new(&mut unwanted);
            match ready!(self.stream.as_mut().poll_read(cx, &mut read)) {
                Ok(()) if !read.filled().is_empty() => {}
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, read: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_read(cx, read)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut lingering = match self.lingering.take() {
            Some(lingering) => lingering,
            None => {
                ready!(self.stream.as_mut().poll_shutdown(cx))?;
                let mut closing = self.closing.clone();
                Box::pin(async move { drop(timeout(LINGERS, closing.wait_for(|closing| *closing)).await) })
            }
        };
        let rest = self.poll_rest(cx, lingering.as_mut());
        self.lingering = Some(lingering);
        rest.map(Ok)
    }
}
