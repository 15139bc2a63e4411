//! Ends HTTP/2 connections that ask for nothing. HTTP/1 has its time for heads; HTTP/2 has pings, which an idle client may
//! answer for ever while others wait for its place.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// What a connection is doing.
#[derive(Debug, Default)]
pub(super) struct Activity {
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Activity {
    /// A request begins; it ends when what is returned is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        self.begun.fetch_add(1, Ordering::SeqCst);
        Busy(self.clone())
    }

    /// Returns once no request has begun or been under way for a whole `interval`.
    pub(super) async fn until_idle(&self, interval: Duration) {
        loop {
            let begun = self.begun.load(Ordering::SeqCst);
            tokio::time::sleep(interval).await;
            let ended = self.ended.load(Ordering::SeqCst);
            if self.begun.load(Ordering::SeqCst) == begun && ended == begun {
                return;
            }
        }
    }
}

/// A request under way.
pub(super) struct Busy(Arc<Activity>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}

impl Busy {
    /// Lets the request last until the body of its answer has gone out.
    pub(super) fn with(self, response: Response) -> Response {
        response.map(|body| Body::new(Answer { body, _busy: self }))
    }
}

struct Answer {
    body: Body,
    _busy: Busy,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
