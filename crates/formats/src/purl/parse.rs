//! Taking a purl string apart, and putting given components together (ECMA-427, "how to parse", "how to build").
//! Type rules are not applied here; see `types`.

use std::collections::BTreeMap;

use super::{Error, Finding, MAX_LEN, MAX_QUALIFIERS, Parts, Purl, encode, types};

pub(super) fn take_apart(text: &str, findings: &mut Vec<Finding>) -> Result<Purl, Error> {
    if text.len() > MAX_LEN {
        return Err(Error::TooLong { len: text.len() });
    }
    let rest = match text.split_at_checked(4) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("pkg:") => rest,
        _ => return Err(Error::Scheme),
    };
    let (rest, subpath) = match rest.rsplit_once('#') {
        Some((rest, subpath)) => (rest, read_subpath(subpath, findings)?),
        None => (rest, None),
    };
    let (rest, qualifiers) = match rest.rsplit_once('?') {
        Some((rest, qualifiers)) => (rest, read_qualifiers(qualifiers, findings)?),
        None => (rest, BTreeMap::new()),
    };
    let rest = rest.trim_start_matches('/');
    let (ty, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let ty = read_type(ty)?;

    let (path, version) = match version_sign(rest) {
        Some(at) => {
            let (path, version) = rest.split_at(at);
            (path, present(&decode("version", version.trim_start_matches('@'))?))
        }
        None => (rest, None),
    };
    // A slash at the end means that the name is missing, not that the namespace's last segment is the name.
    if path.ends_with('/') && version.is_some() {
        return Err(Error::NameMissing);
    }
    let path = path.trim_matches('/');
    let (namespace, name) = if types::name_is_path(&ty) {
        path.split_once('/').map_or((None, path), |(host, path)| (Some(host), path))
    } else {
        path.rsplit_once('/').map_or((None, path), |(namespace, name)| (Some(namespace), name))
    };
    let name = decode("name", name)?;
    if name.is_empty() {
        return Err(Error::NameMissing);
    }
    let namespace = match namespace {
        Some(namespace) => read_namespace(namespace, findings)?,
        None => None,
    };
    Ok(Purl { ty, namespace, name, version, qualifiers, subpath })
}

/// Where the `@` before the version stands: the last one, unless it opens a path segment that others follow
/// (`pkg:npm/@scope/name`, a common slip for `%40scope`).
fn version_sign(path: &str) -> Option<usize> {
    let at = path.rfind('@')?;
    let opens_segment = at == 0 || path.as_bytes().get(at - 1) == Some(&b'/');
    let more_follows = path.get(at..).is_some_and(|tail| tail.contains('/'));
    if opens_segment && more_follows { None } else { Some(at) }
}

pub(super) fn assemble(parts: &Parts<'_>, findings: &mut Vec<Finding>) -> Result<Purl, Error> {
    let lengths = [Some(parts.ty), parts.namespace, Some(parts.name), parts.version, parts.subpath];
    let len = lengths.iter().flatten().map(|part| part.len()).sum::<usize>()
        + parts.qualifiers.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
    if len > MAX_LEN {
        return Err(Error::TooLong { len });
    }
    let ty = read_type(parts.ty)?;
    if parts.name.is_empty() {
        return Err(Error::NameMissing);
    }
    let mut qualifiers = BTreeMap::new();
    for (key, value) in parts.qualifiers {
        insert_qualifier(&mut qualifiers, key, value, findings)?;
    }
    Ok(Purl {
        ty,
        namespace: parts.namespace.and_then(|ns| join_segments(ns.split('/'))),
        name: parts.name.to_owned(),
        version: parts.version.and_then(present),
        qualifiers,
        subpath: parts.subpath.and_then(|path| join_segments(path.split('/').filter(|s| !dots(s)))),
    })
}

fn read_type(ty: &str) -> Result<String, Error> {
    let letter_first = ty.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    if letter_first && ty.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')) {
        Ok(ty.to_ascii_lowercase())
    } else {
        Err(Error::Type { found: ty.to_owned() })
    }
}

fn read_namespace(text: &str, findings: &mut Vec<Finding>) -> Result<Option<String>, Error> {
    let mut joined = String::with_capacity(text.len());
    for segment in text.split('/').filter(|s| !s.is_empty()) {
        let segment = decode("namespace", segment)?;
        if segment.contains('/') {
            findings.push(Finding::EncodedSlash(segment.clone()));
        }
        for part in segment.split('/').filter(|s| !s.is_empty()) {
            if !joined.is_empty() {
                joined.push('/');
            }
            joined.push_str(part);
        }
    }
    Ok(if joined.is_empty() { None } else { Some(joined) })
}

fn read_subpath(text: &str, findings: &mut Vec<Finding>) -> Result<Option<String>, Error> {
    let mut segments = Vec::new();
    for segment in text.split('/') {
        let segment = decode("subpath", segment)?;
        // Split where it was decoded, so that what the canonical form says reads back as itself (ECMA-427, 5.6.7).
        if segment.contains('/') {
            findings.push(Finding::EncodedSlash(segment.clone()));
        }
        segments.extend(segment.split('/').filter(|part| !part.is_empty() && !dots(part)).map(str::to_owned));
    }
    Ok(join_segments(segments.iter().map(String::as_str)))
}

fn read_qualifiers(text: &str, findings: &mut Vec<Finding>) -> Result<BTreeMap<String, String>, Error> {
    let mut qualifiers = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(Error::Qualifier { found: pair.to_owned() });
        };
        let value = decode("qualifier", value)?;
        insert_qualifier(&mut qualifiers, key, &value, findings)?;
    }
    Ok(qualifiers)
}

fn insert_qualifier(
    qualifiers: &mut BTreeMap<String, String>,
    key: &str,
    value: &str,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let key_ok = key.bytes().next().is_some_and(|b| !b.is_ascii_digit())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if !key_ok {
        return Err(Error::Qualifier { found: format!("{key}={value}") });
    }
    let folded = key.to_ascii_lowercase();
    if folded != key {
        findings.push(Finding::QualifierKeyCase(key.to_owned()));
    }
    if qualifiers.contains_key(&folded) {
        return Err(Error::QualifierTwice { key: folded });
    }
    // An empty value is the same as no qualifier (ECMA-427, 5.6.6).
    if !value.is_empty() {
        if qualifiers.len() == MAX_QUALIFIERS {
            return Err(Error::TooManyQualifiers);
        }
        qualifiers.insert(folded, value.to_owned());
    }
    Ok(())
}

fn join_segments<'a>(segments: impl Iterator<Item = &'a str>) -> Option<String> {
    let joined = segments.filter(|s| !s.is_empty()).collect::<Vec<_>>().join("/");
    if joined.is_empty() { None } else { Some(joined) }
}

fn dots(segment: &str) -> bool {
    matches!(segment, "." | "..")
}

fn present(text: &str) -> Option<String> {
    if text.is_empty() { None } else { Some(text.to_owned()) }
}

fn decode(component: &'static str, text: &str) -> Result<String, Error> {
    match encode::decode(text) {
        Some(decoded) => Ok(decoded.into_owned()),
        None => Err(Error::Encoding { component, text: text.to_owned() }),
    }
}
