//! npm ranges as node-semver reads them: `^1.2 || 2.x`, hyphen ranges, pre-releases only where asked for.
//!
//! [`Range::satisfied_by`] is node-semver's containment, in which `<2.0.0` does not hold `2.0.0-rc.1` nor `1.5.0-rc.1`.
//! For a vulnerability that rule would be wrong (a pre-release of a vulnerable version is vulnerable), so
//! [`super::from_native`] takes the same bounds by plain order.

use std::fmt;

use super::{Comparator, Constraint};
use crate::version::{Scheme, compare};

/// Longest range text that is read, in bytes.
pub const MAX_LEN: usize = 16 * 1024;
/// Largest number in a version: 2^53 - 1.
const MAX_NUMBER: u64 = 9_007_199_254_740_991;

/// node-semver's options.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Read versions leniently: leading zeros, no hyphen before a pre-release; ignore comparators that make no sense.
    pub loose: bool,
    /// Pre-releases satisfy a range by order alone.
    pub include_prerelease: bool,
}

/// A range: one of the alternatives, all of its comparators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    alternatives: Vec<Vec<Bound>>,
    options: Options,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Bound {
    comparator: Comparator,
    version: Full,
    /// The `-0` at the end was added to shut out pre-releases of the upper bound; it was not written.
    added_zero: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Full {
    numbers: [u64; 3],
    pre: String,
}

/// `1.2.x` and the like: what is missing or a wildcard is `None`.
#[derive(Debug, Clone)]
struct Partial {
    major: Option<u64>,
    minor: Option<u64>,
    patch: Option<u64>,
    pre: String,
    /// A number after a wildcard, such as `1.x.5`.
    disordered: bool,
}

impl Range {
    /// Reads a range; `None` when node-semver would refuse it.
    pub fn parse(text: &str, options: Options) -> Option<Self> {
        if text.len() > MAX_LEN {
            return None;
        }
        let mut alternatives = Vec::new();
        for part in text.split("||") {
            let comparators = alternative(part.trim(), options)?;
            if let Some(comparators) = comparators {
                alternatives.push(comparators);
            }
        }
        // What can never hold says nothing beside what can, and what always holds says all.
        let first = alternatives.first()?.clone();
        if alternatives.len() > 1 {
            alternatives.retain(|bounds| !bounds.first().is_some_and(Bound::is_never));
            if alternatives.is_empty() {
                alternatives.push(first);
            } else if alternatives.iter().any(Vec::is_empty) {
                alternatives = vec![Vec::new()];
            }
        }
        Some(Self { alternatives, options })
    }

    /// Whether a version satisfies the range; what is no npm version satisfies nothing.
    pub fn satisfied_by(&self, version: &str) -> bool {
        let Some(version) = Full::parse(version.trim(), self.options.loose) else { return false };
        self.alternatives.iter().any(|bounds| {
            let within = bounds.iter().all(|bound| bound.holds(&version));
            let asked_for = version.pre.is_empty()
                || self.options.include_prerelease
                || bounds.iter().any(|b| !b.version.pre.is_empty() && b.version.numbers == version.numbers);
            within && asked_for
        })
    }

    /// The bounds for a range by plain order: without the `-0` that desugaring adds.
    pub(super) fn constraints(&self) -> Vec<Vec<Constraint>> {
        let plain = |bound: &Bound| {
            let numbers = bound.version.numbers;
            let version = if bound.added_zero {
                Full { numbers, pre: String::new() }.to_string()
            } else {
                bound.version.to_string()
            };
            Constraint { comparator: bound.comparator, version }
        };
        self.alternatives.iter().map(|bounds| bounds.iter().map(plain).collect()).collect()
    }
}

/// node-semver's own canonical form.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, bounds) in self.alternatives.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { "||" })?;
            if bounds.is_empty() {
                f.write_str("*")?;
            }
            for (j, bound) in bounds.iter().enumerate() {
                let space = if j == 0 { "" } else { " " };
                write!(f, "{space}{}{}", bound.comparator.sign(), bound.version)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        if self.pre.is_empty() { Ok(()) } else { write!(f, "-{}", self.pre) }
    }
}

impl Bound {
    fn new(comparator: Comparator, numbers: [u64; 3], pre: &str) -> Self {
        Self { comparator, version: Full { numbers, pre: pre.to_owned() }, added_zero: false }
    }

    fn below(numbers: [u64; 3]) -> Self {
        Self { added_zero: true, ..Self::new(Comparator::Less, numbers, "0") }
    }

    fn is_never(&self) -> bool {
        self.comparator == Comparator::Less && self.version.numbers == [0; 3] && self.version.pre == "0"
    }

