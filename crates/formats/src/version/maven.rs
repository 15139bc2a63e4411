//! Maven versions: the "version order specification" of Maven's POM reference.
//!
//! Reading splits into tokens and keeps them, so that comparing allocates nothing.

use std::cmp::Ordering;

use super::digits;

/// Most tokens of one version; longer ones are refused.
const MAX_TOKENS: usize = 256;

#[derive(Debug, Clone)]
pub(super) struct Maven {
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    /// Joined by `.`; else by `-` or a change between digits and letters.
    dot: bool,
    value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Number(String),
    /// Lower case.
    Word(String),
}

impl Value {
    fn is_null(&self) -> bool {
        match self {
            Self::Number(number) => number.bytes().all(|b| b == b'0'),
            Self::Word(word) => rank(word) == Rank::Release,
        }
    }
}

/// Ascending; words that are not known come last, in alphabetical order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank<'a> {
    Alpha,
    Beta,
    Milestone,
    Candidate,
    Snapshot,
    Release,
    ServicePack,
    Other(&'a str),
}

fn rank(word: &str) -> Rank<'_> {
    match word {
        "alpha" => Rank::Alpha,
        "beta" => Rank::Beta,
        "milestone" => Rank::Milestone,
        "rc" | "cr" => Rank::Candidate,
        "snapshot" => Rank::Snapshot,
        "" | "final" | "ga" | "release" => Rank::Release,
        "sp" => Rank::ServicePack,
        other => Rank::Other(other),
    }
}

pub(super) fn parse(text: &str) -> Result<Maven, &'static str> {
    let lower = text.trim().to_lowercase();
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = lower.as_str();
    let mut dot = true;
    loop {
        if tokens.len() == MAX_TOKENS {
            return Err("more than 256 parts");
        }
        let end = rest.find(['.', '-']).unwrap_or(rest.len());
        let (number, word) = digits::split(rest.get(..end).unwrap_or(""));
        let length = if number.is_empty() {
            word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len())
        } else {
            number.len()
        };
        let (token, tail) = rest.split_at(length);
        let number_follows = tail.starts_with(|c: char| c.is_ascii_digit());
        let value = match token {
            "" => Value::Number("0".to_owned()),
            _ if !number.is_empty() => Value::Number(token.to_owned()),
            "a" if number_follows => Value::Word("alpha".to_owned()),
            "b" if number_follows => Value::Word("beta".to_owned()),
            "m" if number_follows => Value::Word("milestone".to_owned()),
            word => Value::Word(word.to_owned()),
        };
        tokens.push(Token { dot, value });
        let Some(next) = tail.chars().next() else { break };
        dot = next == '.';
        rest = if matches!(next, '.' | '-') { tail.get(1..).unwrap_or("") } else { tail };
    }
    Ok(Maven { tokens: trim(tokens) })
}

/// Drops null values at the end, and before each hyphen from the end on.
fn trim(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens.into_iter().rev() {
        // `kept` is in reverse: what was pushed last follows this token.
        let at_end = kept.last().is_none_or(|next| !next.dot);
        if !(at_end && token.value.is_null()) {
            kept.push(token);
        }
    }
    kept.reverse();
    kept
}

pub(super) fn compare(a: &Maven, b: &Maven) -> Ordering {
    let longest = a.tokens.len().max(b.tokens.len());
    for i in 0..longest {
        let order = match (a.tokens.get(i), b.tokens.get(i)) {
            (Some(x), Some(y)) => compare_tokens(x, y),
            (Some(x), None) => compare_null(x),
            (None, Some(y)) => compare_null(y).reverse(),
            (None, None) => Ordering::Equal,
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

fn compare_tokens(a: &Token, b: &Token) -> Ordering {
    // .word < -word < -number < .number
    let class = |token: &Token| match (&token.value, token.dot) {
        (Value::Word(_), true) => 0,
        (Value::Word(_), false) => 1,
        (Value::Number(_), false) => 2,
        (Value::Number(_), true) => 3,
    };
    match (&a.value, &b.value) {
        (Value::Number(x), Value::Number(y)) if a.dot == b.dot => digits::compare(x, y),
        (Value::Word(x), Value::Word(y)) if a.dot == b.dot => rank(x).cmp(&rank(y)),
        _ => class(a).cmp(&class(b)),
    }
}

/// Against the null value that fills up the shorter version: 0 for a number after a dot, else nothing.
fn compare_null(token: &Token) -> Ordering {
    match (&token.value, token.dot) {
        (Value::Number(number), true) => digits::compare(number, "0"),
        (Value::Number(_), false) => Ordering::Greater,
        (Value::Word(word), _) => rank(word).cmp(&Rank::Release),
    }
}
