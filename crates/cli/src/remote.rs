//! A running server, from the command line: entries and blobs sent, answers read, all bounded. What was asked and what was
//! answered are here; what it means is the commands' business.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tlog::Hash;
use ureq::http::Response;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::text;

/// Most bytes of an answer.
const MAX_ANSWER: u64 = 64 << 20;
/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Most bytes of a token file.
const MAX_TOKEN: u64 = 4 << 10;
/// Where a token is looked for when no file is named.
const TOKEN_VARIABLE: &str = "VOUCHSAFE_TOKEN";

/// A running server.
pub(crate) struct Remote {
    base: String,
    agent: ureq::Agent,
    token: Option<Zeroizing<String>>,
}

/// A bearer token: the first line of `file`, else what the environment has.
pub(crate) fn token(file: Option<&Path>) -> Result<Option<Zeroizing<String>>, Failure> {
    let Some(path) = file else {
        let said = std::env::var(TOKEN_VARIABLE).ok().filter(|t| !t.is_empty());
        return Ok(said.map(Zeroizing::new));
    };
    let fail = |e: &std::io::Error| Failure::file("reading the token in", path, e);
    let length = std::fs::metadata(path).map_err(|e| fail(&e))?.len();
    if length > MAX_TOKEN {
        let doing = format!("reading the token in {}", path.display());
        return Err(Failure::input(doing, format!("{length} bytes are no token")));
    }
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|e| fail(&e))?);
    Ok(Some(Zeroizing::new(text.lines().next().unwrap_or_default().trim().to_owned())))
}

impl Remote {
    /// The server at `url`, with a bearer token for what takes one.
    pub(crate) fn new(url: &str, token: Option<Zeroizing<String>>) -> Self {
        let config =
            ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(TIMEOUT)).build();
        Self {
            base: url.trim_end_matches('/').to_owned(),
            agent: ureq::Agent::new_with_config(config),
            token,
        }
    }

    /// Its address.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    fn bearer(&self) -> Option<Zeroizing<String>> {
        self.token.as_ref().map(|token| Zeroizing::new(format!("Bearer {}", token.as_str())))
    }

    /// Reads an address of its API.
    pub(crate) fn get(&self, path: &str) -> Result<Value, Failure> {
        let url = format!("{}{path}", self.base);
        let doing = format!("asking {url}");
        let mut request = self.agent.get(&url).header("accept", "application/json");
        if let Some(bearer) = self.bearer() {
            request = request.header("authorization", bearer.as_str());
        }
        let answer = request.call().map_err(|e| Failure::environment(&doing, e))?;
        read(&doing, answer)
    }

    /// Sends entries, one encoded after the other. The answer has an item for each.
    pub(crate) fn submit(&self, entries: &[u8]) -> Result<Value, Failure> {
        let url = format!("{}/api/v1/entries", self.base);
        let doing = format!("sending entries to {url}");
        let request = self.agent.post(&url).header("content-type", "application/cbor-seq");
        let answer = request.send(entries).map_err(|e| {
            Failure::environment(&doing, e).hint(
                "whether they arrived is not known: look with `vouchsafe log show` before you repeat it",
            )
        })?;
        read(&doing, answer)
    }

    /// Uploads a document under its digest. What is there already stays.
    pub(crate) fn put_blob(&self, bytes: &[u8]) -> Result<(), Failure> {
        let url = format!("{}/api/v1/blobs?sha256={}", self.base, Hash::of(bytes));
        let doing = format!("uploading {} bytes to {}", bytes.len(), self.base);
        let mut request = self.agent.put(&url).header("content-type", "application/octet-stream");
        if let Some(bearer) = self.bearer() {
            request = request.header("authorization", bearer.as_str());
        }
        let answer = request.send(bytes).map_err(|e| Failure::environment(&doing, e))?;
        read(&doing, answer).map(drop)
    }
}

fn read(doing: &str, mut answer: Response<ureq::Body>) -> Result<Value, Failure> {
    let status = answer.status();
    let body = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_string();
    let body = body.map_err(|e| Failure::environment(doing, e))?;
    if status.is_success() {
        return serde_json::from_str(&body).map_err(|e| Failure::environment(doing, e));
    }
    let problem: Value = serde_json::from_str(&body).unwrap_or_default();
    // Every entry was refused: the answer has an item for each all the same.
    if status.is_client_error() && problem.get("items").is_some() {
        return Ok(problem);
    }
    let member = |name: &str| problem.get(name).and_then(Value::as_str).map(|s| text::printable(s, 600));
    let said = member("detail").unwrap_or_else(|| text::printable(body.trim(), 600));
    let problem = format!("{status}: {said}");
    let failure = if status.is_client_error() {
        Failure::input(doing, problem)
    } else {
        Failure::environment(doing, problem)
    };
    Err(match (status.as_u16(), member("hint")) {
        (401 | 403, _) => failure.hint(format!(
            "give a token with `--token-file FILE` or in {TOKEN_VARIABLE}; `vouchsafe token issue` makes one \
             (scope `read` to read, `write` to upload)"
        )),
        (_, Some(hint)) => failure.hint(hint),
        (_, None) => failure,
    })
}
