//! Which vulnerabilities count for the figures, and which of them are listed.

use evidence::Time;
use views::population::Course;

use super::super::Ask;
use super::super::error::PageError;
use super::super::markup::percent;
use super::super::moments::{View, time};

/// What is listed.
pub(super) const SHOWS: [(&str, &str); 5] = [
    ("", "All"),
    ("patched", "Patched"),
    ("unpatched", "Not patched"),
    ("implemented", "On every device"),
    ("waiting", "Patched, not on every device"),
];

/// Which vulnerabilities count, and which of them are listed.
#[derive(Clone)]
pub(super) struct Chosen {
    pub(super) product: String,
    pub(super) from: Option<Time>,
    pub(super) until: Option<Time>,
    pub(super) show: String,
}

impl Chosen {
    pub(super) fn read(ask: &Ask) -> Result<Self, PageError> {
        let moment = |name: &str| match ask.param(name) {
            None => Ok(None),
            Some(text) => time(text).map(Some).ok_or_else(|| PageError::bad_moment("from or until", text)),
        };
        let show = ask.param("show").unwrap_or_default().to_owned();
        if !SHOWS.iter().any(|(word, _)| *word == show) {
            return Err(PageError::bad_filter(format!("“{show}” is no state of a vulnerability.")));
        }
        let product = ask.param("product").unwrap_or_default().to_owned();
        Ok(Self { product, from: moment("from")?, until: moment("until")?, show })
    }

    pub(super) fn counts(&self, course: &Course) -> bool {
        (self.product.is_empty() || self.product == course.product)
            && self.from.is_none_or(|from| course.identified >= from)
            && self.until.is_none_or(|until| course.identified < until)
    }

    pub(super) fn lists(&self, course: &Course) -> bool {
        match self.show.as_str() {
            "patched" => course.patched.is_some(),
            "unpatched" => course.patched.is_none(),
            "implemented" => course.to_field().is_some(),
            "waiting" => course.patched.is_some() && course.to_field().is_none(),
            _ => true,
        }
    }

    /// The address of what is chosen.
    fn to(&self, view: &View<'_>) -> String {
        let pair =
            |name: &str, value: String| (!value.is_empty()).then(|| format!("{name}={}", percent(&value)));
        let text = |time: Option<Time>| time.map(|t| t.to_string()).unwrap_or_default();
        let pairs = [
            pair("product", self.product.clone()),
            pair("from", text(self.from)),
            pair("until", text(self.until)),
            pair("show", self.show.clone()),
        ];
        let query = pairs.into_iter().flatten().collect::<Vec<_>>().join("&");
        let path = "/vulnerability-metrics";
        view.to(&if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") })
    }

    pub(super) fn list(&self, view: &View<'_>, show: &str) -> String {
        format!("{}#courses", Self { show: show.to_owned(), ..self.clone() }.to(view))
    }
}
