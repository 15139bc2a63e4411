//! Marks in source of any language, `@implements ID` and `@verifies ID, ID`, usually in a comment, and the piece of code
//! each stands for.

use crate::digest::Digest;
use crate::limits::{MAX_MARKS, MAX_NAME_BYTES};

/// What a mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// The code is what the record asks for.
    Implements,
    /// The code tests it, or is the test case.
    Verifies,
}

impl Verb {
    /// Its word, as after `@`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Implements => "implements",
            Self::Verifies => "verifies",
        }
    }
}

/// One record named by one mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What it says.
    pub verb: Verb,
    /// Of which record.
    pub id: Box<str>,
    /// Line of the mark, from 1.
    pub line: u32,
    /// Last line of the code it stands for.
    pub end: u32,
    /// SHA-256 of that code: its lines from the mark on, without white space at their ends.
    pub digest: Digest,
    /// The first line of code that is no comment, attribute or decorator: names the function.
    pub head: Box<str>,
}

/// All marks of a text, at most `MAX_MARKS`. O(length × marks that overlap).
#[must_use]
pub fn marks_in(text: &str) -> Vec<Mark> {
    if !(text.contains("@implements") || text.contains("@verifies")) {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let named = named_in(line);
        if named.is_empty() {
            continue;
        }
        let (head, end) = region(&lines, at);
        let code: Vec<&str> = lines.get(at..=end).unwrap_or(&[]).to_vec();
        let digest = Digest::of(code.join("\n").as_bytes());
        let number = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
        for (verb, id) in named {
            if found.len() >= MAX_MARKS {
                return found;
            }
            let head = head.trim().into();
            found.push(Mark { verb, id: id.into(), line: number(at), end: number(end), digest, head });
        }
    }
    found
}

/// Records named in one line.
fn named_in(line: &str) -> Vec<(Verb, &str)> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices('@') {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let rest = line.get(at + 1..).unwrap_or("");
        let verb = [Verb::Implements, Verb::Verifies].into_iter().find(|verb| {
            rest.strip_prefix(verb.name()).is_some_and(|rest| rest.starts_with([' ', '\t', ':', '(']))
        });
        let Some(verb) = verb.filter(|_| !before.is_some_and(|c| c.is_alphanumeric() || c == '_')) else {
            continue;
        };
        let list = rest.get(verb.name().len()..).unwrap_or("");
        let list = list.trim_start_matches([' ', '\t', ':', '(', '"', '\'', '[']);
        for word in list.split([',', ' ', '\t']).filter(|word| !word.is_empty()) {
            let id = word.trim_matches(['"', '\'', ')', ']', '.', ';']);
            if !is_named(id) {
                break;
            }
            found.push((verb, id));
        }
    }
    found
}

/// An id as people write them: with a hyphen, and with a digit or in capitals, so that prose is never taken for one.
fn is_named(word: &str) -> bool {
    word.len() <= MAX_NAME_BYTES
        && crate::source::is_id(word)
        && word.contains('-')
        && (word.bytes().any(|b| b.is_ascii_digit()) || !word.bytes().any(|b| b.is_ascii_lowercase()))
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// The first line of code after a mark and the last line of its block: everything indented deeper than that line, with
/// the closing brackets at its own depth. A mark behind code on the same line stands for that line's block.
fn region<'l>(lines: &[&'l str], mark: usize) -> (&'l str, usize) {
    let own = lines.get(mark).copied().unwrap_or("");
    let beside = own.find('@').and_then(|at| own.get(..at)).is_some_and(|before| {
        let code = before.trim().trim_end_matches(['/', '*', '#', '-', ';', '%', '!', '"', '<']).trim();
        !code.is_empty() && !is_preamble(before.trim())
    });
    let mut at = mark + usize::from(!beside);
    while lines.get(at).is_some_and(|line| line.trim().is_empty() || is_preamble(line.trim())) {
        at += 1;
    }
    let Some(head) = lines.get(at).copied() else { return ("", lines.len().saturating_sub(1).max(mark)) };
    let depth = indent(head);
    let mut end = at;
    let mut inside = false;
    for (next, line) in lines.iter().enumerate().skip(at + 1) {
        let text = line.trim();
        if text.is_empty() {
            continue;
        }
        let deeper = indent(line) > depth;
        let closes = indent(line) == depth
            && (text.starts_with(['}', ')', ']', '{']) || (inside && matches!(text, "end" | "fi" | "done")));
        if !(deeper || closes) {
            break;
        }
        inside |= deeper;
        end = next;
        if closes && text.starts_with('}') && inside {
            break;
        }
    }
    (head, end)
}

/// Comments, attributes, decorators and the like, which stand before what they belong to.
fn is_preamble(line: &str) -> bool {
    const BEGINNINGS: [&str; 14] =
        ["//", "/*", "*", "#[", "# ", "#!", "@", "--", ";;", "%", "\"\"\"", "'''", "<!--", "template<"];
    line == "#" || BEGINNINGS.iter().any(|beginning| line.starts_with(beginning))
}

fn indent(line: &str) -> usize {
    line.chars().take_while(|c| c.is_whitespace()).map(|c| if c == '\t' { 4 } else { 1 }).sum()
}

#[cfg(test)]
mod tests;
