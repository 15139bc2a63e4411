//! C2SP tlog-policy: which logs are known, which witnesses, and how many of them must have cosigned.
//! The file format lives in `policy/format.rs`, the judgement over a note in `policy/verify.rs`.

mod format;
mod verify;

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

pub use verify::{CountedWitness, Evaluation, Verdict};

use crate::error::Problem;
use crate::note::{SignatureType, VerifierKey};

/// Largest policy file accepted, in bytes.
pub const MAX_POLICY_BYTES: usize = 1 << 20;

/// Most logs, most witnesses, and most groups accepted; the specification recommends at least 32 of each.
pub const MAX_POLICY_ITEMS: usize = 256;

/// A name or URL of a policy file: octets above 0x20, opaque where not ASCII. `Display` is lossy.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Octets(Vec<u8>);

impl Octets {
    fn new(octets: &[u8]) -> Result<Self, Problem> {
        let plain = |octet: &u8| *octet > b' ' && *octet != 0x7f;
        if !octets.is_empty() && octets.iter().all(plain) {
            Ok(Self(octets.to_vec()))
        } else {
            Err(Problem::Malformed("name or URL"))
        }
    }

    /// The octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&alloc::string::String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", alloc::string::String::from_utf8_lossy(&self.0))
    }
}

/// A known log: its key, whose name is its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyLog {
    /// The log's key.
    pub key: VerifierKey,
    /// Where to reach the log.
    pub url: Option<Octets>,
}

/// A known witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyWitness {
    /// Its name within the policy.
    pub name: Octets,
    /// Its key.
    pub key: VerifierKey,
    /// Where to reach it: its submission prefix, by recommendation.
    pub url: Option<Octets>,
}

/// How many members of a group must have witnessed a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threshold {
    /// Every member.
    All,
    /// One member.
    Any,
    /// This many members, at least 1 and at most all.
    AtLeast(usize),
}

/// A witness or group, by its place in the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// Index into [`Policy::witnesses`].
    Witness(usize),
    /// Index into [`Policy::groups`].
    Group(usize),
}

/// A group of witnesses and earlier groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name within the policy.
    pub name: Octets,
    /// How many members are needed.
    pub threshold: Threshold,
    /// Its members; groups among them stand before this one.
    pub members: Vec<Member>,
}

/// A trust policy. It can be read from its file form ([`Policy::parse`]) or put together; either way it is
/// valid at every moment: no duplicates, no forward references, no member used twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<Group>,
    quorum: Option<Member>,
}

impl Policy {
    /// A policy that knows no log and asks for no witness.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a log.
    ///
    /// # Errors
    /// The public key is another log's, the key is of a type for witnesses alone (0x04), or there are too many.
    pub fn add_log(&mut self, key: VerifierKey, url: Option<&[u8]>) -> Result<(), Problem> {
        bounded("logs", self.logs.len())?;
        if key.signature_type() == SignatureType::CosignatureV1 {
            return Err(Problem::KeyType(key.signature_type().code()));
        }
        if self.logs.iter().any(|log| log.key.public_key() == key.public_key()) {
            return Err(Problem::Duplicate("the log's public key"));
        }
        self.logs.push(PolicyLog { key, url: url.map(Octets::new).transpose()? });
        Ok(())
    }

    /// Adds a witness.
    ///
    /// # Errors
    /// The name is taken or reserved, the public key is another witness's, its type is none for cosignatures
    /// (0x04, 0x06), or there are too many.
    pub fn add_witness(&mut self, name: &[u8], key: VerifierKey, url: Option<&[u8]>) -> Result<(), Problem> {
        bounded("witnesses", self.witnesses.len())?;
        let name = self.new_name(name)?;
        if !key.signature_type().is_cosignature() {
            return Err(Problem::KeyType(key.signature_type().code()));
        }
        if self.witnesses.iter().any(|witness| witness.key.public_key() == key.public_key()) {
            return Err(Problem::Duplicate("the witness's public key"));
        }
        self.witnesses.push(PolicyWitness { name, key, url: url.map(Octets::new).transpose()? });
        Ok(())
    }

