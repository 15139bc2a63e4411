//! The policy file: one definition a line, octets outside ASCII opaque.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::{MAX_POLICY_BYTES, Octets, Policy, Threshold};
use crate::error::{Error, Format, Problem};
use crate::note::VerifierKey;
use crate::text::decimal;

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// Octets other than tab, newline, 0x20-0x7E and 0x80-0xFF, a last line without newline, a malformed or
    /// misplaced definition, not exactly one quorum, or more than the documented bounds.
    pub fn parse(file: &[u8]) -> Result<Self, Error> {
        let refuse = |line, problem| Error::syntax(Format::Policy, line, problem);
        if file.len() > MAX_POLICY_BYTES {
            return Err(refuse(1, Problem::TooLong { limit: MAX_POLICY_BYTES }));
        }
        let Some(body) = file.strip_suffix(b"\n") else { return Err(refuse(1, Problem::NoFinalNewline)) };
        let mut policy = Self::new();
        let mut has_quorum = false;
        let mut last = 1;
        for (line, number) in body.split(|octet| *octet == b'\n').zip(1..) {
            policy.read_line(line, &mut has_quorum).map_err(|problem| refuse(number, problem))?;
            last = number;
        }
        if has_quorum { Ok(policy) } else { Err(refuse(last, Problem::Missing("quorum line"))) }
    }

    fn read_line(&mut self, line: &[u8], has_quorum: &mut bool) -> Result<(), Problem> {
        if line.iter().any(|octet| (*octet < b' ' && *octet != b'\t') || *octet == 0x7f) {
            return Err(Problem::Control);
        }
        let mut words = line.split(|octet| matches!(octet, b' ' | b'\t')).filter(|word| !word.is_empty());
        let Some(keyword) = words.next() else { return Ok(()) };
        let mut word = |what| words.next().ok_or(Problem::Missing(what));
        match keyword {
            [b'#', ..] => return Ok(()),
            b"log" => {
                let key = key(word("verifier key")?)?;
                self.add_log(key, words.next())?;
            }
            b"witness" => {
                let (name, key) = (word("name")?, key(word("verifier key")?)?);
                self.add_witness(name, key, words.next())?;
            }
            b"group" => {
                let (name, threshold) = (word("name")?, threshold(word("threshold")?)?);
                let members: Vec<_> = words.by_ref().collect();
                self.add_group(name, threshold, &members)?;
            }
            b"quorum" => {
                let name = word("name")?;
                if core::mem::replace(has_quorum, true) {
                    return Err(Problem::Duplicate("the quorum"));
                }
                self.set_quorum(name)?;
            }
            _ => return Err(Problem::Malformed("keyword")),
        }
        if words.next().is_some() { Err(Problem::Unexpected("word at the end of the line")) } else { Ok(()) }
    }

    /// The policy as a file that [`Policy::parse`] reads back: logs, witnesses, groups, quorum; no comments.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut file = Vec::new();
        for log in &self.logs {
            let key = log.key.to_string();
            let url = log.url.iter().map(Octets::as_bytes);
            write_line(&mut file, [b"log", key.as_bytes()].into_iter().chain(url));
        }
        for witness in &self.witnesses {
            let key = witness.key.to_string();
            let url = witness.url.iter().map(Octets::as_bytes);
            write_line(
                &mut file,
                [b"witness", witness.name.as_bytes(), key.as_bytes()].into_iter().chain(url),
            );
        }
        for group in &self.groups {
            let threshold = match group.threshold {
                Threshold::All => "all".to_string(),
                Threshold::Any => "any".to_string(),
                Threshold::AtLeast(k) => k.to_string(),
            };
            let members =
                group.members.iter().filter_map(|member| self.name_of(*member)).map(Octets::as_bytes);
            let start = [b"group", group.name.as_bytes(), threshold.as_bytes()];
            write_line(&mut file, start.into_iter().chain(members));
        }
        let quorum =
            self.quorum.and_then(|member| self.name_of(member)).map_or(&b"none"[..], Octets::as_bytes);
        write_line(&mut file, [b"quorum", quorum].into_iter());
        file
    }
}

fn key(word: &[u8]) -> Result<VerifierKey, Problem> {
    VerifierKey::read(core::str::from_utf8(word).map_err(|_| Problem::Utf8)?)
}

fn threshold(word: &[u8]) -> Result<Threshold, Problem> {
    match word {
        b"all" => Ok(Threshold::All),
        b"any" => Ok(Threshold::Any),
        digits => core::str::from_utf8(digits)
            .ok()
            .and_then(decimal)
            .and_then(|k| usize::try_from(k).ok())
            .map(Threshold::AtLeast)
            .ok_or(Problem::Decimal),
    }
}

fn write_line<'w>(file: &mut Vec<u8>, words: impl Iterator<Item = &'w [u8]>) {
    for (at, word) in words.enumerate() {
        if at > 0 {
            file.push(b' ');
        }
        file.extend_from_slice(word);
    }
    file.push(b'\n');
}
