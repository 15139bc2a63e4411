//! Facts in words: what a source did, as the end of a sentence that begins with the source.

use evidence::{Fact, SourceId};
use ledger::properties::grouped;

use super::markup::{count, moment};

/// Longest phrase in a list, in characters.
pub(super) const MAX_PHRASE: usize = 140;

/// What the fact says, to follow the source's name: "enrolled build server as ci:…".
pub(super) fn phrase(fact: &Fact) -> String {
    match fact {
        Fact::Genesis(f) => format!("began this log as {}", f.origin),
        Fact::Tick(f) => format!("stated that it is {} UTC", moment(f.time)),
        Fact::Epoch(f) => format!("put version {} of the rules into force", f.apply_version),
        Fact::Sealed(f) => {
            format!(
                "sealed {} at {} entries",
                count(f.concerns.len() as u64, "concern", "concerns"),
                grouped(f.size)
            )
        }
        Fact::Recovered(f) => format!(
            "recovered the log as generation {}; {} entries are missing",
            f.generation,
            grouped(f.missing)
        ),
        Fact::LogKeyRotated(_) => "changed the key that signs checkpoints".into(),
        Fact::Corrected(f) => {
            format!("corrected entry {} by entry {}", grouped(f.entry.index), grouped(f.by.index))
        }
        Fact::Voided(f) => format!("voided entry {}", grouped(f.entry.index)),
        Fact::Attendance(f) => {
            format!("recorded that {} sent unchanged evidence", count(f.devices, "device", "devices"))
        }
        Fact::Configured(f) => {
            format!("set {} to {}", f.setting, f.after.as_deref().unwrap_or("its default"))
        }
        Fact::PolicySet(f) => format!("set the policy for {}", f.kind.word()),
        Fact::ClockAdvanced(f) => format!("let log time reach {} UTC", moment(f.until)),
        Fact::Quarantined(f) => format!("set an entry of {} aside: {}", f.source, words(f.cause.word())),
        Fact::SourceEnrolled(f) => format!("enrolled {}{}", named(&f.name, f.source), roles(&f.roles)),
        Fact::KeyRotated(f) => format!("rotated a key of {}", f.source),
        Fact::KeyRevoked(f) => format!("revoked a key of {}: {}", f.source, words(f.cause.word())),
        Fact::SourceRenamed(f) => format!("named {} “{}”", f.source, f.name),
        Fact::SourceSuspended(f) => format!("suspended {}", f.source),
        Fact::SourceReinstated(f) => format!("reinstated {}", f.source),
        Fact::RolesChanged(f) => format!("gave {} the roles {}", f.source, list(&f.roles)),
        Fact::TokenIssued(f) => format!("issued a reading token to {}: {}", f.source, f.label),
        Fact::TokenRevoked(_) => "revoked a reading token".into(),
        Fact::StreamClosed(f) => format!("closed its stream of {}", count(f.entries, "entry", "entries")),
        Fact::StreamKeyChanged(_) => "changed the key of its stream".into(),
        Fact::GapReported(f) => format!(
            "reported {} of its stream lost: {}",
            count(f.count, "place", "places"),
            words(f.cause.word())
        ),
        Fact::Equivocated(f) => {
            format!("kept two entries of {} that claim place {}", f.source, grouped(f.sequence))
        }
        Fact::Signed(f) => format!("recorded a signature on {}: {}", f.record, words(f.meaning.word())),
        Fact::Decision(f) => format!("decided {} on {}: {}", f.question, f.subject, f.outcome.word()),
        Fact::RecordRevised(f) => {
            format!("revised {} ({}) of {}, line {}", f.record, f.kind, f.product, f.line)
        }
        Fact::RecordRetired(f) => format!("retired {} of {}, line {}", f.record, f.product, f.line),
        Fact::LinkAccepted(f) => format!("accepted that {} {} {}", f.from, f.link, f.to),
        Fact::LinkWithdrawn(f) => format!("withdrew that {} {} {}", f.from, f.link, f.to),
        Fact::ResultReported(f) => format!("reported {} {}", f.test, f.verdict.word()),
        Fact::BaselineMade(f) => format!("made the baseline {} of {}, line {}", f.name, f.product, f.line),
        Fact::CommitPushed(f) => {
            format!("pushed {} of {} for {}, line {}", short(&f.commit), f.repository, f.product, f.line)
        }
        Fact::ReviewHeld(f) => format!("held the review {}: {}", f.record, words(f.outcome.word())),
        Fact::ReleaseMade(f) => format!("released {} {} of {}", f.item, f.version, f.product),
        Fact::SystemReleaseMade(f) => format!("released {} {}", f.product, f.version),
        Fact::DeviceDeclared(f) => format!("declared the device {}{}", f.asset, of(f.model.as_deref())),
        Fact::DeviceEnrolled(f) => {
            format!("enrolled the {} {}", f.model, named(f.serial.as_deref().unwrap_or(""), f.device))
        }
        Fact::Attested(e) => {
            let software = match (&e.software_name, &e.software_version) {
                (Some(name), Some(version)) => format!(" that it runs {name} {version}"),
                (Some(name), None) => format!(" that it runs {name}"),
                _ => String::new(),
            };
            let n = e.measurements.len() as u64;
            format!(
                "attested{software}, {}",
                if n == 0 {
                    "measuring nothing".into()
                } else {
                    count(n, "component measured", "components measured")
                }
            )
        }
        Fact::Appraised(f) => format!("appraised evidence of {}: {}", f.device, f.status.word()),
        Fact::DeviceReported(f) => format!(
            "reported what {} runs",
            f.asset.clone().or(f.device.map(|d| d.to_string())).unwrap_or_default()
        ),
        Fact::DeviceMoved(f) => format!(
            "moved {}{}",
            f.asset.clone().or(f.device.map(|d| d.to_string())).unwrap_or_default(),
            of_site(f.site.as_deref())
        ),
        Fact::SiteDefined(f) => format!("defined the site {}", f.site),
        Fact::AdvisoryTaken(f) => format!("took in advisory {}", f.advisory),
        Fact::VulnerabilityDecided(f) => {
            format!("decided {} in {}: {}", f.vulnerability, f.component, words(f.status.word()))
        }
        other => format!("stated {}", spaced(other.name())),
    }
}

/// A phrase cut to the length of a list.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", head.trim_end())
}

/// `RecordRevised` as "record revised".
pub(super) fn spaced(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for (i, c) in name.chars().enumerate() {
        if i > 0 && c.is_ascii_uppercase() {
            out.push(' ');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn words(code: &str) -> String {
    code.replace(['-', '_'], " ")
}

fn named(name: &str, id: SourceId) -> String {
    if name.is_empty() { id.to_string() } else { format!("{name} as {id}") }
}

fn list(items: &[String]) -> String {
    if items.is_empty() { "none".into() } else { items.join(", ") }
}

fn roles(roles: &[String]) -> String {
    if roles.is_empty() { String::new() } else { format!(", roles {}", roles.join(", ")) }
}

fn of(model: Option<&str>) -> String {
    model.map(|m| format!(", {m}")).unwrap_or_default()
}

fn of_site(site: Option<&str>) -> String {
    site.map(|s| format!(" to {s}")).unwrap_or_default()
}

fn short(commit: &str) -> String {
    commit.chars().take(10).collect()
}