    /// Adds a group of witnesses and groups that are already there.
    ///
    /// # Errors
    /// The name is taken or reserved, a member is unknown or a member elsewhere, the threshold is not
    /// 1 to n, or there are too many groups.
    pub fn add_group(&mut self, name: &[u8], threshold: Threshold, members: &[&[u8]]) -> Result<(), Problem> {
        bounded("groups", self.groups.len())?;
        let name = self.new_name(name)?;
        let fits = match threshold {
            Threshold::All | Threshold::Any => !members.is_empty(),
            Threshold::AtLeast(k) => (1..=members.len()).contains(&k),
        };
        if !fits {
            return Err(Problem::Malformed("group threshold or member list"));
        }
        let mut found = Vec::new();
        for member in members {
            let member = self.member(member).ok_or(Problem::UnknownName)?;
            if found.contains(&member) || self.groups.iter().any(|group| group.members.contains(&member)) {
                return Err(Problem::Duplicate("the member"));
            }
            found.push(member);
        }
        self.groups.push(Group { name, threshold, members: found });
        Ok(())
    }

    /// Sets the quorum to a witness or group that is already there, or to `none`.
    ///
    /// # Errors
    /// The name is unknown.
    pub fn set_quorum(&mut self, name: &[u8]) -> Result<(), Problem> {
        self.quorum =
            if name == b"none" { None } else { Some(self.member(name).ok_or(Problem::UnknownName)?) };
        Ok(())
    }

    /// The logs, any of which may have signed a checkpoint.
    #[must_use]
    pub fn logs(&self) -> &[PolicyLog] {
        &self.logs
    }

    /// The witnesses.
    #[must_use]
    pub fn witnesses(&self) -> &[PolicyWitness] {
        &self.witnesses
    }

    /// The groups; members stand before the groups that use them.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Who must have witnessed a checkpoint; `None` if nobody must.
    #[must_use]
    pub const fn quorum(&self) -> Option<Member> {
        self.quorum
    }

    fn member(&self, name: &[u8]) -> Option<Member> {
        let witness = self.witnesses.iter().position(|witness| witness.name.0 == name).map(Member::Witness);
        witness.or_else(|| self.groups.iter().position(|group| group.name.0 == name).map(Member::Group))
    }

    fn new_name(&self, name: &[u8]) -> Result<Octets, Problem> {
        if name == b"none" || self.member(name).is_some() {
            return Err(Problem::Duplicate("the name"));
        }
        Octets::new(name)
    }

    /// Name of a member, for writing.
    fn name_of(&self, member: Member) -> Option<&Octets> {
        match member {
            Member::Witness(at) => self.witnesses.get(at).map(|witness| &witness.name),
            Member::Group(at) => self.groups.get(at).map(|group| &group.name),
        }
    }

    /// Judges a set of witnesses (by index, in any order) that have cosigned: whether they make the quorum,
    /// and which of them belong to it. Each group is looked at once.
    #[must_use]
    pub fn evaluate(&self, cosigned: &[usize]) -> Evaluation {
        let Some(quorum) = self.quorum else {
            return Evaluation { satisfied: true, counted: Vec::new() };
        };
        let mut group_holds: Vec<bool> = Vec::with_capacity(self.groups.len());
        let holds = |member: Member, group_holds: &[bool]| match member {
            Member::Witness(at) => cosigned.contains(&at),
            Member::Group(at) => group_holds.get(at).copied().unwrap_or(false),
        };
        for group in &self.groups {
            let have = group.members.iter().filter(|member| holds(**member, &group_holds)).count();
            group_holds.push(match group.threshold {
                Threshold::All => have == group.members.len(),
                Threshold::Any => have >= 1,
                Threshold::AtLeast(k) => have >= k,
            });
        }
        // Members stand before their groups, so one pass from the end finds all that the quorum reaches.
        let mut reached_groups = vec![false; self.groups.len()];
        let mut counted = Vec::new();
        let mut reach = |member: Member, reached: &mut [bool]| match member {
            Member::Witness(at) if cosigned.contains(&at) => counted.push(at),
            Member::Witness(_) => {}
            Member::Group(at) => {
                if let Some(group) = reached.get_mut(at) {
                    *group = true;
                }
            }
        };
        reach(quorum, &mut reached_groups);
        for (at, group) in self.groups.iter().enumerate().rev() {
            if reached_groups.get(at) == Some(&true) {
                group.members.iter().for_each(|member| reach(*member, &mut reached_groups));
            }
        }
        counted.sort_unstable();
        Evaluation { satisfied: holds(quorum, &group_holds), counted }
    }
}

fn bounded(what: &'static str, count: usize) -> Result<(), Problem> {
    if count < MAX_POLICY_ITEMS { Ok(()) } else { Err(Problem::TooMany { what, limit: MAX_POLICY_ITEMS }) }
}
