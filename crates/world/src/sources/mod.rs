//! Who may speak: every source with its keys, names, roles and suspensions over log time. History is never overwritten:
//! each period says from which index on it counts and until which.
//!
//! Not here: what a role permits (the ledger's `Authorise`), and the people behind the names.

mod codec;

pub(crate) use codec::{get_option, put_option};

use evidence::facts::sources::{
    KeyRevoked, KeyRotated, RevocationCause, RolesChanged, SourceEnrolled, SourceRenamed, TokenIssued,
};
use evidence::{Entry, KeyId, PublicKey, SourceId, Time};
use tlog::Hash;

use crate::concern::{BadState, Concern, State};
use crate::cow::CowMap;

/// A key of a source and the indices between which it may sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPeriod {
    /// The key.
    pub key: PublicKey,
    /// Its id.
    pub id: KeyId,
    /// First index at which it may sign: the entry after the one that introduced it.
    pub from: u64,
    /// Index of the entry that ended it: entries after that one are not signed by it.
    pub until: Option<u64>,
    /// Why it ended; `None` while it holds or when it was rotated.
    pub cause: Option<RevocationCause>,
    /// Since when it is in doubt: what it signed from there on is flagged.
    pub doubtful_since: Option<Time>,
}

impl KeyPeriod {
    /// Whether an entry at `index` may be signed by it.
    #[must_use]
    pub fn valid_at(&self, index: u64) -> bool {
        self.from <= index && self.until.is_none_or(|until| index <= until)
    }
}

/// A source as the log knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Index of its enrolment.
    pub enrolled: u64,
    /// Its keys, in the order of their introduction.
    pub keys: Vec<KeyPeriod>,
    /// Its printed names, each with the index it holds from.
    pub names: Vec<(u64, String)>,
    /// Its roles, each list with the index it holds from.
    pub roles: Vec<(u64, Vec<String>)>,
    /// Whether it was suspended, each answer with the index it holds from.
    pub suspensions: Vec<(u64, bool)>,
    /// What it signed and the log set aside: index of the `Quarantined` entry, and hash of what it keeps.
    pub quarantined: Vec<(u64, Hash)>,
}

/// Most inadmissible entries of one source that are kept.
pub const MAX_QUARANTINED: usize = 16;

/// The value that holds at the end of a prefix of `size` entries.
fn at<T>(history: &[(u64, T)], size: u64) -> Option<&T> {
    history.iter().rev().find(|(from, _)| *from < size).map(|(_, value)| value)
}

impl Source {
    /// Its printed name after the first `size` entries.
    #[must_use]
    pub fn name_at(&self, size: u64) -> &str {
        at(&self.names, size).map_or("", String::as_str)
    }

    /// Its roles after the first `size` entries.
    #[must_use]
    pub fn roles_at(&self, size: u64) -> &[String] {
        at(&self.roles, size).map_or(&[], Vec::as_slice)
    }

    /// Whether it was suspended after the first `size` entries.
    #[must_use]
    pub fn suspended_at(&self, size: u64) -> bool {
        at(&self.suspensions, size).copied().unwrap_or(false)
    }

    /// Index of the entry that keeps this inadmissible one already, or that shall do for it because there are enough.
    #[must_use]
    pub fn quarantine_kept(&self, entry: &Hash) -> Option<u64> {
        let known = self.quarantined.iter().find(|(_, hash)| hash == entry);
        let enough = if self.quarantined.len() >= MAX_QUARANTINED { self.quarantined.last() } else { None };
        known.or(enough).map(|(index, _)| *index)
    }

    /// The key that `entry` hints at, valid or not: the newest of those it may mean.
    #[must_use]
    pub fn key_hinted(&self, entry: &Entry) -> Option<&KeyPeriod> {
        self.keys.iter().rev().find(|k| entry.hints_at(&k.id, &k.key))
    }

    /// The period of key `id` that covers `index`.
    #[must_use]
    pub fn key_at(&self, id: &KeyId, index: u64) -> Option<&KeyPeriod> {
        self.keys.iter().find(|k| k.id == *id && k.valid_at(index))
    }

    /// The keys that may sign the entry at `index`.
    pub fn keys_at(&self, index: u64) -> impl Iterator<Item = &KeyPeriod> {
        self.keys.iter().filter(move |k| k.valid_at(index))
    }
}

/// A reading token, known by its hash alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// On whose behalf it reads.
    pub source: SourceId,
    /// What it opens.
    pub scopes: Vec<String>,
    /// Until when.
    pub expires: Time,
    /// What it is for.
    pub label: String,
    /// Index of its issue.
    pub issued: u64,
    /// Index of its revocation.
    pub revoked: Option<u64>,
}

/// What the map of this concern is keyed by; the derived order is that of [`Key::bytes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Source(SourceId),
    Token(Hash),
}

/// Apart from the map: its nodes are never full, and each place that is free would be as large as a source.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Source(Box<Source>),
    Token(Box<Token>),
}

/// Every source and token.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    map: CowMap<Key, Value>,
    sources: usize,
}

impl Sources {
    /// The source with this identifier.
    #[must_use]
    pub fn get(&self, id: &SourceId) -> Option<&Source> {
        match self.map.get(&Key::Source(*id)) {
            Some(Value::Source(source)) => Some(source),
            _ => None,
        }
    }

    /// The token with this hash.
    #[must_use]
    pub fn token(&self, hash: &Hash) -> Option<&Token> {
        match self.map.get(&Key::Token(*hash)) {
            Some(Value::Token(token)) => Some(token),
            _ => None,
        }
    }

