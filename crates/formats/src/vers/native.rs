//! Native range notations, converted: what npm, Cargo, PyPI, OpenSSL and the distributions write, and the free text
//! that stands in the version fields of CVE and CSAF documents.

use super::{Comparator, Constraint, Error, MAX_LEN, Vers, gitlab, npm};
use crate::version::{Scheme, pep440_normal};

type Refusal = (String, &'static str);
type Alternatives = Vec<Vec<Constraint>>;

/// Converts a range in the scheme's own notation.
///
/// npm and Cargo requirements, PEP 440 specifiers, OpenSSL's list of versions; for the other schemes comparators with
/// spaces or commas between them, all of which must hold, and `||` between alternatives.
///
/// # Errors
/// [`Error::Native`] with the part that is wrong, or [`Error::Version`].
pub fn from_native(scheme: Scheme, text: &str) -> Result<Vers, Error> {
    let alternatives = match scheme {
        Scheme::Npm => npm_alternatives(text),
        Scheme::Cargo => cargo(text),
        Scheme::Pypi => pypi(text),
        Scheme::Openssl => openssl(text),
        Scheme::Maven | Scheme::Nuget if text.contains(['[', '(']) => intervals(text),
        Scheme::Gem => gem(text),
        _ => simple(text),
    };
    finish(scheme, text, alternatives)
}

/// Converts a range in the notation of GitLab's advisory database.
///
/// # Errors
/// As [`from_native`].
pub fn from_gitlab(scheme: Scheme, text: &str) -> Result<Vers, Error> {
    finish(scheme, text, gitlab::alternatives(scheme, text))
}

/// Converts what people write where a version belongs: `>= a, <= b`, `All versions < V2.3`, `prior to 1.4`,
/// `1.2 and earlier`, `12.x`, one version, or several with `|` between: as alternatives where none has a sign, else by
/// the rules of `vers`.
///
/// # Errors
/// [`Error::Native`] when the text says something else: then nothing is known, and the text belongs in the reason.
pub fn from_text(scheme: Scheme, text: &str) -> Result<Vers, Error> {
    let one_space = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let alternatives = if one_space.contains('|') { listed(&one_space) } else { prose(&one_space) };
    finish(scheme, text, alternatives.and_then(expand))
}

fn finish(scheme: Scheme, text: &str, alternatives: Result<Alternatives, Refusal>) -> Result<Vers, Error> {
    if text.len() > MAX_LEN {
        return Err(Error::TooLong { len: text.len() });
    }
    match alternatives {
        Ok(alternatives) => Vers::of_alternatives(scheme, alternatives),
        Err((text, reason)) => Err(Error::Native { scheme, text, reason }),
    }
}

/// Comparators with spaces or commas between, `||` between alternatives; a sign may stand apart from its version.
/// `==`, `<<` and `>>` are taken for `=`, `<` and `>`; `*` alone for every version.
pub(super) fn simple(text: &str) -> Result<Alternatives, Refusal> {
    if text.len() > MAX_LEN {
        return Err((String::new(), "too long"));
    }
    let mut alternatives = Vec::new();
    for alternative in text.split("||").filter(|alternative| !alternative.trim().is_empty()) {
        let mut constraints = Vec::new();
        let mut sign = "";
        for word in alternative.split([' ', ',', '\t', '\n']).filter(|word| !word.is_empty()) {
            let signs = word.find(|c| !matches!(c, '<' | '>' | '=' | '!')).unwrap_or(word.len());
            let (head, version) = word.split_at(signs);
            if !head.is_empty() {
                if !sign.is_empty() {
                    return Err((alternative.to_owned(), "two signs without a version between"));
                }
                sign = head;
            }
            if version.is_empty() {
                continue;
            }
            if version.contains(['<', '>', '=', '!']) {
                return Err((word.to_owned(), "a sign inside a version"));
            }
            let comparator = comparator_of(sign).ok_or_else(|| (word.to_owned(), "not a comparison sign"))?;
            if version == "*" {
                if comparator != Comparator::Equal {
                    return Err((word.to_owned(), "a comparison with '*'"));
                }
                return Ok(vec![Vec::new()]);
            }
            constraints.push(Constraint { comparator, version: version.to_owned() });
            sign = "";
        }
        if !sign.is_empty() {
            return Err((alternative.to_owned(), "a sign without a version"));
        }
        alternatives.push(constraints);
    }
    if alternatives.is_empty() { Err((text.to_owned(), "no constraint")) } else { Ok(alternatives) }
}

fn comparator_of(sign: &str) -> Option<Comparator> {
    Some(match sign {
        "" | "=" | "==" => Comparator::Equal,
        "!=" => Comparator::NotEqual,
        "<" | "<<" => Comparator::Less,
        "<=" | "=<" => Comparator::LessOrEqual,
        ">" | ">>" => Comparator::Greater,
        ">=" | "=>" => Comparator::GreaterOrEqual,
        _ => return None,
    })
}

fn npm_alternatives(text: &str) -> Result<Alternatives, Refusal> {
    match npm::Range::parse(text, npm::Options::default()) {
        Some(range) => Ok(range.constraints()),
        None => Err((text.to_owned(), "not a range of node-semver")),
    }
}

/// Cargo requirements: commas between, a bare version means `^`.
fn cargo(text: &str) -> Result<Alternatives, Refusal> {
    let mut all = Vec::new();
    for part in text.split(',').map(str::trim) {
        let bare = part.starts_with(|c: char| c.is_ascii_digit()) && !part.contains(['*', 'x', 'X']);
        let part = if bare { format!("^{part}") } else { part.to_owned() };
        let range = npm::Range::parse(&part, npm::Options::default()).filter(|_| !part.contains("||"));
        match range.map(|range| range.constraints()) {
            Some(mut alternatives) if alternatives.len() == 1 => all.append(&mut alternatives.swap_remove(0)),
            _ => return Err((part, "not a Cargo requirement")),
        }
    }
    Ok(vec![all])
}

/// PEP 440, "Version specifiers".
fn pypi(text: &str) -> Result<Alternatives, Refusal> {
    let mut all = vec![Vec::new()];
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let signs = part.find(|c| !matches!(c, '<' | '>' | '=' | '!' | '~')).unwrap_or(part.len());
        let (sign, version) = part.split_at(signs);
        let version = version.trim();
        let refuse = |reason| Err((part.to_owned(), reason));
        let (version, prefix) =
            version.strip_suffix(".*").map_or((version, false), |version| (version, true));
        let Some(version) = pep440_normal(version) else { return refuse("not a PEP 440 version") };
        let next = |keep: usize| {
            let numbers: Vec<&str> =
                version.split('.').take_while(|n| n.bytes().all(|b| b.is_ascii_digit())).collect();
            let (last, head) = numbers.get(..keep.min(numbers.len()))?.split_last()?;
            let last = last.parse::<u64>().ok()?.checked_add(1)?.to_string();
            Some(head.iter().copied().chain([last.as_str()]).collect::<Vec<_>>().join("."))
        };
        let bound = |comparator, version: String| Constraint { comparator, version };
        let segments = version.split('.').take_while(|n| n.bytes().all(|b| b.is_ascii_digit())).count();
        match (sign, prefix) {
            ("==" | "!=", true) => {
                let Some(after) = next(segments) else { return refuse("no number to count up") };
                let (from, to) = (format!("{version}.dev0"), format!("{after}.dev0"));
                if sign == "==" {
                    for alternative in &mut all {
                        alternative.push(bound(Comparator::GreaterOrEqual, from.clone()));
                        alternative.push(bound(Comparator::Less, to.clone()));
                    }
                } else {
                    if all.len() > 64 {
                        return refuse("too many exclusions");
                    }
                    let mut above = all.clone();
                    all.iter_mut().for_each(|a| a.push(bound(Comparator::Less, from.clone())));
                    above.iter_mut().for_each(|a| a.push(bound(Comparator::GreaterOrEqual, to.clone())));
                    all.append(&mut above);
                }
            }
            (_, true) => return refuse("a prefix goes with == and != only"),
            ("~=", false) => {
                let after = if segments < 2 { None } else { next(segments - 1) };
                let Some(after) = after else { return refuse("~= needs two numbers") };
                for alternative in &mut all {
                    alternative.push(bound(Comparator::GreaterOrEqual, version.clone()));
                    alternative.push(bound(Comparator::Less, format!("{after}.dev0")));
                }
            }
            (sign, false) => {
                let comparator = match sign {
                    "===" => Some(Comparator::Equal),
                    "" | "=" | "<<" | ">>" | "=<" | "=>" => None,
                    sign => comparator_of(sign),
                };
                let Some(comparator) = comparator else { return refuse("not a PEP 440 specifier") };
                all.iter_mut().for_each(|a| a.push(bound(comparator, version.clone())));
            }
        }
    }
    if all.first().is_some_and(Vec::is_empty) { Err((text.to_owned(), "no specifier")) } else { Ok(all) }
}

