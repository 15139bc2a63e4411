//! Bytes of the states of this concern: what is sealed and what a snapshot holds.

use evidence::cbor::{Malformed, Reader, Reason, Writer};
use evidence::facts::sources::RevocationCause;
use evidence::{Field, PublicKey, SourceId, Time};
use tlog::Hash;

use super::{Key, KeyPeriod, Source, Token, Value};
use crate::concern::BadState;

/// Longest name or role read back from a state.
const MAX_TEXT: usize = 65_535;

impl Key {
    /// `0` and the source's bytes, or `1` and the token's hash.
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Source(id) => [&[0], id.as_bytes()].concat(),
            Self::Token(hash) => [&[1], &hash.0[..]].concat(),
        }
    }

    pub(super) fn from_bytes(raw: &[u8]) -> Result<Self, BadState> {
        match raw.split_first() {
            Some((0, id)) => SourceId::from_bytes(id).map(Self::Source).map_err(|_| BadState::Key),
            Some((1, hash)) => hash.try_into().map(|h| Self::Token(Hash(h))).map_err(|_| BadState::Key),
            _ => Err(BadState::Key),
        }
    }
}

/// Writes a value that may be missing as an array of none or one.
pub(crate) fn put_option<T: Field>(w: &mut Writer, value: Option<&T>) {
    w.array(usize::from(value.is_some()));
    if let Some(value) = value {
        value.write(w);
    }
}

pub(crate) fn get_option<T: Field>(r: &mut Reader<'_>) -> Result<Option<T>, Malformed> {
    let n = r.array(1)?;
    let value = if n == 1 { Some(T::read(r)?) } else { None };
    r.leave();
    Ok(value)
}

fn put_all<T>(w: &mut Writer, items: &[T], mut put: impl FnMut(&mut Writer, &T)) {
    w.array(items.len());
    items.iter().for_each(|item| put(w, item));
}

fn get_all<T>(
    r: &mut Reader<'_>,
    mut get: impl FnMut(&mut Reader<'_>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let n = r.array(usize::MAX)?;
    // Nearly always one, of which there are as many as sources.
    let mut items = Vec::with_capacity(n.min(4));
    for _ in 0..n {
        items.push(get(r)?);
    }
    r.leave();
    Ok(items)
}

fn put_texts(w: &mut Writer, texts: &[String]) {
    put_all(w, texts, |w, text| w.text(text));
}

fn get_texts(r: &mut Reader<'_>) -> Result<Vec<String>, Malformed> {
    get_all(r, |r| r.text(MAX_TEXT).map(Into::into))
}

impl Value {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(160);
        match self {
            Self::Source(s) => {
                w.array(6);
                w.uint(s.enrolled);
                put_all(&mut w, &s.keys, |w, k| {
                    w.array(5);
                    k.key.write(w);
                    w.uint(k.from);
                    put_option(w, k.until.as_ref());
                    put_option(w, k.cause.as_ref());
                    put_option(w, k.doubtful_since.as_ref());
                });
                put_all(&mut w, &s.names, |w, (from, name)| {
                    w.array(2);
                    w.uint(*from);
                    w.text(name);
                });
                put_all(&mut w, &s.roles, |w, (from, roles)| {
                    w.array(2);
                    w.uint(*from);
                    put_texts(w, roles);
                });
                put_all(&mut w, &s.suspensions, |w, (from, suspended)| {
                    w.array(2);
                    w.uint(*from);
                    w.bool(*suspended);
                });
                put_all(&mut w, &s.quarantined, |w, (from, entry)| {
                    w.array(2);
                    w.uint(*from);
                    entry.write(w);
                });
            }
            Self::Token(t) => {
                w.array(6);
                t.source.write(&mut w);
                put_texts(&mut w, &t.scopes);
                t.expires.write(&mut w);
                w.text(&t.label);
                w.uint(t.issued);
                put_option(&mut w, t.revoked.as_ref());
            }
        }
        w.into_bytes()
    }

    pub(super) fn decode(key: Key, raw: &[u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(raw);
        let value = match key {
            Key::Source(_) => {
                r.array_of(6, "a source of six parts")?;
                let source = Source {
                    enrolled: r.uint()?,
                    keys: get_all(&mut r, read_key)?,
                    names: get_all(&mut r, |r| pair(r, |r| r.text(MAX_TEXT).map(Into::into)))?,
                    roles: get_all(&mut r, |r| pair(r, get_texts))?,
                    suspensions: get_all(&mut r, |r| pair(r, Reader::bool))?,
                    quarantined: get_all(&mut r, |r| pair(r, Hash::read))?,
                };
                Self::Source(Box::new(source))
            }
            Key::Token(_) => {
                r.array_of(6, "a token of six parts")?;
                Self::Token(Box::new(Token {
                    source: SourceId::read(&mut r)?,
                    scopes: get_texts(&mut r)?,
                    expires: Time::read(&mut r)?,
                    label: r.text(MAX_TEXT)?.into(),
                    issued: r.uint()?,
                    revoked: get_option(&mut r)?,
                }))
            }
        };
        r.leave();
        r.finish()?;
        Ok(value)
    }
}

fn read_key(r: &mut Reader<'_>) -> Result<KeyPeriod, Malformed> {
    let at = r.position();
    r.array_of(5, "a key period of five parts")?;
    let key = PublicKey::read(r)?;
    let id = key.id();
    let from = r.uint()?;
    let period = KeyPeriod {
        key,
        id,
        from,
        until: get_option(r)?,
        cause: get_option::<RevocationCause>(r)?,
        doubtful_since: get_option(r)?,
    };
    r.leave();
    if period.until.is_some_and(|until| until + 1 < from) {
        return Err(Malformed { at, reason: Reason::OutOfRange("a key ends no earlier than it begins") });
    }
    Ok(period)
}

fn pair<'a, T>(
    r: &mut Reader<'a>,
    mut get: impl FnMut(&mut Reader<'a>) -> Result<T, Malformed>,
) -> Result<(u64, T), Malformed> {
    r.array_of(2, "an index and a value")?;
    let from = r.uint()?;
    let value = get(r)?;
    r.leave();
    Ok((from, value))
}
