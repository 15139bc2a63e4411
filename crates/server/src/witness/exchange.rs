//! HTTP to witnesses, and to time-stamping authorities: blocking, bounded in time and size, no redirects.

use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::WitnessOptions;

/// Largest answer read: a cosigned checkpoint, with room for large signatures.
const MAX_ANSWER: u64 = 1 << 20;

/// An answer, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// Connections to witnesses; kept open between requests.
#[derive(Clone)]
pub(crate) struct Exchange(Agent);

impl Exchange {
    pub(crate) fn new(options: &WitnessOptions) -> Result<Self, String> {
        let roots = match &options.roots {
            Some(pem) => given(pem)?,
            None => system(),
        };
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .build();
        let config = Agent::config_builder()
            .timeout_global(Some(options.timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("vouchsafe/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        Ok(Self(config.new_agent()))
    }

    pub(super) fn post(&self, url: &str, body: &str) -> Result<Answer, String> {
        self.send(url, "text/plain; charset=utf-8", body.as_bytes())
    }

    pub(crate) fn send(&self, url: &str, kind: &str, body: &[u8]) -> Result<Answer, String> {
        answer(self.0.post(url).content_type(kind).send(body))
    }

    pub(super) fn get(&self, url: &str) -> Result<Answer, String> {
        answer(self.0.get(url).call())
    }
}

fn answer(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, String> {
    let mut response = result.map_err(|e| e.to_string())?;
    let body =
        response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec().map_err(|e| e.to_string())?;
    Ok(Answer { status: response.status().as_u16(), body })
}

fn given(pem: &[u8]) -> Result<Vec<Certificate<'static>>, String> {
    let mut roots = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => roots.push(certificate),
            Ok(_) => {}
            Err(e) => return Err(e.to_string()),
        }
    }
    if roots.is_empty() { Err("no certificate in PEM form".into()) } else { Ok(roots) }
}

fn system() -> Vec<Certificate<'static>> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a root certificate of the system could not be read");
    }
    found.certs.iter().map(|der| Certificate::from_der(der).to_owned()).collect()
}
