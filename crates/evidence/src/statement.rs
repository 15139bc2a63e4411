//! What a person signs: the canonical text that binds a record's revision, a meaning, a printed name and a time.
//!
//! A person signs statements, never transport. The text is readable, so that the person sees what is signed, and has one
//! form, so that any SSH tool can check it: `ssh-keygen -Y verify -n vouchsafe-record@v1` accepts the same bytes.
//! 21 CFR 11.50 asks for printed name, date and time, and meaning; all three are inside what is signed.

use alloc::string::String;

use sha2::{Digest, Sha256};
use tlog::Hash;

use crate::keys::{KeyUse, PublicKey};
use crate::proof::{BadProof, ssh, webauthn};
use crate::time::Time;

codes! {
    /// What a signature means (21 CFR 11.50(a)(3)).
    Meaning = "meaning" {
        /// The signer wrote it.
        1 Author = "author",
        /// The signer reviewed it.
        2 Review = "review",
        /// The signer approves it.
        3 Approve = "approve",
        /// The signer rejects it.
        4 Reject = "reject",
        /// The signer takes responsibility for it.
        5 Responsible = "responsible",
        /// The signer witnessed it.
        6 Witness = "witness",
        /// The signer releases it.
        7 Release = "release",
    }
}

/// A statement over one revision of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Identifier of the record, such as `SWR-012`, or of another controlled thing, such as `release/2.1.0`.
    pub record: String,
    /// Content hash of the revision.
    pub revision: Hash,
    /// What the signature means.
    pub meaning: Meaning,
    /// Printed name of the signer.
    pub name: String,
    /// When the signer says it was signed.
    pub time: Time,
}

/// Text that is not a statement in its canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a statement in its canonical form: line {line} must be `{want}`")]
pub struct NotAStatement {
    /// Number of the line, from 1.
    pub line: usize,
    /// What the line must be.
    pub want: &'static str,
}

const HEADER: &str = "vouchsafe-record@v1";
/// Most bytes of a statement.
pub const MAX_STATEMENT: usize = 4_096;
/// Most bytes of a record's identifier and of a printed name.
pub const MAX_FIELD: usize = 512;

/// Characters that make a text look like another: controls, line and paragraph separators, directional formatting
/// (UAX #9) and invisible characters. What is signed must be what is read.
const fn deceives(c: char) -> bool {
    matches!(
        c,
        '\0'..='\x1f'
            | '\x7f'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

impl Statement {
    /// The canonical text: six lines, each ended by a line feed.
    ///
    /// # Errors
    /// Record or name are empty, too long, or contain outer spaces or characters that hide or reorder others.
    pub fn text(&self) -> Result<String, NotAStatement> {
        let fine =
            |s: &str| !s.is_empty() && s.len() <= MAX_FIELD && s.trim() == s && !s.chars().any(deceives);
        if !fine(&self.record) {
            return Err(NotAStatement { line: 2, want: "record ID" });
        }
        if !fine(&self.name) {
            return Err(NotAStatement { line: 5, want: "name PRINTED NAME" });
        }
        let Self { record, revision, meaning, name, time } = self;
        Ok(alloc::format!(
            "{HEADER}\nrecord {record}\nrevision sha256:{revision}\nmeaning {meaning}\nname {name}\ntime {time}\n"
        ))
    }

    /// Reads the canonical text.
    ///
    /// # Errors
    /// The first line that deviates.
    pub fn parse(text: &str) -> Result<Self, NotAStatement> {
        let bad = |line, want| NotAStatement { line, want };
        if text.len() > MAX_STATEMENT {
            return Err(bad(1, "a statement of at most 4096 bytes"));
        }
        let mut lines = (1..).zip(text.split('\n'));
        let mut line = |prefix: &'static str, want: &'static str| {
            // A text of fewer lines is refused at its last, empty one.
            let (n, line) = lines.next().unwrap_or((7, ""));
            line.strip_prefix(prefix).ok_or(NotAStatement { line: n, want })
        };
        if !line(HEADER, HEADER)?.is_empty() {
            return Err(bad(1, HEADER));
        }
        let record = line("record ", "record ID")?.into();
        let revision = Hash::from_hex(line("revision sha256:", "revision sha256:HEX")?)
            .map_err(|_| bad(3, "revision sha256:HEX"))?;
        let meaning = Meaning::from_word(line("meaning ", "meaning WORD")?).ok_or(bad(4, "meaning WORD"))?;
        let name = line("name ", "name PRINTED NAME")?.into();
        let time = line("time ", "time YYYY-MM-DDThh:mm:ssZ")?.parse();
        let time = time.map_err(|_| bad(6, "time YYYY-MM-DDThh:mm:ssZ"))?;
        let statement = Self { record, revision, meaning, name, time };
        // The text must be the one form and nothing more.
        if statement.text()? == text { Ok(statement) } else { Err(bad(7, "the end, after one line feed")) }
    }
}

/// Verifies a person's signature over the text of a statement, both verbatim as the fact `Signed` carries them.
///
/// SSH keys sign the text itself in namespace [`ssh::RECORD_NAMESPACE`]. A WebAuthn key signs it as the challenge
/// SHA-256(text), and its signature is [`webauthn::Parts`]. The text must be a statement in its canonical form.
///
/// # Errors
/// The text is no statement, the key is of another use or another key, or the signature is wrong.
pub fn verify(key: &PublicKey, text: &str, signature: &[u8]) -> Result<Statement, BadProof> {
    let statement =
        Statement::parse(text).map_err(|_| BadProof::Purpose("the text, which is no statement,"))?;
    match key.purpose {
        KeyUse::Ssh | KeyUse::SshSk => {
            ssh::verify(key, ssh::RECORD_NAMESPACE, text.as_bytes(), signature).map(drop)
        }
        KeyUse::WebAuthn => {
            let challenge = Hash(Sha256::digest(text.as_bytes()).into());
            webauthn::verify_parts(key, &challenge, signature).map(drop)
        }
        KeyUse::Cose => Err(BadProof::OtherKey),
    }?;
    Ok(statement)
}
