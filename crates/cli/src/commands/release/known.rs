//! Which releases the log has: from the world where it is at hand, else from the server.

use evidence::Field;
use evidence::facts::release::ReleaseMade;
use evidence::types::EntryRef;
use serde_json::Value;
use tlog::Hash;
use world::World;
use world::release::Known;

use crate::failure::Failure;
use crate::session::Session;

/// A release of the log that counts.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) entry: EntryRef,
    pub(crate) made: ReleaseMade,
    /// Index of the entry that withdrew it.
    pub(crate) withdrawn: Option<u64>,
}

/// Who is asked: a world at two moments, or a session.
pub(crate) enum Source<'a> {
    /// A world, the entries that were there, and what was known.
    World { world: &'a World, until: u64, known: Known<'a> },
    /// Whatever a session has at hand, now.
    Session(&'a Session),
}

/// Text as a query carries it (RFC 3986, 2.3).
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

impl Source<'_> {
    /// Releases of an item with this version that count, of a product or of all, in the order in which they were made.
    pub(crate) fn find(
        &self,
        product: Option<&str>,
        item: Option<&str>,
        version: &str,
    ) -> Result<Vec<Found>, Failure> {
        match self {
            Self::World { world, until, known } => {
                Ok(in_world(world, *until, *known, product, item, version))
            }
            Self::Session(session) => {
                let here = session.ask(|world| {
                    let world = world?;
                    let known = Known::new(world.size(), world.journal());
                    Some(in_world(world, world.size(), known, product, item, version))
                });
                match (here, session.remote()) {
                    (Some(found), _) => Ok(found),
                    (None, Some(remote)) => {
                        let mut path = format!("/api/v1/releases?version={}", encoded(version));
                        for (name, value) in [("product", product), ("item", item)] {
                            if let Some(value) = value {
                                path.push_str(&format!("&{name}={}", encoded(value)));
                            }
                        }
                        from_server(&remote.get(&path)?)
                    }
                    (None, None) => Ok(Vec::new()),
                }
            }
        }
    }
}

fn in_world(
    world: &World,
    until: u64,
    known: Known<'_>,
    product: Option<&str>,
    item: Option<&str>,
    version: &str,
) -> Vec<Found> {
    let releases = world.releases();
    let found = |release: &world::release::Release| Found {
        entry: release.entry.clone(),
        made: release.made.clone(),
        withdrawn: releases.withdrawn(release.entry.index, known).filter(|i| *i < until),
    };
    let there = |r: &&world::release::Release| r.entry.index < until;
    match item {
        Some(item) => releases.find(product, item, version, known).filter(there).map(found).collect(),
        None => {
            let all = releases.iter(known).filter(there).filter(|r| r.made.version == version);
            all.filter(|r| product.is_none_or(|p| p == r.made.product)).map(found).collect()
        }
    }
}

fn from_server(answer: &Value) -> Result<Vec<Found>, Failure> {
    let doing = "reading the server's releases";
    let list = answer.get("releases").and_then(Value::as_array);
    let list = list.ok_or_else(|| Failure::environment(doing, "there is no list in the answer"))?;
    let one = |value: &Value| -> Option<Found> {
        let index = value.get("index")?.as_u64()?;
        let entry = Hash::from_hex(value.get("entry")?.as_str()?).ok()?;
        let made = ReleaseMade::from_json(value.get("release")?).ok()?;
        let withdrawn = value.get("withdrawn").and_then(Value::as_u64);
        Some(Found { entry: EntryRef { index, entry }, made, withdrawn })
    };
    let found: Option<Vec<Found>> = list.iter().map(one).collect();
    found.ok_or_else(|| Failure::environment(doing, "a release in the answer cannot be read"))
}

/// The one release that is meant. `VERSION`, or `ITEM@VERSION`.
pub(crate) fn choose(
    source: &Source<'_>,
    product: Option<&str>,
    item: Option<&str>,
    named: &str,
) -> Result<Found, Failure> {
    let (item, version) = match (item, named.split_once('@')) {
        (None, Some((item, version))) => (Some(item), version),
        (item, _) => (item, named),
    };
    let doing = format!("looking for release {named}");
    let mut found = source.find(product, item, version)?;
    if found.len() > 1 {
        let names: Vec<String> = found
            .iter()
            .map(|f| {
                format!("{} {} of {} (entry {})", f.made.item, f.made.version, f.made.product, f.entry.index)
            })
            .collect();
        let same = found.windows(2).all(|pair| match pair {
            [a, b] => (&a.made.product, &a.made.item) == (&b.made.product, &b.made.item),
            _ => true,
        });
        let hint = if same {
            "the log holds two statements of one release: void the wrong one"
        } else {
            "give `--item` and `--product`"
        };
        return Err(Failure::input(doing, format!("several fit: {}", names.join("; "))).hint(hint));
    }
    found.pop().ok_or_else(|| {
        Failure::input(doing, "there is none").hint("`vouchsafe release list` shows which there are")
    })
}

/// A SHA-256 value, with or without `sha256:` before it.
pub(crate) fn digits(text: &str) -> Result<Hash, String> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    Hash::from_hex(digits)
        .map_err(|_| format!("`{text}` is not a SHA-256 value: 64 lower-case hexadecimal digits"))
}