/// Interval notation of Maven and NuGet: `[1.0,2.0)`, `(,1.0]`, `[1.0]`, several with commas between.
fn intervals(text: &str) -> Result<Alternatives, Refusal> {
    let refuse = |reason| Err((text.to_owned(), reason));
    let mut alternatives = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let Some(end) = rest.find([']', ')']) else { return refuse("an interval is not closed") };
        let (interval, tail) = rest.split_at(end + 1);
        rest = tail.trim_start().trim_start_matches(',').trim_start();
        let Some(inner) = interval.strip_prefix(['[', '(']) else {
            return refuse("an interval opens with [ or (");
        };
        let inner = inner.trim_end_matches([']', ')']);
        let closed = (interval.starts_with('['), interval.ends_with(']'));
        let mut bounds = Vec::new();
        let mut bound = |version: &str, comparator| {
            if !version.trim().is_empty() {
                bounds.push(Constraint { comparator, version: version.trim().to_owned() });
            }
        };
        match inner.split_once(',') {
            None if closed == (true, true) && !inner.trim().is_empty() => bound(inner, Comparator::Equal),
            None => return refuse("one version stands in square brackets"),
            Some((from, to)) if !to.contains(',') => {
                bound(from, if closed.0 { Comparator::GreaterOrEqual } else { Comparator::Greater });
                bound(to, if closed.1 { Comparator::LessOrEqual } else { Comparator::Less });
            }
            Some(_) => return refuse("more than two bounds"),
        }
        alternatives.push(bounds);
    }
    if alternatives.is_empty() { refuse("no interval") } else { Ok(alternatives) }
}

