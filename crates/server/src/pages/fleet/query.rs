//! What is asked of the fleet, in the address: a condition and six simple choices, which are conditions too; and the
//! addresses of narrower questions.

use world::fleet::{Filter, FilterError, Subject};

use super::super::Ask;
use super::super::error::PageError;
use super::super::markup::{Markup, percent};
use super::super::words;

/// Choices beside the condition: parameter of the address, which is the field of the condition, and its label.
pub(super) const CHOICES: [(&str, &str); 6] = [
    ("site", "Site"),
    ("model", "Model"),
    ("release", "Release"),
    ("verdict", "Verdict"),
    ("grade", "Grade"),
    ("freshness", "Certainty"),
];

/// A condition that could not be read, with its place.
pub(super) struct Wrong {
    /// What stands before the place, what stands there, and what stands behind.
    pub(super) parts: [String; 3],
    /// Place in characters, from one.
    pub(super) place: usize,
    pub(super) reason: Markup,
}

/// A question about the fleet.
pub(super) struct Query {
    /// The condition as written.
    pub(super) condition: String,
    /// Choices that were made.
    pub(super) chosen: Vec<(&'static str, String)>,
    pub(super) after: Option<Subject>,
    /// All of it as one condition.
    pub(super) text: String,
    /// `Err` with the place where the condition as written goes wrong.
    pub(super) filter: Result<Filter, Wrong>,
}

impl Query {
    /// Reads the address.
    pub(super) fn read(ask: &Ask) -> Result<Self, PageError> {
        let condition = ask.param("where").unwrap_or_default().to_owned();
        let chosen: Vec<(&'static str, String)> =
            CHOICES.iter().filter_map(|(name, _)| Some((*name, ask.param(name)?.to_owned()))).collect();
        let after =
            match ask.param("after") {
                None => None,
                Some(text) => Some(words::subject(text).ok_or_else(|| {
                    PageError::bad_filter(format!("“{text}” is not a device to go on from."))
                })?),
            };
        let text = join(&condition, &chosen, None);
        let filter = match Filter::parse(&condition) {
            Err(e) => Err(wrong(&condition, &e)),
            Ok(_) => Ok(Filter::parse(&text).map_err(|e| PageError::bad_filter(format!("{}.", e.reason)))?),
        };
        Ok(Self { condition, chosen, after, text, filter })
    }

    /// The question about every device.
    pub(super) fn all() -> Self {
        let (condition, text) = (String::new(), String::new());
        Self { condition, chosen: Vec::new(), after: None, text, filter: Ok(Filter::all()) }
    }

    /// Whether anything is asked but for all.
    pub(super) fn narrowed(&self) -> bool {
        !self.text.is_empty()
    }

    /// The value of a choice.
    pub(super) fn choice(&self, name: &str) -> Option<&str> {
        self.chosen.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str())
    }

    /// Address of this question with other choices, without its place in the list.
    pub(super) fn with(&self, choices: &[(&'static str, &str)]) -> String {
        self.address(choices, None, None)
    }

    /// Address of this question with one more condition.
    pub(super) fn and(&self, condition: &str) -> String {
        self.address(&[], Some(condition), None)
    }

    /// Address of the list after a device.
    pub(super) fn from(&self, after: Option<&Subject>) -> String {
        self.address(&[], None, after)
    }

    fn address(
        &self,
        choices: &[(&'static str, &str)],
        narrow: Option<&str>,
        after: Option<&Subject>,
    ) -> String {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        let condition = join(&self.condition, &[], narrow);
        if !condition.is_empty() {
            pairs.push(("where", condition));
        }
        let kept = self.chosen.iter().filter(|(name, _)| !choices.iter().any(|(n, _)| n == name));
        pairs.extend(kept.map(|(name, value)| (*name, value.clone())));
        pairs.extend(choices.iter().map(|(name, value)| (*name, (*value).to_owned())));
        pairs.extend(after.map(|after| ("after", after.to_string())));
        let query: Vec<String> = pairs.iter().map(|(n, v)| format!("{n}={}", percent(v))).collect();
        if query.is_empty() { "/fleet".into() } else { format!("/fleet?{}", query.join("&")) }
    }
}

/// One condition of several.
fn join(condition: &str, chosen: &[(&'static str, String)], narrow: Option<&str>) -> String {
    let mut parts: Vec<String> = chosen.iter().map(|(name, value)| equals(name, value)).collect();
    parts.extend(narrow.map(str::to_owned));
    match (condition.is_empty(), parts.is_empty()) {
        (true, _) => parts.join(" and "),
        (false, true) => condition.to_owned(),
        (false, false) => format!("({condition}) and {}", parts.join(" and ")),
    }
}

/// A comparison with a value, whatever stands in it.
pub(crate) fn equals(field: &str, value: &str) -> String {
    format!("{field} = \"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A sentence whose words in backticks are code.
fn coded(text: &str) -> Markup {
    let parts = text.split('`').enumerate();
    let m = parts.fold(Markup::new(), |m, (n, part)| match n % 2 {
        0 => m.text(part),
        _ => m.element("code", "", part),
    });
    m.text(".")
}

/// Cuts the condition at the place where it goes wrong: the word that stands there, or the end.
fn wrong(condition: &str, e: &FilterError) -> Wrong {
    let at = (0..=e.at.min(condition.len())).rev().find(|i| condition.is_char_boundary(*i)).unwrap_or(0);
    let (before, rest) = condition.split_at(at);
    let end = rest.find(char::is_whitespace).filter(|end| *end > 0).unwrap_or(rest.len());
    let (here, behind) = rest.split_at(end);
    Wrong {
        parts: [before.into(), here.into(), behind.into()],
        place: before.chars().count() + 1,
        reason: coded(&e.reason),
    }
}
