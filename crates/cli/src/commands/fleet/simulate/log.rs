//! What a simulation asks of the log before it begins: whether it is one to play with, what devices pin of it, and what there is
//! to run.

use device::Anchor;
use evidence::body::Measured;
use evidence::facts::log::Genesis;
use evidence::{Fact, Hash};
use serde_json::Value;
use sim::{Build, Plan};

use crate::failure::Failure;
use crate::remote::Remote;
use crate::session::Session;

/// Most releases that devices move along.
const MAX_BUILDS: usize = 32;
/// Top-level names that never belong to anybody (RFC 2606, RFC 6761).
const RESERVED: [&str; 4] = ["example", "test", "invalid", "localhost"];

/// Its first entry.
pub(super) fn genesis(session: &Session) -> Result<Genesis, Failure> {
    match &session.entry(0)?.body().fact {
        Fact::Genesis(genesis) => Ok(genesis.clone()),
        _ => Err(Failure::environment("reading the log's first entry", "it begins no log")),
    }
}

/// What a station pins.
pub(super) fn anchor(genesis: &Genesis) -> Anchor {
    Anchor { log_key: genesis.log_key.clone(), generation: 0, recovery_key: genesis.recovery_key.clone() }
}

/// Whether nothing in a log of this origin is real: it is simulated, or of a name that belongs to nobody.
pub(super) fn is_for_play(origin: &str) -> bool {
    let host = origin.split('/').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    origin.starts_with(ledger::SIMULATED)
        || RESERVED.iter().any(|name| host == *name || host.ends_with(&format!(".{name}")))
}

/// The releases of one item of the log as what devices run, oldest first, and their product: the item that was named, else that of
/// the newest release that says what devices measure. Without any, the plan stays as it is.
pub(super) fn releases(remote: &Remote, item: Option<&str>, plan: &mut Plan) -> Result<bool, Failure> {
    let (mut all, mut from) = (Vec::new(), 0u64);
    loop {
        let answer = remote.get(&format!("/api/v1/releases?limit=200&from={from}"))?;
        let page = answer.get("releases").and_then(Value::as_array).into_iter().flatten();
        all.extend(page.filter_map(|r| {
            let withdrawn = r.get("withdrawn").and_then(Value::as_bool) == Some(true);
            r.get("release").filter(|_| !withdrawn).and_then(release)
        }));
        match answer.get("next").and_then(Value::as_u64) {
            Some(next) => from = next,
            None => break,
        }
    }
    let wanted = |(_, build): &&(String, Build)| item.is_none_or(|item| build.name == item);
    let Some((product, item)) = all.iter().rev().find(wanted).map(|(p, b)| (p.clone(), b.name.clone()))
    else {
        return match item {
            None => Ok(false),
            Some(item) => Err(Failure::input(
                "choosing what devices run",
                format!("no release of `{item}` says what devices that run it measure"),
            )
            .hint("`vouchsafe release list` shows the releases")),
        };
    };
    let builds = all.into_iter().filter(|(p, b)| *p == product && b.name == item).map(|(_, b)| b);
    plan.builds = builds.collect();
    plan.builds.drain(..plan.builds.len().saturating_sub(MAX_BUILDS));
    plan.product = product;
    Ok(true)
}

/// A release that says what devices measure.
fn release(made: &Value) -> Option<(String, Build)> {
    let text = |name: &str| made.get(name).and_then(Value::as_str).map(str::to_owned);
    let version = text("version")?;
    let one = |m: &Value| {
        let digest = Hash::from_hex(m.get("digest").and_then(Value::as_str)?).ok()?;
        let name = m.get("name").and_then(Value::as_str)?.to_owned();
        Some(Measured { name, version: Some(version.clone()), digest })
    };
    let measured: Vec<Measured> =
        made.get("measurements").and_then(Value::as_array)?.iter().filter_map(one).collect();
    let build = Build { name: text("item")?, version: version.clone(), measured };
    (!build.measured.is_empty()).then_some((text("product")?, build))
}

#[cfg(test)]
mod tests {
    use super::is_for_play;

    #[test]
    fn only_logs_that_nobody_relies_on_are_for_play() {
        for origin in ["simulated.acme.com/pumps", "log.example/test", "localhost:8080/x", "a.b.test", "test"]
        {
            assert!(is_for_play(origin), "{origin}");
        }
        for origin in
            ["log.acme.com/pumps", "contest/x", "log.acme.com/test", "example.com/x", "not-simulated.a.b"]
        {
            assert!(!is_for_play(origin), "{origin}");
        }
    }
}
