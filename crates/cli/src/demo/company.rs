//! The maker of the story: roles with their keys, the tokens of its programs, its folder with the product file.

use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};
use evidence::facts::sources::{SourceEnrolled, TokenIssued};
use evidence::{SourceKind, Time};
use ledger::Ledger;
use tlog::Hash;
use zeroize::Zeroizing;

use super::cast::Actor;
use super::example;
use crate::clock::random;
use crate::data::private_directory;
use crate::failure::Failure;

/// Who acts by commands, with printed name and role.
const ROLES: [(&str, &str, &str, SourceKind); 6] = [
    ("release-engineer", "Release engineer", "release", SourceKind::Person),
    ("quality-manager", "Quality manager", "quality", SourceKind::Person),
    ("verification-lead", "Verification lead", "engineer", SourceKind::Person),
    ("security-engineer", "Security engineer", "security", SourceKind::Person),
    ("field-service", "Field service", "field", SourceKind::Person),
    ("build-pipeline", "Build pipeline", "ci", SourceKind::Ci),
];

/// Parts of the example, as the story needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// What the maker has when the log begins.
    Existing,
    /// What 2.1.1 adds.
    Next,
    /// What closes the gaps that were left.
    Closing,
}

/// What belongs to 2.1.1 and bears no date of its own: what is built and tested, the problems and the change behind it, and
/// training on documents that come with it.
const NEXT: [&str; 6] = [
    "results/2.1.1/",
    "sbom/firmware-2.1.1",
    "records/problems/CR-002",
    "records/problems/PR-002",
    "records/problems/PR-003",
    "records/training.csv",
];
/// The day of system release 2.1.0, by its record. The log begins after it; what bears a later date comes with 2.1.1.
const HISTORY_ENDS: &str = "2026-05-18";

impl Part {
    /// The part that a file of the example belongs to, unless it lies below `story/`.
    fn of(path: &str, bytes: &[u8]) -> Self {
        let later = || date(bytes).is_some_and(|date| date > HISTORY_ENDS);
        if NEXT.iter().any(|next| path.starts_with(next)) || later() { Self::Next } else { Self::Existing }
    }
}

/// The date in the front matter of a record.
fn date(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let front = text.strip_prefix("---\n")?.split("\n---").next()?;
    front.lines().find_map(|line| line.strip_prefix("date: "))
}

/// The maker's folder, and who gives commands.
pub(super) struct Company {
    /// The product file.
    pub(super) product: PathBuf,
    keys: PathBuf,
    /// Opens reading and uploading on the pipeline's behalf.
    pub(super) token: Zeroizing<String>,
    pub(super) station: Actor,
    /// Field service, which moves pumps.
    pub(super) field: Actor,
}

impl Company {
    /// Enrols the roles and the station, writes their keys, and gives the pipeline a token.
    pub(super) fn found(
        beside: &Path,
        ledger: &Ledger,
        administrator: &mut Actor,
        now: Time,
    ) -> Result<Self, Failure> {
        // Commands run in the product's folder: what they are given must not depend on it.
        let beside = std::path::absolute(beside).map_err(|e| Failure::file("finding", beside, &e))?;
        let (product, keys) = (beside.join("infusion-pump"), beside.join("keys"));
        private_directory(&product)?;
        private_directory(&keys)?;
        administrator.write_key(&keys, "administrator")?;
        let station = Actor::new(SourceKind::Station)?;
        let enrolled = |actor: &Actor, name: &str, role: &str| SourceEnrolled {
            source: actor.id,
            key: actor.key.clone(),
            name: name.into(),
            roles: vec![role.into()],
            possession: None,
        };
        let mut facts: Vec<evidence::Fact> = vec![enrolled(&station, "Enrolment station", "station").into()];
        let (mut signers, mut reader) = (String::new(), station.id);
        let mut field = station.clone();
        for (file, name, role, kind) in ROLES {
            let actor = Actor::new(kind)?;
            let path = actor.write_key(&keys, file)?;
            let public = path.with_extension("pub");
            let line = std::fs::read_to_string(&public).map_err(|e| Failure::file("reading", &public, &e))?;
            let key: Vec<&str> = line.split(' ').take(2).collect();
            signers.push_str(&format!("\"{name}\" {}\n", key.join(" ")));
            facts.push(enrolled(&actor, name, role).into());
            reader = actor.id;
            if role == "field" {
                field = actor;
            }
        }
        let secret = Zeroizing::new(random::<32>()?);
        let token = Zeroizing::new(Base64UrlUnpadded::encode_string(&*secret));
        facts.push(
            TokenIssued {
                source: reader,
                token: Hash::of(token.as_bytes()),
                scopes: vec!["read".into(), "write".into()],
                // A year: longer than any story.
                expires: now.plus(366 * 86_400),
                label: "commands of the build pipeline".into(),
            }
            .into(),
        );
        let mut entries = Vec::new();
        for fact in facts {
            entries.push(administrator.state(now, None, fact)?);
        }
        for outcome in ledger.submit(entries) {
            outcome?;
        }
        let signers_file = product.join("allowed_signers");
        std::fs::write(&signers_file, signers).map_err(|e| Failure::file("writing", &signers_file, &e))?;
        Ok(Self { product, keys, token, station, field })
    }

    /// The options that sign a command as a role.
    pub(super) fn key(&self, role: &str) -> String {
        self.keys.join(role).display().to_string()
    }

    /// Writes a part of the example into the product's folder.
    pub(super) fn write(&self, part: Part) -> Result<u64, Failure> {
        const CLOSING: &str = "story/closed/";
        let written = example::write(&self.product, |path, bytes| {
            if let Some(closed) = path.strip_prefix(CLOSING) {
                return (part == Part::Closing).then_some(closed);
            }
            (!path.starts_with("story/") && Part::of(path, bytes) == part).then_some(path)
        })?;
        if part == Part::Existing {
            let path = self.product.join("vouchsafe.toml");
            let mut text = String::from_utf8_lossy(example::file("vouchsafe.toml")?).into_owned();
            text.push_str("\n[signatures]\nallowed-signers = \"allowed_signers\"\n");
            std::fs::write(&path, text).map_err(|e| Failure::file("writing", &path, &e))?;
        }
        Ok(written)
    }

    /// Writes a file into the product's folder.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.product.join(name);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, bytes)).map_err(|e| Failure::file("writing", &path, &e))
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, date};
    use crate::demo::example::FILES;

    #[test]
    fn nothing_of_2_1_1_is_there_before_it_was_written_tested_or_known() {
        let ids = |part| -> Vec<&str> {
            let of = FILES
                .iter()
                .filter(|(path, bytes)| !path.starts_with("story/") && Part::of(path, bytes) == part);
            of.filter_map(|(path, _)| path.rsplit('/').next()?.strip_suffix(".md")).collect()
        };
        let (before, next) = (ids(Part::Existing), ids(Part::Next));
        for id in ["DOC-007", "REV-002", "CR-002", "PR-002", "PR-003", "REL-003", "RUN-001"] {
            assert!(next.contains(&id) && !before.contains(&id), "{id}");
        }
        for id in ["CR-001", "PR-001", "REV-008", "REL-002", "RUN-002", "PROD-001"] {
            assert!(before.contains(&id), "{id}");
        }
        assert_eq!(date(b"---\nid: A-1\ndate: 2026-05-19\n---\n\ntext\n"), Some("2026-05-19"));
        assert_eq!(date(b"---\nid: A-1\n---\n\ndate: 2026-05-19\n"), None);
    }
}
