//! Request bodies that must arrive in time.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::Sleep;

/// The body of a request did not arrive in time.
#[derive(Debug, thiserror::Error)]
#[error("the body did not arrive in time")]
pub struct BodyLate;

/// Most of a refused body that is read, in bytes.
const MAX_DISCARDED: usize = 8 << 20;

/// Reads what is left of a body that is refused, up to a bound: many clients write all of it before they read the answer,
/// and would find the connection closed instead.
pub(crate) async fn discard(mut body: axum::body::Body) {
    let mut left = MAX_DISCARDED;
    // Ends with the body, with its deadline, or at the bound.
    while let Some(Ok(frame)) = body.frame().await {
        let Some(after) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { return };
        left = after;
    }
}

/// A body with a deadline for the whole of it.
pub(super) struct Timely {
    body: Incoming,
    left: Pin<Box<Sleep>>,
}

impl Timely {
    pub(super) fn new(body: Incoming, time: Duration) -> Self {
        Self { body, left: Box::pin(tokio::time::sleep(time)) }
    }
}

impl Body for Timely {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame.map(|f| f.map_err(Into::into)));
        }
        self.left.as_mut().poll(context).map(|()| Some(Err(BodyLate.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
