//! Asking an authority over HTTP (RFC 3161, 3.4).

use formats::timestamp::Request;

use crate::witness::WitnessOptions;
use crate::witness::exchange::Exchange;

/// Sends a request and gives the answer as it came, unverified. Blocks, for ten seconds at most.
///
/// # Errors
/// The authority cannot be reached or answers with another status than 200.
pub fn ask(url: &str, request: &Request) -> Result<Vec<u8>, String> {
    let exchange = Exchange::new(&WitnessOptions::default())?;
    let answer = exchange.send(url, "application/timestamp-query", &request.to_der())?;
    match answer.status {
        200 => Ok(answer.body),
        status => Err(format!("it answers {status}")),
    }
}
