//! A socket whose other end must go on reading: a write that makes no progress for too long ends the connection. Otherwise
//! whoever asks for much and reads nothing holds a place, and memory, for ever. Waiting without anything to write (event
//! streams) is no such write.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// A stream with a bound on how long a write may stand still.
pub(super) struct Paced<S> {
    stream: S,
    patience: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<S> Paced<S> {
    pub(super) const fn new(stream: S, patience: Duration) -> Self {
        Self { stream, patience, waiting: None }
    }

    /// What a write came to: pending ones are timed from the first of them on.
    fn timed<T>(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.waiting = None;
            return polled;
        }
        let patience = self.patience;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        waiting.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.timed(context, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.timed(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        self.timed(context, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(context);
        self.timed(context, polled)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::Paced;

    #[tokio::test]
    async fn a_write_that_nobody_reads_ends_and_a_slow_reader_is_served() {
        let patience = Duration::from_millis(150);
        // The other end is held and not read from: the first bytes fit, the rest never goes.
        let (near, _far) = tokio::io::duplex(64);
        let mut paced = Paced::new(near, patience);
        paced.write_all(&[0; 64]).await.expect("they fit");
        let late = paced.write_all(&[0; 64]).await.expect_err("nobody reads");
        assert_eq!(late.kind(), std::io::ErrorKind::TimedOut);
        // Slow, longer than the patience in all, but it goes on.
        let (near, mut far) = tokio::io::duplex(64);
        let mut paced = Paced::new(near, patience);
        let reading = tokio::spawn(async move {
            let (mut all, mut piece) = (0, [0; 64]);
            while all < 64 * 6 {
                tokio::time::sleep(Duration::from_millis(50)).await;
                all += far.read(&mut piece).await.expect("reads");
            }
        });
        paced.write_all(&[0; 64 * 6]).await.expect("it is read in the end");
        reading.await.expect("no panic");
    }
}
