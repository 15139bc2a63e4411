//! Reads JUnit XML event by event.

use std::io::BufRead;
use std::time::Duration;

use super::error::Error;
use super::model::{Attempt, Case, Detail, Outcome, Property, Suite, TestRun};
use super::output;
use crate::source::{Bounded, Bounds, Place, Trouble, XmlEvent, XmlPull};

/// What a file may hold.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the file, as UTF-8. Default 256 MiB.
    pub bytes: u64,
    /// Open elements at once. Default 64.
    pub depth: usize,
    /// Bytes of one tag or text, before a detail is cut. Default 32 MiB.
    pub text: usize,
    /// Executions. Default 1,000,000.
    pub cases: usize,
    /// Suites. Default 100,000.
    pub suites: usize,
    /// Bytes kept of the text of one detail; the rest is cut, and it says so. Default 64 KiB.
    pub detail: usize,
    /// Properties, attachments, details and attempts together. Default 4,000,000.
    pub extras: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            depth: 64,
            text: 32 << 20,
            cases: 1_000_000,
            suites: 100_000,
            detail: 64 << 10,
            extras: 4_000_000,
        }
    }
}

/// Reads a file of test results, whole or not at all. One pass; memory in proportion to what is kept.
///
/// # Errors
/// [`Error`] with place and reason.
pub fn read<R: BufRead>(reader: R, limits: &Limits) -> Result<TestRun, Error> {
    let bounded =
        Bounded::open(reader, limits.bytes).map_err(|error| Error::from_trouble(error.into(), (1, 1)))?;
    let bounds = Bounds { depth: limits.depth, token: limits.text };
    let mut this =
        Reader { pull: XmlPull::new(bounded, bounds), run: TestRun::default(), limits: *limits, extras: 0 };
    this.document()?;
    Ok(this.run)
}

struct Reader<R: BufRead> {
    pull: XmlPull<R>,
    run: TestRun,
    limits: Limits,
    extras: usize,
}

impl<R: BufRead> Reader<R> {
    fn next(&mut self) -> Result<XmlEvent, Error> {
        self.pull.next().map_err(|trouble| Error::from_trouble(trouble, self.pull.position()))
    }

    fn skip(&mut self) -> Result<(), Error> {
        self.pull.skip_element().map_err(|trouble| Error::from_trouble(trouble, self.pull.position()))
    }

    fn within(&self, what: &'static str, count: usize, max: usize) -> Result<(), Error> {
        if count <= max {
            return Ok(());
        }
        Err(Error::from_trouble(Trouble::Limit(what, max as u64), self.pull.position()))
    }

    fn extra(&mut self) -> Result<(), Error> {
        self.extras += 1;
        self.within("properties, attachments and details", self.extras, self.limits.extras)
    }

    fn attribute(&self, name: &str) -> Option<Box<str>> {
        self.pull.attribute(name).map(str::trim).filter(|text| !text.is_empty()).map(Box::from)
    }

    fn time(&self) -> Option<Duration> {
        self.pull.attribute("time").and_then(seconds)
    }

