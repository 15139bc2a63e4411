//! How SPDX spells what our form holds: algorithms, purposes, parties.

use crate::sbom::grammar::Version;
use crate::sbom::model::{Class, Creator, CreatorKind, Party, PartyKind};

/// Names the document itself in relationships.
pub(super) const DOCUMENT: &str = "SPDXRef-DOCUMENT";

/// Checksum algorithms (clause 7.10), each with our spelling.
const ALGORITHMS: &[(&str, &str)] = &[
    ("SHA1", "SHA-1"),
    ("SHA224", "SHA-224"),
    ("SHA256", "SHA-256"),
    ("SHA384", "SHA-384"),
    ("SHA512", "SHA-512"),
    ("SHA3-256", "SHA3-256"),
    ("SHA3-384", "SHA3-384"),
    ("SHA3-512", "SHA3-512"),
    ("BLAKE2b-256", "BLAKE2b-256"),
    ("BLAKE2b-384", "BLAKE2b-384"),
    ("BLAKE2b-512", "BLAKE2b-512"),
    ("BLAKE3", "BLAKE3"),
    ("MD2", "MD2"),
    ("MD4", "MD4"),
    ("MD5", "MD5"),
    ("MD6", "MD6"),
    ("ADLER32", "ADLER32"),
];

/// The SPDX spellings, as a check takes them.
pub(super) const ALGORITHM_VALUES: &[(&str, Version)] = &[
    ("SHA1", 0),
    ("SHA224", 0),
    ("SHA256", 0),
    ("SHA384", 0),
    ("SHA512", 0),
    ("SHA3-256", 0),
    ("SHA3-384", 0),
    ("SHA3-512", 0),
    ("BLAKE2b-256", 0),
    ("BLAKE2b-384", 0),
    ("BLAKE2b-512", 0),
    ("BLAKE3", 0),
    ("MD2", 0),
    ("MD4", 0),
    ("MD5", 0),
    ("MD6", 0),
    ("ADLER32", 0),
];

pub(super) fn algorithm_from(spdx: &str) -> &str {
    ALGORITHMS.iter().find(|(theirs, _)| *theirs == spdx).map_or(spdx, |(_, ours)| ours)
}

pub(super) fn algorithm_to(ours: &str) -> Option<&'static str> {
    ALGORITHMS.iter().find(|(_, name)| *name == ours).map(|(theirs, _)| *theirs)
}

/// Primary package purposes (clause 7.24).
const PURPOSES: &[(&str, Class)] = &[
    ("APPLICATION", Class::Application),
    ("FRAMEWORK", Class::Framework),
    ("LIBRARY", Class::Library),
    ("CONTAINER", Class::Container),
    ("OPERATING-SYSTEM", Class::OperatingSystem),
    ("DEVICE", Class::Device),
    ("FIRMWARE", Class::Firmware),
    ("SOURCE", Class::Source),
    ("ARCHIVE", Class::Archive),
    ("FILE", Class::File),
    ("INSTALL", Class::Install),
    ("OTHER", Class::Other),
];

pub(super) fn class(purpose: &str) -> Class {
    // JSON producers write OPERATING_SYSTEM too: the schema of 2.3 spelled it so at first.
    let purpose = if purpose == "OPERATING_SYSTEM" { "OPERATING-SYSTEM" } else { purpose };
    PURPOSES.iter().find(|(name, _)| *name == purpose).map_or(Class::Unstated, |(_, class)| *class)
}

pub(super) fn purpose(class: Class) -> Option<&'static str> {
    PURPOSES.iter().find(|(_, known)| *known == class).map(|(name, _)| *name)
}

/// `Organization: NAME` or `Person: NAME`; nothing for `NOASSERTION`. A bare name reads as an organisation.
pub(super) fn party(text: &str) -> Option<Party> {
    let text = text.trim();
    let (kind, name) = match text.split_once(':') {
        Some(("Person", name)) => (PartyKind::Person, name.trim()),
        Some(("Organization", name)) => (PartyKind::Organization, name.trim()),
        _ => (PartyKind::Organization, text),
    };
    (!matches!(name, "" | "NOASSERTION" | "NONE")).then(|| Party { kind, name: name.into() })
}

pub(super) fn party_text(party: &Party) -> String {
    match party.kind {
        PartyKind::Organization => format!("Organization: {}", party.name),
        PartyKind::Person => format!("Person: {}", party.name),
    }
}

pub(super) fn creator(text: &str) -> Option<Creator> {
    let text = text.trim();
    let (kind, name) = match text.split_once(':') {
        Some(("Tool", name)) => (CreatorKind::Tool, name.trim()),
        Some(("Person", name)) => (CreatorKind::Person, name.trim()),
        Some(("Organization", name)) => (CreatorKind::Organization, name.trim()),
        _ => (CreatorKind::Organization, text),
    };
    (!name.is_empty()).then(|| Creator { kind, name: name.into() })
}

pub(super) fn creator_text(creator: &Creator) -> String {
    let kind = match creator.kind {
        CreatorKind::Tool => "Tool",
        CreatorKind::Person => "Person",
        CreatorKind::Organization => "Organization",
    };
    format!("{kind}: {}", creator.name)
}

/// `SPDXRef-` and letters, digits, dots and hyphens (clause 7.2).
pub(super) fn is_spdx_id(text: &str) -> bool {
    text.strip_prefix("SPDXRef-").is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
    })
}
