//! Python versions: PEP 440, and the order that setuptools gave to anything older, which sorts before all of PEP 440.

use std::cmp::Ordering;
use std::fmt::Write;

use super::digits;

#[derive(Debug, Clone, Copy)]
pub(super) enum Pep440<'a> {
    Modern(Modern<'a>),
    Legacy(&'a str),
}

/// The parts of a PEP 440 version; numbers as their digits, empty where the number is implied to be zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct Modern<'a> {
    epoch: &'a str,
    release: &'a str,
    pre: Option<(Phase, &'a str)>,
    post: Option<&'a str>,
    dev: Option<&'a str>,
    local: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Alpha,
    Beta,
    Candidate,
}

impl Pep440<'_> {
    pub(super) fn irregular(&self) -> Option<&'static str> {
        match self {
            Self::Modern(_) => None,
            Self::Legacy(_) => Some("not PEP 440; sorts before all that is"),
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Pep440<'_>, &'static str> {
    let text = text.trim();
    match modern(text) {
        Some(version) => Ok(Pep440::Modern(version)),
        None if text.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_alphabetic()) => {
            Ok(Pep440::Legacy(text))
        }
        None => Err("neither letters nor digits"),
    }
}

/// A cursor over the grammar of PEP 440, appendix B. Case is ignored.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn word(&mut self, words: &[&str]) -> bool {
        let found = words.iter().find_map(|word| {
            let (head, tail) = self.0.split_at_checked(word.len())?;
            if head.eq_ignore_ascii_case(word) { Some(tail) } else { None }
        });
        found.map(|tail| self.0 = tail).is_some()
    }

    fn separator(&mut self) {
        self.word(&["-", "_", "."]);
    }

    fn number(&mut self) -> &'a str {
        let (number, rest) = digits::split(self.0);
        self.0 = rest;
        number
    }

    /// `[-_.]?word[-_.]?number?`, giving the number; leaves the cursor alone when the word is not there.
    fn labelled(&mut self, words: &[&str]) -> Option<&'a str> {
        let before = self.0;
        self.separator();
        if self.word(words) {
            self.separator();
            return Some(self.number());
        }
        self.0 = before;
        None
    }
}

fn modern(text: &str) -> Option<Modern<'_>> {
    let mut cursor = Cursor(text);
    cursor.word(&["v"]);
    let mut epoch = "";
    let (head, rest) = digits::split(cursor.0);
    if let Some(rest) = rest.strip_prefix('!')
        && !head.is_empty()
    {
        epoch = head;
        cursor.0 = rest;
    }
    let (release, rest) = super::semver::take_core(cursor.0);
    if release.is_empty() {
        return None;
    }
    cursor.0 = rest;

    let phases: [(Phase, &[&str]); 3] = [
        (Phase::Alpha, &["alpha", "a"]),
        (Phase::Beta, &["beta", "b"]),
        (Phase::Candidate, &["preview", "pre", "rc", "c"]),
    ];
    let pre = phases.iter().find_map(|(phase, words)| Some((*phase, cursor.labelled(words)?)));
    let implicit = cursor.0.strip_prefix('-').map(digits::split).filter(|(number, _)| !number.is_empty());
    let post = match implicit {
        Some((number, rest)) => {
            cursor.0 = rest;
            Some(number)
        }
        None => cursor.labelled(&["post", "rev", "r"]),
    };
    let dev = cursor.labelled(&["dev"]);
    let local = match cursor.0.strip_prefix('+') {
        Some(local) if local.split(['-', '_', '.']).all(is_local_segment) => Some(local),
        Some(_) => return None,
        None if cursor.0.is_empty() => None,
        None => return None,
    };
    Some(Modern { epoch, release, pre, post, dev, local })
}

fn is_local_segment(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_alphanumeric())
}

pub(super) fn compare(a: &Pep440<'_>, b: &Pep440<'_>) -> Ordering {
    match (a, b) {
        (Pep440::Modern(a), Pep440::Modern(b)) => compare_modern(a, b),
        (Pep440::Modern(_), Pep440::Legacy(_)) => Ordering::Greater,
        (Pep440::Legacy(_), Pep440::Modern(_)) => Ordering::Less,
        (Pep440::Legacy(a), Pep440::Legacy(b)) => legacy_key(a).cmp(&legacy_key(b)),
    }
}