    fn document(&mut self) -> Result<(), Error> {
        if self.next()? != XmlEvent::Start {
            let reason = "there is no element".to_owned();
            return Err(Error::Malformed { reason, place: Place::default() });
        }
        match self.pull.name() {
            "testsuites" => {
                self.run.name = self.attribute("name");
                self.run.timestamp = self.attribute("timestamp");
            }
            "testsuite" => {}
            root => return Err(not_junit(root)),
        }
        let single = self.pull.name() == "testsuite";
        // Suites open now, outermost first; the root `testsuites` is none.
        let mut open: Vec<u32> = Vec::new();
        if single {
            open.push(self.suite(None)?);
        }
        let mut depth = 1usize;
        while depth > 0 {
            match self.next()? {
                XmlEvent::Start => match self.pull.name() {
                    "testsuite" => {
                        let index = self.suite(open.last().copied())?;
                        open.push(index);
                        depth += 1;
                    }
                    "testcase" => self.case(open.last().copied())?,
                    "properties" => {
                        let properties = self.properties()?;
                        let suite = open.last().and_then(|at| self.run.suites.get_mut(*at as usize));
                        match suite {
                            Some(suite) => {
                                suite.attachments.extend(attachments(&properties));
                                suite.properties.extend(properties);
                            }
                            None => self.run.properties.extend(properties),
                        }
                    }
                    // Output of a whole suite, and what only one producer knows.
                    _ => self.skip()?,
                },
                XmlEvent::End => {
                    depth -= 1;
                    open.pop();
                }
                XmlEvent::Text if self.pull.text().trim().is_empty() => {}
                XmlEvent::Text => return Err(self.misplaced("text between tests")),
                XmlEvent::Finish => return Err(self.misplaced("the document ends too early")),
            }
        }
        match self.next()? {
            XmlEvent::Finish => Ok(()),
            _ => Err(self.misplaced("something follows the root element")),
        }
    }

    fn misplaced(&self, reason: &'static str) -> Error {
        let (line, column) = self.pull.position();
        Error::Misplaced { reason, place: Place { line, column, path: String::new() } }
    }

    fn suite(&mut self, parent: Option<u32>) -> Result<u32, Error> {
        let index = self.run.suites.len();
        self.within("suites", index + 1, self.limits.suites)?;
        self.run.suites.push(Suite {
            attachments: Vec::new(),
            file: self.attribute("file").or_else(|| self.attribute("filepath")),
            host: self.attribute("hostname"),
            name: self.attribute("name").unwrap_or_default(),
            parent,
            properties: Vec::new(),
            time: self.time(),
            timestamp: self.attribute("timestamp"),
        });
        Ok(u32::try_from(index).unwrap_or(u32::MAX))
    }

    fn case(&mut self, suite: Option<u32>) -> Result<(), Error> {
        self.within("tests", self.run.cases.len() + 1, self.limits.cases)?;
        let Some(name) = self.attribute("name").or_else(|| self.attribute("id")) else {
            return Err(self.misplaced("a test without a name"));
        };
        // GoogleTest and CppUTest say here that a test was disabled; the others repeat what the elements say.
        let idle = |status: &str| matches!(status, "disabled" | "notrun" | "skipped" | "ignored");
        let idle = ["status", "result"]
            .iter()
            .any(|name| self.pull.attribute(name).is_some_and(|status| idle(&status.to_ascii_lowercase())));
        let mut case = Case {
            attachments: Vec::new(),
            attempts: Vec::new(),
            class: self.attribute("classname").or_else(|| self.attribute("class")),
            details: Vec::new(),
            file: self.attribute("file"),
            line: self.pull.attribute("line").and_then(|line| line.trim().parse().ok()),
            name,
            outcome: if idle { Outcome::Skipped } else { Outcome::Passed },
            properties: Vec::new(),
            suite,
            time: self.time(),
        };
        loop {
            match self.next()? {
                XmlEvent::Start => self.case_element(&mut case)?,
                XmlEvent::End => break,
                XmlEvent::Text => {}
                XmlEvent::Finish => return Err(self.misplaced("the document ends too early")),
            }
        }
        self.run.cases.push(case);
        Ok(())
    }