    fn holds(&self, version: &Full) -> bool {
        let order = version.numbers.cmp(&self.version.numbers).then_with(|| {
            // Only the pre-releases are left to compare; both texts are built from parsed parts.
            compare(Scheme::Npm, &version.to_string(), &self.version.to_string())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        match self.comparator {
            Comparator::Equal => order.is_eq(),
            Comparator::NotEqual => order.is_ne(),
            Comparator::Less => order.is_lt(),
            Comparator::LessOrEqual => order.is_le(),
            Comparator::Greater => order.is_gt(),
            Comparator::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl Full {
    fn parse(text: &str, loose: bool) -> Option<Self> {
        let partial = Partial::parse(text, loose)?;
        let numbers = [partial.major?, partial.minor?, partial.patch?];
        Some(Self { numbers, pre: partial.pre })
    }
}

impl Partial {
    fn parse(text: &str, loose: bool) -> Option<Self> {
        let text = text.trim_start_matches(|c: char| matches!(c, 'v' | '=') || c.is_whitespace());
        let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
        if build.is_some_and(|build| !identifiers(build, true)) {
            return None;
        }
        let mut rest = text;
        let mut parts = [None; 3];
        let mut count = 0;
        for slot in &mut parts {
            let (number, tail) = part(rest, loose)?;
            *slot = number;
            rest = tail;
            count += 1;
            match rest.strip_prefix('.') {
                Some(tail) if count < 3 => rest = tail,
                _ => break,
            }
        }
        let pre = match rest.strip_prefix('-') {
            _ if rest.is_empty() => "",
            Some(pre) if count == 3 && identifiers(pre, loose) => pre,
            None if count == 3 && loose && identifiers(rest, true) => rest,
            _ => return None,
        };
        let [major, minor, patch] = parts;
        let disordered = (major.is_none() && minor.is_some()) || (minor.is_none() && patch.is_some());
        let pre = if loose { fold_zeros(pre) } else { pre.to_owned() };
        Some(Self { major, minor, patch, pre, disordered })
    }
}

/// One number or wildcard off the front.
fn part(text: &str, loose: bool) -> Option<(Option<u64>, &str)> {
    if let Some(rest) = text.strip_prefix(['x', 'X', '*']) {
        return Some((None, rest));
    }
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.len() > 1 && digits.starts_with('0') && !loose {
        return None;
    }
    let number = digits.parse::<u64>().ok().filter(|number| *number <= MAX_NUMBER)?;
    Some((Some(number), rest))
}

fn identifiers(text: &str, leading_zeros: bool) -> bool {
    text.split('.').all(|id| {
        let number = id.bytes().all(|b| b.is_ascii_digit());
        let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        plain && (leading_zeros || !number || id.len() == 1 || !id.starts_with('0'))
    })
}

/// Loose numeric identifiers lose their leading zeros.
fn fold_zeros(pre: &str) -> String {
    let fold = |id: &str| match id.trim_start_matches('0') {
        "" if !id.is_empty() => "0".to_owned(),
        rest if id.bytes().all(|b| b.is_ascii_digit()) => rest.to_owned(),
        _ => id.to_owned(),
    };
    pre.split('.').map(fold).collect::<Vec<_>>().join(".")
}

/// Reads the comparators of one alternative. The outer `None` refuses the range; the inner one drops the alternative,
/// as loose reading does when nothing in it makes sense.
fn alternative(text: &str, options: Options) -> Option<Option<Vec<Bound>>> {
    let mut bounds = Vec::new();
    if let Some((from, to)) = hyphen(text) {
        hyphen_bounds(
            &Partial::parse(from, options.loose)?,
            &Partial::parse(to, options.loose)?,
            options,
            &mut bounds,
        );
        return Some(Some(settle(bounds, options)));
    }
    let (mut seen, mut dropped) = (false, false);
    for token in tokens(text) {
        match simple(&token, options) {
            Some(found) => {
                seen = true;
                bounds.extend(found);
            }
            None if options.loose => dropped = true,
            None => return None,
        }
    }
    if dropped && !seen { Some(None) } else { Some(Some(settle(bounds, options))) }
}

/// Drops what always holds and what stands twice; what never holds stands alone.
fn settle(bounds: Vec<Bound>, options: Options) -> Vec<Bound> {
    let always_pre = if options.include_prerelease { "0" } else { "" };
    let mut out: Vec<Bound> = Vec::new();
    for bound in bounds {
        if bound.is_never() {
            return vec![bound];
        }
        let always = bound.comparator == Comparator::GreaterOrEqual
            && bound.version.numbers == [0; 3]
            && bound.version.pre == always_pre;
        if !always && !out.iter().any(|b| b.comparator == bound.comparator && b.version == bound.version) {
            out.push(bound);
        }
    }
    out
}

fn hyphen(text: &str) -> Option<(&str, &str)> {
    let at = text.match_indices('-').map(|(at, _)| at).find(|&at| {
        let before = text.get(..at).is_some_and(|t| t.ends_with(char::is_whitespace));
        let after = text.get(at + 1..).is_some_and(|t| t.starts_with(char::is_whitespace));
        before && after
    })?;
    let (from, to) = (text.get(..at)?.trim(), text.get(at + 1..)?.trim());
    let single = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
    if single(from) && single(to) { Some((from, to)) } else { None }
}

/// Splits at white space, keeping an operator together with the version after it.
fn tokens(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match out.last_mut() {
            Some(last) if last.ends_with(['<', '>', '=', '~', '^', 'v']) && is_operator(last) => {
                last.push_str(word);
            }
            _ => out.push(word.to_owned()),
        }
    }
    out
}

fn is_operator(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '<' | '>' | '=' | '~' | '^' | 'v'))
}

fn simple(token: &str, options: Options) -> Option<Vec<Bound>> {
    if let Some(rest) = token.strip_prefix('^') {
        return caret(&Partial::parse(rest, options.loose)?, options);
    }
    if let Some(rest) = token.strip_prefix('~') {
        let rest = rest.strip_prefix('>').unwrap_or(rest);
        return tilde(&Partial::parse(rest, options.loose)?, options);
    }
    let (comparator, rest) = super::parse::comparator(token);
    if comparator == Comparator::NotEqual {
        return None;
    }
    let exact = comparator == Comparator::Equal;
    if rest.is_empty() && !token.is_empty() {
        return None;
    }
    x_range(comparator, exact, &Partial::parse(rest, options.loose)?, options)
}

/// The `-0` that lets pre-releases of a lower bound in when they are asked for.
fn low(options: Options) -> &'static str {
    if options.include_prerelease { "0" } else { "" }
}

fn at_least(numbers: [u64; 3], pre: &str) -> Bound {
    Bound::new(Comparator::GreaterOrEqual, numbers, pre)
}

/// The number after; `None` where npm's largest number is passed.
fn next(number: u64) -> Option<u64> {
    if number < MAX_NUMBER { Some(number + 1) } else { None }
}

fn caret(version: &Partial, options: Options) -> Option<Vec<Bound>> {
    if version.disordered {
        return None;
    }
    let Some(major) = version.major else { return Some(Vec::new()) };
    let numbers = [major, version.minor.unwrap_or(0), version.patch.unwrap_or(0)];
    // Only what was left open lets pre-releases of the lower bound in.
    let pre = if version.patch.is_none() { low(options) } else { &version.pre };
    let [_, minor, patch] = numbers;
    // The leftmost number that is not zero must stay.
    let upper = match (version.minor, version.patch) {
        _ if major > 0 => [next(major)?, 0, 0],
        (None, _) => [next(major)?, 0, 0],
        (Some(_), None) => [0, next(minor)?, 0],
        (Some(0), Some(_)) => [0, 0, next(patch)?],
        (Some(_), Some(_)) => [0, next(minor)?, 0],
    };
    Some(vec![at_least(numbers, pre), Bound::below(upper)])
}

fn tilde(version: &Partial, options: Options) -> Option<Vec<Bound>> {
    if version.disordered {
        return None;
    }
    let Some(major) = version.major else { return Some(Vec::new()) };
    let Some(minor) = version.minor else {
        return Some(vec![at_least([major, 0, 0], low(options)), Bound::below([next(major)?, 0, 0])]);
    };
    let lower = match version.patch {
        Some(patch) => at_least([major, minor, patch], &version.pre),
        None => at_least([major, minor, 0], low(options)),
    };
    Some(vec![lower, Bound::below([major, next(minor)?, 0])])
}

fn x_range(comparator: Comparator, exact: bool, version: &Partial, options: Options) -> Option<Vec<Bound>> {
    if version.disordered {
        return None;
    }
    let Some(major) = version.major else {
        let never = matches!(comparator, Comparator::Less | Comparator::Greater);
        return Some(if never { vec![Bound::below([0; 3])] } else { Vec::new() });
    };
    if let (Some(minor), Some(patch)) = (version.minor, version.patch) {
        return Some(vec![Bound::new(comparator, [major, minor, patch], &version.pre)]);
    }
    let from = [major, version.minor.unwrap_or(0), 0];
    let after = match version.minor {
        None => [next(major)?, 0, 0],
        Some(minor) => [major, next(minor)?, 0],
    };
    Some(match comparator {
        _ if exact => vec![at_least(from, low(options)), Bound::below(after)],
        Comparator::Greater => vec![at_least(after, low(options))],
        Comparator::LessOrEqual => vec![Bound::below(after)],
        Comparator::Less => vec![Bound::below(from)],
        _ => vec![at_least(from, low(options))],
    })
}

fn hyphen_bounds(from: &Partial, to: &Partial, options: Options, bounds: &mut Vec<Bound>) {
    if let Some(major) = from.major {
        let numbers = [major, from.minor.unwrap_or(0), from.patch.unwrap_or(0)];
        let pre = if from.pre.is_empty() { low(options) } else { &from.pre };
        bounds.push(at_least(numbers, pre));
    }
    match (to.major, to.minor, to.patch) {
        (None, _, _) => {}
        (Some(major), None, _) => bounds.push(Bound::below([major.saturating_add(1), 0, 0])),
        (Some(major), Some(minor), None) => bounds.push(Bound::below([major, minor.saturating_add(1), 0])),
        (Some(major), Some(minor), Some(patch)) if options.include_prerelease && to.pre.is_empty() => {
            bounds.push(Bound::below([major, minor, patch.saturating_add(1)]));
        }
        (Some(major), Some(minor), Some(patch)) => {
            bounds.push(Bound::new(Comparator::LessOrEqual, [major, minor, patch], &to.pre));
        }
    }
}
