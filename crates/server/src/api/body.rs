//! Reading request bodies: bounded each, and bounded together by what has really arrived.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::sync::OwnedSemaphorePermit;

use super::Api;
use super::problem::{Code, Problem};
use crate::run::BodyLate;

/// A whole body, and its share of the memory that bodies may take.
pub(super) struct Whole {
    pub(super) bytes: Vec<u8>,
    /// Released when the body is no longer needed.
    pub(super) share: Option<OwnedSemaphorePermit>,
}

/// Reads a body of at most `limit` bytes.
pub(super) async fn read(
    api: &Api,
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
) -> Result<Whole, Problem> {
    let too_large = || Problem::new(Code::TooLarge, format!("the body may have at most {limit} bytes"));
    let stated =
        headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(super::moment::number);
    if stated.is_some_and(|n| n > limit as u64) {
        // Who waits for leave to send (RFC 9110, 10.1.1) gets none.
        if !headers.contains_key(header::EXPECT) {
            crate::run::discard(body).await;
        }
        return Err(too_large());
    }
    let mut whole = Whole { bytes: Vec::new(), share: None };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| failed(&e))?;
        let Ok(data) = frame.into_data() else { continue };
        if whole.bytes.len() + data.len() > limit {
            drop(whole);
            crate::run::discard(body).await;
            return Err(too_large());
        }
        take(api, &mut whole, &data)?;
    }
    Ok(whole)
}

fn take(api: &Api, whole: &mut Whole, data: &Bytes) -> Result<(), Problem> {
    let before = whole.bytes.len().div_ceil(1_024);
    whole.bytes.extend_from_slice(data);
    let more = u32::try_from(whole.bytes.len().div_ceil(1_024) - before).unwrap_or(u32::MAX);
    if more > 0 {
        let permit = api.bodies.clone().try_acquire_many_owned(more);
        let permit =
            permit.map_err(|_| Problem::new(Code::Busy, "too many large requests are being served"))?;
        match &mut whole.share {
            Some(share) => share.merge(permit),
            None => whole.share = Some(permit),
        }
    }
    Ok(())
}

fn failed(error: &axum::Error) -> Problem {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(e) = source {
        if e.is::<BodyLate>() {
            return Problem::new(Code::Timeout, "the body did not arrive in time");
        }
        source = e.source();
    }
    Problem::bad(format!("the body could not be read: {error}"))
}