/// RubyGems requirements: as the simple notation, and `~>`, which keeps all but the last number.
fn gem(text: &str) -> Result<Alternatives, Refusal> {
    let mut all = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let Some(version) = part.strip_prefix("~>").map(str::trim) else {
            let found = simple(part)?;
            let [constraints] = found.as_slice() else {
                return Err((part.to_owned(), "a requirement has no alternatives"));
            };
            all.extend(constraints.iter().cloned());
            continue;
        };
        let numbers: Vec<u64> = version.split('.').map_while(|number| number.parse().ok()).collect();
        let next = match numbers.as_slice() {
            [only] => only.checked_add(1).map(|next| vec![next]),
            [head @ .., last, _] => {
                last.checked_add(1).map(|next| head.iter().copied().chain([next]).collect())
            }
            [] => None,
        };
        let Some(next) = next else { return Err((part.to_owned(), "~> needs a version of numbers")) };
        let next = next.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
        all.push(Constraint { comparator: Comparator::GreaterOrEqual, version: version.to_owned() });
        all.push(Constraint { comparator: Comparator::Less, version: next });
    }
    if all.is_empty() { Err((text.to_owned(), "no requirement")) } else { Ok(vec![all]) }
}

/// OpenSSL's advisories list the versions themselves, with commas between.
fn openssl(text: &str) -> Result<Alternatives, Refusal> {
    let mut alternatives = Vec::new();
    for version in text.split(',').map(str::trim).filter(|version| !version.is_empty()) {
        if version.contains(['<', '>', '=', ' ']) {
            return simple(text);
        }
        alternatives.push(vec![Constraint { comparator: Comparator::Equal, version: version.to_owned() }]);
    }
    if alternatives.is_empty() { Err((text.to_owned(), "no version")) } else { Ok(alternatives) }
}

/// Versions with `|` between: alternatives, or where signs stand before them, the intervals that neighbours make. Only
/// the plain shapes are read: versions alone, or lower and upper bounds in turn.
fn listed(text: &str) -> Result<Alternatives, Refusal> {
    let mut alternatives: Alternatives = Vec::new();
    let mut open = false;
    for part in text.split('|').map(str::trim).filter(|part| !part.is_empty()) {
        let mut found = prose(part)?;
        let (Some(mut constraints), true) = (found.pop(), found.is_empty()) else {
            return Err((part.to_owned(), "more than one constraint between two bars"));
        };
        let [constraint] = constraints.as_slice() else {
            return Err((part.to_owned(), "not one version between two bars"));
        };
        let lower = matches!(constraint.comparator, Comparator::Greater | Comparator::GreaterOrEqual);
        let upper = matches!(constraint.comparator, Comparator::Less | Comparator::LessOrEqual);
        match alternatives.last_mut() {
            Some(last) if open && upper => last.append(&mut constraints),
            Some(_) if upper => {
                return Err((text.to_owned(), "two upper bounds, with no lower bound between"));
            }
            _ => alternatives.push(constraints),
        }
        open = lower;
    }
    Ok(alternatives)
}

