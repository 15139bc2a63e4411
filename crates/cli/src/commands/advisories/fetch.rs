//! Fetching an address into a temporary file, bounded in bytes and time, and only if it changed (RFC 9110, 13). Only what the
//! user names is fetched, and nothing that a document refers to; where that is https, so is wherever it leads to.

use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tlog::Hash;
use ureq::tls::{PemItem, RootCerts, TlsConfig};

use crate::clock;
use crate::commands::Context;
use crate::failure::Failure;

/// Most bytes of an answer: the largest feed published is a fifth of it.
pub(super) const MAX_BYTES: u64 = 4 << 30;
/// Longest time for it.
const TIMEOUT: Duration = Duration::from_secs(1_800);
/// Longest wait for a connection and the beginning of an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Most bytes of a file of certificates.
const MAX_ROOTS: u64 = 4 << 20;
/// Most bytes of a validator that is kept.
const MAX_VALIDATOR: usize = 1_024;

/// How addresses are fetched.
#[derive(Clone)]
pub(super) struct Fetching {
    /// Certificates of authorities, instead of the public ones.
    roots: Option<Arc<Vec<ureq::tls::Certificate<'static>>>>,
    /// Most bytes of an answer.
    most: u64,
    /// Set when the process is to end.
    stop: Arc<AtomicBool>,
}

impl Fetching {
    /// With the authorities in a PEM file, else the public ones.
    pub(super) fn new(roots: Option<&Path>, most: u64) -> Result<Self, Failure> {
        let roots = roots.map(read_roots).transpose()?.map(Arc::new);
        Ok(Self { roots, most, stop: Arc::default() })
    }

    /// What ends a fetch before its time.
    pub(super) fn stop(&self) -> Arc<AtomicBool> {
        self.stop.clone()
    }

    fn agent(&self, https: bool) -> ureq::Agent {
        let mut tls = TlsConfig::builder();
        if let Some(roots) = &self.roots {
            tls = tls.root_certs(RootCerts::Specific(roots.clone()));
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .https_only(https)
            .timeout_global(Some(TIMEOUT))
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .tls_config(tls.build())
            .build();
        ureq::Agent::new_with_config(config)
    }
}

fn read_roots(path: &Path) -> Result<Vec<ureq::tls::Certificate<'static>>, Failure> {
    let fail = |e: &std::io::Error| Failure::file("reading the certificates in", path, e);
    let doing = format!("reading the certificates in {}", path.display());
    if std::fs::metadata(path).map_err(|e| fail(&e))?.len() > MAX_ROOTS {
        return Err(Failure::input(doing, "it is too large for certificates"));
    }
    let text = std::fs::read(path).map_err(|e| fail(&e))?;
    let mut roots = Vec::new();
    for item in ureq::tls::parse_pem(&text) {
        if let PemItem::Certificate(root) = item.map_err(|e| Failure::input(&doing, e))? {
            roots.push(root);
        }
    }
    if roots.is_empty() {
        Err(Failure::input(doing, "it holds no certificate in PEM form"))
    } else {
        Ok(roots)
    }
}

/// A file that goes when this does.
pub(super) struct Temporary(PathBuf);

impl Temporary {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // If it cannot be removed, whoever cleans the temporary folder will.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What was fetched last, so that only what changed is fetched again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Held {
    /// `ETag` of the answer.
    pub(super) etag: Option<String>,
    /// `Last-Modified` of the answer.
    pub(super) modified: Option<String>,
    /// SHA-256 of it, in hexadecimal.
    pub(super) digest: Option<String>,
    /// Documents in it that could not be read.
    pub(super) refused: u64,
}

/// What an address gave.
pub(super) enum Fetched {
    /// Something, with what says next time whether it changed.
    New { file: Temporary, digest: Hash, held: Held },
    /// The same as what is held.
    Same,
}

/// An address that gave nothing.
pub(super) struct Missed {
    pub(super) failure: Failure,
    /// Seconds after which it wants to be asked again, where it says so.
    pub(super) after: Option<u64>,
}

impl From<Failure> for Missed {
    fn from(failure: Failure) -> Self {
        Self { failure, after: None }
    }
}

/// Fetches an address, unless it says that it is as it is held.
pub(super) fn fetch(context: &Context, url: &str, held: &Held, how: &Fetching) -> Result<Fetched, Missed> {
    let doing = format!("fetching {url}");
    let https = url.starts_with("https://");
    if !https && !url.starts_with("http://") {
        return Err(Failure::input(doing, "it is no address of the web").hint("write https://…").into());
    }
    let mut request = how.agent(https).get(url);
    for (name, value) in [("if-none-match", &held.etag), ("if-modified-since", &held.modified)] {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    let mut answer = request.call().map_err(|e| Failure::environment(&doing, e))?;
    let header = |name: &str| answer.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let short = |text: &String| text.len() <= MAX_VALIDATOR;
    let (etag, modified) = (header("etag").filter(short), header("last-modified").filter(short));
    let status = answer.status();
    if status.as_u16() == 304 && held.digest.is_some() {
        return Ok(Fetched::Same);
    }
    if status.as_u16() != 200 {
        let after = header("retry-after").and_then(|text| text.trim().parse().ok());
        return Err(Missed {
            failure: Failure::environment(doing, format!("the answer is {status}")),
            after,
        });
    }
    let name = format!("vouchsafe-fetch-{}-{:x}", std::process::id(), clock::random_number()?);
    let file = Temporary(std::env::temp_dir().join(name));
    let fail = |e: std::io::Error| Failure::file("writing", file.path(), &e);
    let mut to = std::fs::OpenOptions::new().write(true).create_new(true).open(file.path()).map_err(fail)?;
    let length = answer.body().content_length().unwrap_or(0);
    if length > how.most {
        return Err(Failure::environment(doing, format!("{length} bytes are more than {}", how.most)).into());
    }
    let bar = context.ui.progress("Fetching", length);
    let mut from = BufReader::new(answer.body_mut().with_config().limit(how.most).reader());
    let (mut hasher, mut piece) = (Sha256::new(), vec![0; 64 << 10]);
    loop {
        let n = from.read(&mut piece).map_err(|e| Failure::environment(&doing, e))?;
        let Some(read) = piece.get(..n).filter(|read| !read.is_empty()) else { break };
        hasher.update(read);
        to.write_all(read).map_err(fail)?;
        bar.inc(n as u64);
        if how.stop.load(Ordering::Relaxed) {
            return Err(Failure::environment(doing, "it was interrupted").into());
        }
    }
    bar.finish_and_clear();
    let digest = Hash(hasher.finalize().into());
    if held.digest.as_ref() == Some(&digest.to_string()) {
        return Ok(Fetched::Same);
    }
    let held = Held { etag, modified, digest: Some(digest.to_string()), refused: 0 };
    Ok(Fetched::New { file, digest, held })
}
