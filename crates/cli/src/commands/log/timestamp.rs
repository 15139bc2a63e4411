//! `vouchsafe log timestamp`: the newest checkpoint, time-stamped by an authority outside (RFC 3161).

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use evidence::Time;
use formats::timestamp::MAX_RESPONSE;
use serde_json::json;
use server::timestamp::{KeepError, Stamps, ask};

use super::super::Context;
use crate::archive::Subject;
use crate::clock::random;
use crate::data;
use crate::failure::{Failure, Verdict};
use crate::text;

/// Have the newest checkpoint time-stamped by an authority (RFC 3161)
///
/// Every entry below the checkpoint then has an upper bound in time that does not rest on this log's word. Stamps are kept beside
/// the log, in `stamps/`, with what they are over; `openssl ts -verify` verifies them too.
#[derive(Args, Debug)]
#[group(skip)]
pub(crate) struct TimestampArgs {
    #[command(flatten)]
    how: How,
    /// Roots of the authorities to trust, in PEM form; kept for later beside earlier ones
    #[arg(long, value_name = "FILE")]
    roots: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct How {
    /// Ask this authority over HTTP
    #[arg(long, value_name = "URL")]
    tsa: Option<String>,
    /// Write a request to this file, to carry to an authority
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    /// Take the answer to a request that was written before
    #[arg(long, value_name = "FILE")]
    response: Option<PathBuf>,
}

impl TimestampArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let stamps = context.data.stamps();
        // Also says when there is no log here.
        let log = context.data.reader()?;
        if let Some(path) = &self.roots {
            let pem = read(path)?;
            stamps.trust(&pem).map_err(|e| failed(&format!("reading the roots {}", path.display()), e))?;
        }
        if let Some(path) = &self.how.response {
            return take(context, &stamps, &read(path)?, &format!("taking the answer {}", path.display()));
        }
        let subject = Subject::of(&log, false)?;
        let nonce = random::<8>()?;
        let doing = format!("asking for a time stamp over {} entries", subject.checkpoint.size);
        let (size, request) = stamps.request(&subject.note, nonce).map_err(|e| failed(&doing, e))?;
        if stamps.is_stamped(size) {
            return Err(Failure::input(doing, "that checkpoint is stamped already")
                .hint("the log has not grown since; there is nothing new to stamp"));
        }
        if let Some(url) = &self.how.tsa {
            // Not to ask in vain: without roots the answer could not be kept.
            stamps.authorities().map_err(|e| failed(&doing, e))?;
            let answer = ask(url, &request).map_err(|e| Failure::environment(format!("asking {url}"), e))?;
            return take(context, &stamps, &answer, &format!("taking the answer of {url}"));
        }
        if let Some(path) = &self.how.request {
            data::write_new(path, &request.to_der(), false)?;
            let ui = &context.ui;
            if ui.is_json() {
                ui.json(&json!({ "size": size, "request": path.display().to_string() }))?;
                return Ok(Verdict::Holds);
            }
            ui.pairs(&[
                ("checkpoint", format!("{} entries", text::count(size))),
                (
                    "request",
                    format!("written to {}: have it answered, then give --response FILE", path.display()),
                ),
            ])?;
        }
        Ok(Verdict::Holds)
    }
}

fn take(context: &Context, stamps: &Stamps, answer: &[u8], doing: &str) -> Result<Verdict, Failure> {
    let (size, stamped) = stamps.take(answer).map_err(|e| failed(doing, e))?;
    let time = Time::from_seconds(stamped.not_after).unwrap_or_default();
    let ui = &context.ui;
    if ui.is_json() {
        ui.json(&json!({ "size": size, "not_after": time.to_string(), "signer": stamped.signer }))?;
        return Ok(Verdict::Holds);
    }
    ui.print(ui.good(&format!("The first {} entries are time-stamped.", text::count(size))))?;
    ui.pairs(&[
        ("not after", time.to_string()),
        ("certificate of the authority", stamped.signer),
        ("kept in", stamps.directory().display().to_string()),
    ])?;
    Ok(Verdict::Holds)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let fail = |e: &std::io::Error| Failure::file("reading", path, e);
    let length = fs::metadata(path).map_err(|e| fail(&e))?.len();
    if length > MAX_RESPONSE as u64 {
        return Err(Failure::input(format!("reading {}", path.display()), "larger than any such file"));
    }
    fs::read(path).map_err(|e| fail(&e))
}

fn failed(doing: &str, error: KeepError) -> Failure {
    match error {
        KeepError::NoRoots => Failure::input(doing, error)
            .hint("give the root certificate of the authority with `--roots FILE`; it is kept"),
        KeepError::NotAsked => Failure::input(doing, error)
            .hint("`log timestamp --request FILE` makes a request; a newer one for the same checkpoint takes its place"),
        KeepError::File(..) => Failure::environment(doing, error),
        KeepError::Refused { .. } => Failure::environment(doing, error),
        _ => Failure::input(doing, error),
    }
}
