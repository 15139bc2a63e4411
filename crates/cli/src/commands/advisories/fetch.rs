//! Fetching an address into a temporary file, bounded in bytes and time. Only what the user names is fetched, and nothing that
//! a document refers to.

use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tlog::Hash;

use crate::clock;
use crate::commands::Context;
use crate::failure::Failure;

/// Most bytes of an answer: the largest feed published is a fifth of it.
const MAX_BYTES: u64 = 4 << 30;
/// Longest time for it.
const TIMEOUT: Duration = Duration::from_secs(1_800);
/// Longest wait for a connection and the beginning of an answer.
const PATIENCE: Duration = Duration::from_secs(30);

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

/// What an address gave.
pub(super) struct Fetched {
    pub(super) file: Temporary,
    pub(super) digest: Hash,
}

/// Fetches an address.
pub(super) fn fetch(context: &Context, url: &str) -> Result<Fetched, Failure> {
    let doing = format!("fetching {url}");
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(Failure::input(doing, "it is no address of the web").hint("write https://…"));
    }
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .build();
    let agent = ureq::Agent::new_with_config(config);
    let mut answer = agent.get(url).call().map_err(|e| Failure::environment(&doing, e))?;
    let name = format!("vouchsafe-fetch-{}-{:x}", std::process::id(), clock::random_number()?);
    let file = Temporary(std::env::temp_dir().join(name));
    let fail = |e: std::io::Error| Failure::file("writing", file.path(), &e);
    let mut to = std::fs::OpenOptions::new().write(true).create_new(true).open(file.path()).map_err(fail)?;
    let length = answer.body().content_length().unwrap_or(0);
    let bar = context.ui.progress("Fetching", length);
    let mut from = BufReader::new(answer.body_mut().with_config().limit(MAX_BYTES).reader());
    let (mut hasher, mut piece) = (Sha256::new(), vec![0; 64 << 10]);
    loop {
        let n = from.read(&mut piece).map_err(|e| Failure::environment(&doing, e))?;
        let Some(read) = piece.get(..n).filter(|read| !read.is_empty()) else { break };
        hasher.update(read);
        to.write_all(read).map_err(fail)?;
        bar.inc(n as u64);
    }
    bar.finish_and_clear();
    let digest = Hash(hasher.finalize().into());
    Ok(Fetched { file, digest })
}