/// Spells out wildcards at the end: `12.x` is from 12 to before 13.
fn expand(alternatives: Alternatives) -> Result<Alternatives, Refusal> {
    let spell = |constraint: Constraint| {
        let version = constraint.version.as_str();
        let Some(stem) = [".x", ".X", ".*"].iter().find_map(|tail| version.strip_suffix(tail)) else {
            return Ok(vec![constraint]);
        };
        let refuse = || Err((version.to_owned(), "a wildcard that cannot be spelled out"));
        let head = stem.len() - stem.bytes().rev().take_while(u8::is_ascii_digit).count();
        let (head, last) = stem.split_at(head);
        let Some(next) = last.parse::<u64>().ok().and_then(|last| last.checked_add(1)) else {
            return refuse();
        };
        let after = format!("{head}{next}");
        let bound = |comparator, version: &str| Constraint { comparator, version: version.to_owned() };
        Ok(match constraint.comparator {
            Comparator::Equal => {
                vec![bound(Comparator::GreaterOrEqual, stem), bound(Comparator::Less, &after)]
            }
            Comparator::NotEqual => return refuse(),
            Comparator::Less | Comparator::GreaterOrEqual => vec![bound(constraint.comparator, stem)],
            Comparator::LessOrEqual => vec![bound(Comparator::Less, &after)],
            Comparator::Greater => vec![bound(Comparator::GreaterOrEqual, &after)],
        })
    };
    let all = |constraints: Vec<Constraint>| {
        constraints.into_iter().map(spell).collect::<Result<Vec<_>, _>>().map(|spelled| spelled.concat())
    };
    alternatives.into_iter().map(all).collect()
}

fn prose(text: &str) -> Result<Alternatives, Refusal> {
    let mut rest = text.trim();
    if ["*", "all", "all versions", "vers:all/*"].iter().any(|all| rest.eq_ignore_ascii_case(all)) {
        return Ok(vec![Vec::new()]);
    }
    for head in ["all versions ", "all ", "versions ", "version ", "firmware "] {
        rest = strip_head(rest, head).map_or(rest, str::trim_start);
    }
    let before = ["prior to ", "before ", "earlier than ", "lower than ", "below "];
    if let Some(version) = before.iter().find_map(|head| strip_head(rest, head)) {
        return one(Comparator::Less, version, text);
    }
    let through = ["up to and including ", "through "];
    if let Some(version) = through.iter().find_map(|head| strip_head(rest, head)) {
        return one(Comparator::LessOrEqual, version, text);
    }
    let without_noun = strip_tail(rest, " versions").unwrap_or(rest);
    let downwards =
        [" and earlier", " and prior", " or earlier", " or prior", " and below", " or below", " and lower"];
    if let Some(version) = downwards.iter().find_map(|tail| strip_tail(without_noun, tail)) {
        return one(Comparator::LessOrEqual, version, text);
    }
    if rest.contains(['<', '>', '=']) {
        return simple(rest);
    }
    one(Comparator::Equal, rest, text)
}

fn strip_head<'a>(text: &'a str, head: &str) -> Option<&'a str> {
    let (found, rest) = text.split_at_checked(head.len())?;
    if found.eq_ignore_ascii_case(head) { Some(rest) } else { None }
}

fn strip_tail<'a>(text: &'a str, tail: &str) -> Option<&'a str> {
    let (rest, found) = text.split_at_checked(text.len().checked_sub(tail.len())?)?;
    if found.eq_ignore_ascii_case(tail) { Some(rest) } else { None }
}

/// Exactly one version, which must have a number: words alone say nothing.
fn one(comparator: Comparator, version: &str, text: &str) -> Result<Alternatives, Refusal> {
    let version = version.trim();
    if !version.bytes().any(|b| b.is_ascii_digit()) || version.contains([' ', ',']) {
        return Err((text.to_owned(), "neither a version nor words that this program knows"));
    }
    Ok(vec![vec![Constraint { comparator, version: version.to_owned() }]])
}