    /// Sources in the order of their identifiers, from `from` on.
    pub fn iter_from(&self, from: Option<&SourceId>) -> impl Iterator<Item = (&SourceId, &Source)> {
        let low = SourceId::device([0; 16]);
        let start = Key::Source(from.copied().unwrap_or(low));
        self.map.range_from(start).map_while(|(k, v)| match (k, v) {
            (Key::Source(id), Value::Source(source)) => Some((id, source.as_ref())),
            _ => None,
        })
    }

    /// Number of sources.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.sources
    }

    /// Whether nobody is enrolled.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.sources == 0
    }

    fn source_mut(&mut self, id: &SourceId) -> Option<&mut Source> {
        match self.map.get_mut(&Key::Source(*id)) {
            Some(Value::Source(source)) => Some(source),
            _ => None,
        }
    }

    pub(crate) fn enrol(&mut self, index: u64, id: SourceId, key: &PublicKey, name: &str, roles: &[String]) {
        if self.get(&id).is_some() {
            return; // An identifier is never used again: a second enrolment changes nothing.
        }
        let period = KeyPeriod {
            id: key.id(),
            key: key.clone(),
            from: index + 1,
            until: None,
            cause: None,
            doubtful_since: None,
        };
        let source = Source {
            enrolled: index,
            keys: vec![period],
            names: vec![(index, name.into())],
            roles: vec![(index, roles.to_vec())],
            suspensions: Vec::new(),
            quarantined: Vec::new(),
        };
        self.map.insert(Key::Source(id), Value::Source(Box::new(source)));
        self.sources += 1;
    }

    /// The log's own source signs its first entry with the key that the entry introduces.
    pub(crate) fn enrol_ledger(&mut self, index: u64, id: SourceId, key: &PublicKey) {
        self.enrol(index, id, key, "ledger", &[]);
        if let Some(period) = self.source_mut(&id).and_then(|s| s.keys.first_mut()) {
            period.from = index;
        }
    }

    pub(crate) fn replace_key(&mut self, index: u64, id: &SourceId, old: Option<&KeyId>, new: &PublicKey) {
        let Some(source) = self.source_mut(id) else { return };
        for k in source.keys.iter_mut().filter(|k| k.until.is_none() && old.is_none_or(|old| k.id == *old)) {
            k.until = Some(index);
        }
        source.keys.push(KeyPeriod {
            id: new.id(),
            key: new.clone(),
            from: index + 1,
            until: None,
            cause: None,
            doubtful_since: None,
        });
    }

    pub(crate) fn enrolled(&mut self, index: u64, fact: &SourceEnrolled) {
        self.enrol(index, fact.source, &fact.key, &fact.name, &fact.roles);
    }

    pub(crate) fn rotated(&mut self, index: u64, fact: &KeyRotated) {
        self.replace_key(index, &fact.source, Some(&fact.old), &fact.new);
    }

    pub(crate) fn revoked(&mut self, index: u64, fact: &KeyRevoked) {
        let Some(source) = self.source_mut(&fact.source) else { return };
        for k in source.keys.iter_mut().filter(|k| k.id == fact.key) {
            k.until = k.until.or(Some(index));
            k.cause = k.cause.or(Some(fact.cause));
            k.doubtful_since = k.doubtful_since.or(fact.doubtful_since);
        }
    }

    pub(crate) fn renamed(&mut self, index: u64, fact: &SourceRenamed) {
        if let Some(source) = self.source_mut(&fact.source) {
            source.names.push((index, fact.name.clone()));
        }
    }

    pub(crate) fn suspended(&mut self, index: u64, id: &SourceId, suspended: bool) {
        if let Some(source) = self.source_mut(id) {
            source.suspensions.push((index, suspended));
        }
    }

    pub(crate) fn quarantined(&mut self, index: u64, id: &SourceId, entry: Hash) {
        if let Some(source) = self.source_mut(id) {
            source.quarantined.push((index, entry));
        }
    }

    pub(crate) fn roles_changed(&mut self, index: u64, fact: &RolesChanged) {
        if let Some(source) = self.source_mut(&fact.source) {
            source.roles.push((index, fact.roles.clone()));
        }
    }

    pub(crate) fn token_issued(&mut self, index: u64, fact: &TokenIssued) {
        let key = Key::Token(fact.token);
        if self.map.get(&key).is_none() {
            let token = Token {
                source: fact.source,
                scopes: fact.scopes.clone(),
                expires: fact.expires,
                label: fact.label.clone(),
                issued: index,
                revoked: None,
            };
            self.map.insert(key, Value::Token(Box::new(token)));
        }
    }

    pub(crate) fn token_revoked(&mut self, index: u64, hash: &Hash) {
        if let Some(Value::Token(token)) = self.map.get_mut(&Key::Token(*hash)) {
            token.revoked = token.revoked.or(Some(index));
        }
    }
}

impl Concern for Sources {
    fn freeze(&mut self) {
        self.map.freeze();
    }
    fn thaw(&mut self) {
        self.map.thaw();
    }
    fn frozen(&self, after: Option<&[u8]>, limit: usize) -> Result<Vec<State>, BadState> {
        let after = after.map(Key::from_bytes).transpose()?;
        let pairs = self.map.frozen_after(after.as_ref(), limit);
        Ok(pairs.into_iter().map(|(k, v)| State { key: k.bytes(), value: v.encode() }).collect())
    }
    fn restore(&mut self, state: &State) -> Result<(), BadState> {
        let key = Key::from_bytes(&state.key)?;
        let value = Value::decode(key, &state.value).map_err(BadState::Value)?;
        self.sources += usize::from(matches!(key, Key::Source(_)));
        self.map.insert(key, value);
        Ok(())
    }
}