    fn case_element(&mut self, case: &mut Case) -> Result<(), Error> {
        let said = match self.pull.name() {
            "failure" => Some((Outcome::Failed, false)),
            "error" => Some((Outcome::Errored, false)),
            "skipped" | "ignored" | "disabled" => Some((Outcome::Skipped, false)),
            "rerunFailure" | "flakyFailure" => Some((Outcome::Failed, true)),
            "rerunError" | "flakyError" => Some((Outcome::Errored, true)),
            _ => None,
        };
        match (said, self.pull.name()) {
            (Some((outcome, earlier)), _) => {
                self.extra()?;
                let time = self.time();
                let detail = self.detail(outcome)?;
                if earlier {
                    case.attempts.push(Attempt { detail, time });
                } else {
                    case.outcome = case.outcome.max(outcome);
                    case.details.push(detail);
                }
            }
            (None, "properties") => {
                let properties = self.properties()?;
                case.attachments.extend(attachments(&properties));
                case.properties.extend(properties);
            }
            (None, "system-out" | "system-err") => {
                let text = self.text(usize::MAX)?.0;
                let found = output::scan(&text);
                for _ in 0..found.attachments.len() + found.properties.len() {
                    self.extra()?;
                }
                case.attachments.extend(found.attachments);
                case.properties.extend(found.properties);
            }
            (None, _) => self.skip()?,
        }
        Ok(())
    }

    fn detail(&mut self, outcome: Outcome) -> Result<Detail, Error> {
        let (kind, message) = (self.attribute("type"), self.attribute("message"));
        let (text, cut) = self.text(self.limits.detail)?;
        Ok(Detail { cut, kind, message, outcome, text: text.trim().into() })
    }

    /// The text of the element just opened and all it holds, up to so many bytes; and whether there was more.
    fn text(&mut self, keep: usize) -> Result<(String, bool), Error> {
        let mut text = String::new();
        let mut cut = false;
        let mut depth = 1usize;
        while depth > 0 {
            match self.next()? {
                XmlEvent::Start => depth += 1,
                XmlEvent::End => depth -= 1,
                XmlEvent::Text => {
                    let piece = self.pull.text();
                    let room = keep.saturating_sub(text.len());
                    let whole = piece.len() <= room;
                    cut |= !whole;
                    let end =
                        (0..=room.min(piece.len())).rev().find(|at| piece.is_char_boundary(*at)).unwrap_or(0);
                    text.push_str(piece.get(..end).unwrap_or_default());
                    self.within("bytes in one output", text.len(), self.limits.text)?;
                }
                XmlEvent::Finish => return Err(self.misplaced("the document ends too early")),
            }
        }
        Ok((text, cut))
    }

    fn properties(&mut self) -> Result<Vec<Property>, Error> {
        let mut properties = Vec::new();
        loop {
            match self.next()? {
                XmlEvent::Start if self.pull.name() == "property" => {
                    self.extra()?;
                    let name = self.attribute("name").unwrap_or_default();
                    let value = self.pull.attribute("value").map(Box::<str>::from);
                    let (text, _) = self.text(self.limits.detail)?;
                    properties.push(Property { name, value: value.unwrap_or_else(|| text.trim().into()) });
                }
                XmlEvent::Start => self.skip()?,
                XmlEvent::End => return Ok(properties),
                XmlEvent::Text => {}
                XmlEvent::Finish => return Err(self.misplaced("the document ends too early")),
            }
        }
    }
}

fn attachments(properties: &[Property]) -> impl Iterator<Item = Box<str>> {
    properties.iter().filter(|p| output::is_attachment(&p.name)).map(|p| p.value.clone())
}

/// Seconds, also with an exponent or with commas between thousands (Surefire in some locales).
fn seconds(text: &str) -> Option<Duration> {
    let plain: String = text.trim().chars().filter(|c| *c != ',').collect();
    let seconds: f64 = plain.parse().ok()?;
    // More nanoseconds than fit 64 bits are 584 years.
    Duration::try_from_secs_f64(seconds).ok().filter(|time| u64::try_from(time.as_nanos()).is_ok())
}

fn not_junit(root: &str) -> Error {
    let hint = match root {
        "test-run" => " (NUnit 3)",
        "test-results" => " (NUnit 2)",
        "assemblies" | "assembly" => " (xUnit.net)",
        "TestRun" => " (Visual Studio TRX)",
        "project" => " (a Maven project)",
        _ => "",
    };
    Error::NotJunit { root: root.chars().take(80).collect(), hint }
}
