//! Reading a condition: words and signs first, then `or` over `and` over `not`.

use super::fields::{Field, NAMES};
use super::{FilterError, MAX_FILTER, MAX_FILTER_DEPTH, MAX_FILTER_TERMS, Node, Op};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Quoted(String),
    Op(Op),
    Open,
    Close,
    Comma,
}

fn wrong<T>(at: usize, reason: impl Into<String>) -> Result<T, FilterError> {
    Err(FilterError { at, reason: reason.into() })
}

pub(super) fn parse(text: &str) -> Result<Node, FilterError> {
    if text.len() > MAX_FILTER {
        return wrong(MAX_FILTER, format!("longer than {MAX_FILTER} bytes"));
    }
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(Node::All(Vec::new()));
    }
    let mut parser = Parser { tokens: &tokens, at: 0, end: text.len(), terms: 0 };
    let node = parser.any(0)?;
    match parser.tokens.get(parser.at) {
        None => Ok(node),
        Some((at, _)) => wrong(*at, "the condition should end here, or go on with `and` or `or`"),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || "._:/+-@#%*&$|^;[]{}?".contains(c)
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, FilterError> {
    let mut out = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let mut then = |wanted: char| chars.next_if(|(_, c)| *c == wanted).is_some();
        let token = match c {
            _ if c.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '=' => Token::Op(Op::Equal),
            '~' => Token::Op(Op::Contains),
            '!' if then('=') => Token::Op(Op::NotEqual),
            '<' => Token::Op(if then('=') { Op::AtMost } else { Op::Less }),
            '>' => Token::Op(if then('=') { Op::AtLeast } else { Op::Greater }),
            '"' => {
                let mut value = String::new();
                loop {
                    match chars.next() {
                        None => return wrong(at, "this quotation does not end"),
                        Some((_, '"')) => break,
                        Some((here, '\\')) => match chars.next() {
                            Some((_, c @ ('"' | '\\'))) => value.push(c),
                            _ => return wrong(here, r#"only \" and \\ are written with a backslash"#),
                        },
                        Some((_, c)) => value.push(c),
                    }
                }
                Token::Quoted(value)
            }
            _ if is_word(c) => {
                let mut word = String::from(c);
                while let Some((_, c)) = chars.next_if(|(_, c)| is_word(*c)) {
                    word.push(c);
                }
                Token::Word(word)
            }
            _ => {
                return wrong(
                    at,
                    format!("`{c}` stands for nothing here; put values with it in quotation marks"),
                );
            }
        };
        out.push((at, token));
    }
    Ok(out)
}

struct Parser<'a> {
    tokens: &'a [(usize, Token)],
    at: usize,
    end: usize,
    terms: usize,
}

impl Parser<'_> {
    fn place(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(at, _)| *at)
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let here = matches!(self.tokens.get(self.at), Some((_, Token::Word(w))) if w == keyword);
        self.at += usize::from(here);
        here
    }

    fn sign(&mut self, sign: &Token) -> bool {
        let here = self.tokens.get(self.at).is_some_and(|(_, t)| t == sign);
        self.at += usize::from(here);
        here
    }

    fn any(&mut self, depth: usize) -> Result<Node, FilterError> {
        let mut nodes = vec![self.all(depth)?];
        while self.keyword("or") {
            nodes.push(self.all(depth)?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Any(nodes) })
    }

    fn all(&mut self, depth: usize) -> Result<Node, FilterError> {
        let mut nodes = vec![self.one(depth)?];
        while self.keyword("and") {
            nodes.push(self.one(depth)?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::All(nodes) })
    }

    fn one(&mut self, depth: usize) -> Result<Node, FilterError> {
        if depth >= MAX_FILTER_DEPTH {
            return wrong(self.place(), format!("nested deeper than {MAX_FILTER_DEPTH}"));
        }
        if self.keyword("not") {
            return Ok(Node::Not(Box::new(self.one(depth + 1)?)));
        }
        let open = self.place();
        if self.sign(&Token::Open) {
            let node = self.any(depth + 1)?;
            if self.sign(&Token::Close) {
                return Ok(node);
            }
            let place = self.place();
            return wrong(place, format!("a `)` is missing for the `(` at byte {open}"));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Node, FilterError> {
        let place = self.place();
        self.terms += 1;
        if self.terms > MAX_FILTER_TERMS {
            return wrong(place, format!("more than {MAX_FILTER_TERMS} comparisons"));
        }
        let Some((_, Token::Word(name))) = self.tokens.get(self.at) else {
            return wrong(place, format!("a field should stand here: {}", names()));
        };
        let Some(field) = Field::named(name) else {
            return wrong(place, format!("there is no field `{name}`; there are {}", names()));
        };
        self.at += 1;
        if self.keyword("is") {
            let place = self.place();
            return match (self.keyword("known"), self.keyword("unknown")) {
                (false, false) => wrong(place, "`is` is followed by `known` or `unknown`"),
                (known, _) => Ok(Node::Known { field, known }),
            };
        }
        if self.keyword("in") {
            return self.values(&field).map(|values| Node::In { field, values });
        }
        let place = self.place();
        let Some((_, Token::Op(op))) = self.tokens.get(self.at) else {
            return wrong(place, "one of = != < <= > >= ~ `in` `is` should stand here");
        };
        self.at += 1;
        let place = self.place();
        let value = self.value(&field)?;
        // What stands behind a sign of order must have the form of what it is compared with.
        let ordered = !matches!(op, Op::Equal | Op::NotEqual | Op::Contains);
        if ordered && field.words().is_some() {
            return wrong(place, "its values have no order; use = or `in`");
        }
        if field == Field::Seen && *op != Op::Contains && value.parse::<evidence::Time>().is_err() {
            return wrong(place, "a moment should stand here, such as 2026-11-20T12:00:00Z");
        }
        Ok(Node::Compare { field, op: *op, value })
    }

    fn values(&mut self, field: &Field) -> Result<Vec<String>, FilterError> {
        let place = self.place();
        if !self.sign(&Token::Open) {
            return wrong(place, "`in` is followed by values in parentheses: in (a, b)");
        }
        let mut values = vec![self.value(field)?];
        while self.sign(&Token::Comma) {
            values.push(self.value(field)?);
        }
        self.terms += values.len();
        let place = self.place();
        if self.terms > MAX_FILTER_TERMS {
            return wrong(place, format!("more than {MAX_FILTER_TERMS} comparisons"));
        }
        if self.sign(&Token::Close) { Ok(values) } else { wrong(place, "`,` or `)` should stand here") }
    }

    fn value(&mut self, field: &Field) -> Result<String, FilterError> {
        let place = self.place();
        let Some((_, Token::Word(value) | Token::Quoted(value))) = self.tokens.get(self.at) else {
            return wrong(place, "a value should stand here, in quotation marks if it has spaces");
        };
        if let Some(words) = field.words()
            && !words.contains(&value.as_str())
        {
            return wrong(place, format!("`{value}` is none of its values: {}", words.join(", ")));
        }
        self.at += 1;
        Ok(value.clone())
    }
}

fn names() -> String {
    let mut names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    names.push("version:ITEM");
    names.join(", ")
}
