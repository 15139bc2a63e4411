//! Versions of components whose scheme nobody states: numbers, and the few words whose meaning is common knowledge.
//!
//! A version is read as runs of numbers with a word between: `2.1-rc3` is [2, 1] `rc` [3]. Runs compare number by
//! number, the shorter filled up with zeros, so `1.0` and `1.0.0` are equal. Words compare as: pre-release words by
//! their order, then the end, then a single letter (`1.0.1g`) or a patch word. A word that is not known has no order
//! with anything but itself: the answer is then "not ordered", so that whoever asks says *undetermined*.

use std::cmp::Ordering;

use super::digits;

#[derive(Debug, Clone, Copy)]
pub(super) struct Generic<'a> {
    text: &'a str,
    pub(super) irregular: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word<'a> {
    Pre(u8),
    End,
    Letter(u8),
    Patch,
    Unknown(&'a str),
}

pub(super) fn parse(text: &str) -> Result<Generic<'_>, &'static str> {
    let mut text = text.trim();
    let mut irregular = None;
    if !text.bytes().any(|b| b.is_ascii_digit()) {
        return Err("there is no number in it");
    }
    if text.bytes().any(|b| matches!(b, b'~' | b'^' | b':' | b'*' | b',' | b'|')) {
        return Err("'~', '^', ':' or a list belongs to another scheme");
    }
    if text.ends_with(".x") || text.ends_with(".X") {
        return Err("a wildcard stands for many versions");
    }
    if is_commit(text) {
        return Err("a commit, not a version");
    }
    for prefix in ["version", "release", "ver", "rel", "v", "r"] {
        let Some((head, tail)) = text.split_at_checked(prefix.len()) else { continue };
        let tail = tail.trim_start_matches(['.', '-', '_', ' ']);
        if head.eq_ignore_ascii_case(prefix) && tail.starts_with(|c: char| c.is_ascii_digit()) {
            text = tail;
            irregular = Some("a word for \"version\" in front");
            break;
        }
    }
    Ok(Generic { text, irregular })
}

pub(super) fn compare(a: &Generic<'_>, b: &Generic<'_>) -> Option<Ordering> {
    let (mut left, mut right) = (a.text, b.text);
    // A word in front names something, a product or a branch: only the same one can be compared.
    let word = |text: &str| text.starts_with(|c: char| !c.is_ascii_digit() && !is_separator(c));
    if word(left) || word(right) {
        let same = word(left)
            && word(right)
            && leading_word(&mut left).eq_ignore_ascii_case(leading_word(&mut right));
        if !same {
            return None;
        }
    }
    loop {
        let order = compare_numbers(&mut left, &mut right);
        if order.is_ne() {
            return Some(order);
        }
        let (x, y) = (take_word(&mut left), take_word(&mut right));
        let order = compare_words(x, y)?;
        if order.is_ne() || (x == Word::End && y == Word::End) {
            return Some(order);
        }
    }
}

/// Compares the numbers up to the next word on either side, and leaves both texts at that word.
fn compare_numbers(left: &mut &str, right: &mut &str) -> Ordering {
    loop {
        let (x, y) = (take_number(left), take_number(right));
        if x.is_none() && y.is_none() {
            return Ordering::Equal;
        }
        let order = digits::compare(x.unwrap_or(""), y.unwrap_or(""));
        if order.is_ne() {
            return order;
        }
    }
}

fn take_number<'a>(text: &mut &'a str) -> Option<&'a str> {
    let rest = skip_separators(text);
    let (number, rest) = digits::split(rest);
    if number.is_empty() {
        return None;
    }
    *text = rest;
    Some(number)
}

fn leading_word<'a>(text: &mut &'a str) -> &'a str {
    let end = text.find(|c: char| c.is_ascii_digit() || is_separator(c)).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    *text = rest;
    word
}

fn take_word<'a>(text: &mut &'a str) -> Word<'a> {
    let mut start = skip_separators(text);
    // A word that names the release itself adds nothing: 4.2.0.Final is 4.2.0.
    for neutral in ["final", "release", "stable", "ga"] {
        if let Some((head, tail)) = start.split_at_checked(neutral.len())
            && head.eq_ignore_ascii_case(neutral)
            && !tail.starts_with(|c: char| c.is_ascii_alphanumeric())
        {
            start = skip_separators(tail);
            *text = start;
        }
    }
    let attached = start.len() == text.len();
    let end = start.find(|c: char| c.is_ascii_digit() || is_separator(c)).unwrap_or(start.len());
    let (word, rest) = start.split_at(end);
    *text = rest;
    let number_follows = rest.starts_with(|c: char| c.is_ascii_digit());
    let is = |known: &str| word.eq_ignore_ascii_case(known);
    let any = |list: &[&str]| list.iter().any(|known| is(known));
    if word.is_empty() {
        Word::End
    } else if any(&["dev", "snapshot", "nightly"]) {
        Word::Pre(0)
    } else if is("alpha") || (is("a") && number_follows) {
        Word::Pre(1)
    } else if is("beta") || (is("b") && number_follows) {
        Word::Pre(2)
    } else if any(&["pre", "preview"]) {
        Word::Pre(3)
    } else if any(&["rc", "cr"]) {
        Word::Pre(4)
    } else if any(&["p", "pl", "patch", "patchlevel", "post", "sp", "hotfix"])
        && (number_follows || word.len() > 1)
    {
        Word::Patch
    } else if let (&[letter], true, false) = (word.as_bytes(), attached, number_follows)
        && letter.is_ascii_alphabetic()
    {
        Word::Letter(letter.to_ascii_lowercase())
    } else {
        Word::Unknown(word)
    }
}

fn compare_words(a: Word<'_>, b: Word<'_>) -> Option<Ordering> {
    let side = |word: Word<'_>| match word {
        Word::Pre(_) => 0,
        Word::End => 1,
        _ => 2,
    };
    match (a, b) {
        (Word::Unknown(x), Word::Unknown(y)) if x.eq_ignore_ascii_case(y) => Some(Ordering::Equal),
        (Word::Unknown(_), _) | (_, Word::Unknown(_)) => None,
        (Word::Letter(_), Word::Patch) | (Word::Patch, Word::Letter(_)) => None,
        (Word::Pre(x), Word::Pre(y)) | (Word::Letter(x), Word::Letter(y)) => Some(x.cmp(&y)),
        _ => Some(side(a).cmp(&side(b))),
    }
}

/// Seven or more hexadecimal digits with letters among the digits, and nothing else. Read as a version, `244fd47` would
/// be later than every version before 244.
fn is_commit(text: &str) -> bool {
    let turns = text
        .as_bytes()
        .windows(2)
        .filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit())
        .count();
    text.len() >= 7 && turns >= 2 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_separator(c: char) -> bool {
    c.is_ascii() && !c.is_ascii_alphanumeric()
}

fn skip_separators(text: &str) -> &str {
    text.trim_start_matches(is_separator)
}