fn compare_modern(a: &Modern<'_>, b: &Modern<'_>) -> Ordering {
    digits::compare(a.epoch, b.epoch)
        .then_with(|| digits::compare_dotted(a.release, b.release))
        .then_with(|| pre_key(a).cmp(&pre_key(b)))
        .then_with(|| number(a.pre.map(|(_, n)| n), b.pre.map(|(_, n)| n)))
        .then_with(|| a.post.is_some().cmp(&b.post.is_some()))
        .then_with(|| number(a.post, b.post))
        // A development release comes before the release it leads up to.
        .then_with(|| a.dev.is_none().cmp(&b.dev.is_none()))
        .then_with(|| number(a.dev, b.dev))
        .then_with(|| match (a.local, b.local) {
            (Some(x), Some(y)) => compare_local(x, y),
            (x, y) => x.is_some().cmp(&y.is_some()),
        })
}

/// Before all pre-releases stands a development release of the final one (`1.0.dev1`), after them what has none.
fn pre_key(version: &Modern<'_>) -> u8 {
    match version.pre {
        None if version.post.is_none() && version.dev.is_some() => 0,
        Some((Phase::Alpha, _)) => 1,
        Some((Phase::Beta, _)) => 2,
        Some((Phase::Candidate, _)) => 3,
        None => 4,
    }
}

fn number(a: Option<&str>, b: Option<&str>) -> Ordering {
    digits::compare(a.unwrap_or(""), b.unwrap_or(""))
}

fn compare_local(a: &str, b: &str) -> Ordering {
    let separators = ['-', '_', '.'];
    let (mut left, mut right) = (a.split(separators), b.split(separators));
    loop {
        let (x, y) = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (Some(_), None) => return Ordering::Greater,
            (None, Some(_)) => return Ordering::Less,
            (Some(x), Some(y)) => (x, y),
        };
        let order = match (digits::all(x), digits::all(y)) {
            (true, true) => digits::compare(x, y),
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => {
                x.bytes().map(|b| b.to_ascii_lowercase()).cmp(y.bytes().map(|b| b.to_ascii_lowercase()))
            }
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// The order of setuptools 8: numbers as text padded to eight digits, words behind `*`, `*final` at the end.
fn legacy_key(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let mut parts: Vec<String> = Vec::new();
    let mut push = |part: String| {
        if part.starts_with('*') {
            if part.as_str() < "*final" {
                while parts.last().is_some_and(|last| last == "*final-") {
                    parts.pop();
                }
            }
            while parts.last().is_some_and(|last| last == "00000000") {
                parts.pop();
            }
        }
        parts.push(part);
    };
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let part = match first {
            '0'..='9' => digits::split(rest).0,
            'a'..='z' => digits::split_while(rest, |b| b.is_ascii_lowercase()).0,
            '.' | '-' => rest.get(..1).unwrap_or(""),
            _ => {
                let end = rest
                    .find(|c: char| c.is_ascii_digit() || c.is_ascii_lowercase() || matches!(c, '.' | '-'));
                rest.get(..end.unwrap_or(rest.len())).unwrap_or("")
            }
        };
        rest = rest.get(part.len()..).unwrap_or("");
        match part {
            "." => {}
            "pre" | "preview" | "rc" => push("*c".to_owned()),
            "-" => push("*final-".to_owned()),
            "dev" => push("*@".to_owned()),
            part if digits::all(part) => push(format!("{part:0>8}")),
            part => push(format!("*{part}")),
        }
    }
    push("*final".to_owned());
    parts
}

/// The normal form of PEP 440 ("Normalization"), for writing; `None` when the text is not PEP 440.
pub(crate) fn normal(text: &str) -> Option<String> {
    let version = modern(text.trim())?;
    let plain = |number: &str| match number.trim_start_matches('0') {
        "" => "0".to_owned(),
        number => number.to_owned(),
    };
    let mut out = String::with_capacity(text.len());
    if digits::compare(version.epoch, "0").is_ne() {
        let _ = write!(out, "{}!", plain(version.epoch));
    }
    out.push_str(&version.release.split('.').map(plain).collect::<Vec<_>>().join("."));
    if let Some((phase, number)) = version.pre {
        out.push_str(match phase {
            Phase::Alpha => "a",
            Phase::Beta => "b",
            Phase::Candidate => "rc",
        });
        out.push_str(&plain(number));
    }
    for (label, number) in [(".post", version.post), (".dev", version.dev)] {
        if let Some(number) = number {
            out.push_str(label);
            out.push_str(&plain(number));
        }
    }
    if let Some(local) = version.local {
        let segments =
            local.split(['-', '_', '.']).map(|s| if digits::all(s) { plain(s) } else { s.to_lowercase() });
        let _ = write!(out, "+{}", segments.collect::<Vec<_>>().join("."));
    }
    Some(out)
}
