//! What a person signs: the canonical text that binds a record's revision, a meaning, a printed name and a time.
//!
//! A person signs statements, never transport. The text is readable, so that the person sees what is signed, and has one
//! form, so that any SSH tool can check it: `ssh-keygen -Y verify -n vouchsafe-record@v1` accepts the same bytes.
//! 21 CFR 11.50 asks for printed name, date and time, and meaning; all three are inside what is signed.

use alloc::string::String;

use tlog::Hash;

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

impl Statement {
    /// The canonical text: six lines, each ended by a line feed.
    ///
    /// # Errors
    /// Record or name are empty, too long, or contain control characters or outer spaces.
    pub fn text(&self) -> Result<String, NotAStatement> {
        let fine =
            |s: &str| !s.is_empty() && s.len() <= 512 && s.trim() == s && !s.chars().any(char::is_control);
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
        let mut lines = text.split('\n').enumerate();
        let mut line = |prefix: &'static str, want: &'static str| {
            let (n, line) = lines.next().unwrap_or((0, ""));
            line.strip_prefix(prefix).ok_or(NotAStatement { line: n + 1, want })
        };
        let bad = |line, want| NotAStatement { line, want };
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
