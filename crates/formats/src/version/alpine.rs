//! Alpine package versions: `{number}{.number}…{letter}{_suffix{number}}…{~hash}{-r{number}}`, as apk orders them.
//!
//! A version is compared token by token. At the first place where two versions differ, the kinds of token decide
//! before their values; the order of kinds is [`Token`]'s. What the grammar does not know becomes [`Token::Invalid`],
//! which ends the comparison: apk too calls two versions equal that are broken at the same place.

use std::cmp::Ordering;

use super::digits;

#[derive(Debug, Clone, Copy)]
pub(super) struct Alpine<'a> {
    text: &'a str,
    pub(super) irregular: Option<&'static str>,
}

/// In ascending order of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Token<'a> {
    /// `_alpha`, `_beta`, `_pre`, `_rc`, by place in the list.
    PreSuffix(usize),
    /// A dot with no number after it.
    EmptyNumber,
    Invalid,
    End,
    Revision(Number<'a>),
    Hash(&'a str),
    SuffixNumber(Number<'a>),
    /// `_cvs`, `_svn`, `_git`, `_hg`, `_p`, by place in the list.
    PostSuffix(usize),
    Letter(u8),
    /// A number after a dot: with a leading zero it compares as text, as a fraction would.
    Fraction(Fraction<'a>),
    /// The first number.
    First(Number<'a>),
}

const PRE: [&str; 4] = ["alpha", "beta", "pre", "rc"];
const POST: [&str; 5] = ["cvs", "svn", "git", "hg", "p"];

#[derive(Debug, Clone, Copy)]
struct Number<'a>(&'a str);

impl PartialEq for Number<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number<'_> {}

impl PartialOrd for Number<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        digits::compare(self.0, other.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fraction<'a>(&'a str);

impl PartialOrd for Fraction<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.0.starts_with('0') || other.0.starts_with('0') {
            self.0.cmp(other.0)
        } else {
            digits::compare(self.0, other.0)
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Alpine<'_>, &'static str> {
    let text = text.trim();
    let mut irregular = None;
    let mut tokens = Tokens::new(text);
    loop {
        match tokens.next() {
            Token::End => break,
            Token::Invalid => {
                irregular = Some("not the grammar of apk");
                break;
            }
            Token::EmptyNumber | Token::First(Number("")) => irregular = Some("a number is missing"),
            _ => {}
        }
    }
    Ok(Alpine { text, irregular })
}

pub(super) fn compare(a: &Alpine<'_>, b: &Alpine<'_>) -> Ordering {
    let (mut left, mut right) = (Tokens::new(a.text), Tokens::new(b.text));
    loop {
        let (x, y) = (left.next(), right.next());
        let order = x.cmp(&y);
        if order.is_ne() || matches!(x, Token::End | Token::Invalid) {
            return order;
        }
    }
}

/// Where in the grammar the next token may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Start,
    Number,
    Letter,
    Suffix,
    SuffixNumber,
    Hash,
    Revision,
}

struct Tokens<'a> {
    rest: &'a str,
    stage: Stage,
}

impl<'a> Tokens<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text, stage: Stage::Start }
    }

    /// The next token; after `End` or `Invalid` the same again.
    fn next(&mut self) -> Token<'a> {
        if self.stage == Stage::Start {
            self.stage = Stage::Number;
            return Token::First(Number(self.take_digits()));
        }
        let Some(first) = self.rest.bytes().next() else { return Token::End };
        match first {
            b'.' if self.stage <= Stage::Letter => {
                self.advance(1);
                self.stage = Stage::Number;
                match self.take_digits() {
                    "" => Token::EmptyNumber,
                    number => Token::Fraction(Fraction(number)),
                }
            }
            b'a'..=b'z' if self.stage == Stage::Number => {
                self.advance(1);
                self.stage = Stage::Letter;
                Token::Letter(first)
            }
            b'0'..=b'9' if self.stage == Stage::Letter => {
                self.stage = Stage::Number;
                Token::Fraction(Fraction(self.take_digits()))
            }
            b'0'..=b'9' if self.stage == Stage::Suffix => {
                self.stage = Stage::SuffixNumber;
                Token::SuffixNumber(Number(self.take_digits()))
            }
            b'_' if self.stage <= Stage::SuffixNumber => self.suffix(),
            b'~' if self.stage < Stage::Hash => {
                let tail = self.rest.get(1..).unwrap_or("");
                let (hash, rest) = digits::split_while(tail, |b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                self.rest = rest;
                self.stage = Stage::Hash;
                Token::Hash(hash)
            }
            b'-' if self.stage < Stage::Revision => self.revision(),
            _ => Token::Invalid,
        }
    }

    fn suffix(&mut self) -> Token<'a> {
        let name = digits::split_while(self.rest.get(1..).unwrap_or(""), |b| b.is_ascii_lowercase()).0;
        let place = |list: &[&str]| list.iter().position(|known| *known == name);
        let token = match (place(&PRE), place(&POST)) {
            (Some(place), _) => Token::PreSuffix(place),
            (None, Some(place)) => Token::PostSuffix(place),
            (None, None) => return Token::Invalid,
        };
        self.advance(1 + name.len());
        self.stage = Stage::Suffix;
        token
    }

    fn revision(&mut self) -> Token<'a> {
        let Some(tail) = self.rest.strip_prefix("-r") else { return Token::Invalid };
        if tail.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Token::Invalid;
        }
        self.rest = tail;
        self.stage = Stage::Revision;
        Token::Revision(Number(self.take_digits()))
    }

    fn take_digits(&mut self) -> &'a str {
        let (number, rest) = digits::split(self.rest);
        self.rest = rest;
        number
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
    }
}
