//! From profile files to one schema: merging, resolving names, deriving one rule from each clause with a topic.

use super::expr::{Event, ResultHas, ResultIs};
use super::file::{ClauseFile, ExprFile, ProfileFile, RuleChange, RuleFile, Steps};
use super::names::names;
use super::{ClassSet, Clause, Expr, Footprint, KindId, Need, Rule, Schema, Severity, Step};
use crate::limits::MAX_EXPRESSION_DEPTH;
use crate::problem::meant;
use crate::risk::{Region, When};
use std::collections::BTreeMap;

/// Why profiles and configuration do not make a schema.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Not TOML, or not of the shape of a profile.
    #[error("{place}: {reason}")]
    Toml {
        /// File and line, or the profile's name.
        place: String,
        /// What the TOML reader says.
        reason: String,
    },
    /// A profile that does not exist.
    #[error("there is no profile `{name}`{hint}")]
    UnknownProfile {
        /// As written.
        name: String,
        /// Did you mean.
        hint: String,
    },
    /// A name that nothing defines.
    #[error("{place}: unknown {what} `{name}`{hint}")]
    Unknown {
        /// Rule, kind or link it stands in.
        place: String,
        /// What it should be the name of.
        what: &'static str,
        /// As written.
        name: String,
        /// Did you mean.
        hint: String,
    },
    /// An expression or definition that says nothing sensible.
    #[error("{place}: {reason}")]
    Wrong {
        /// Rule, kind or link it stands in.
        place: String,
        /// What is wrong.
        reason: &'static str,
    },
}

impl Schema {
    /// Merges profiles in order (later ones extend and override) and applies the product's changes of rules.
    ///
    /// # Errors
    /// When a name is not defined or an expression is malformed; the error names the rule.
    pub fn compile(
        files: &[ProfileFile],
        changes: &BTreeMap<String, RuleChange>,
    ) -> Result<Self, SchemaError> {
        let mut schema = names(files)?;
        for file in files {
            for clause in &file.clause {
                schema.add_clause(clause)?;
            }
        }
        let mut rules: BTreeMap<String, (RuleFile, &str)> = BTreeMap::new();
        for file in files {
            for clause in &file.clause {
                if let Some(rule) = schema.topic_rule(clause) {
                    rules.insert(rule.id.clone(), (rule, &file.name));
                }
            }
            for rule in &file.rule {
                rules.insert(rule.id.clone(), (rule.clone(), &file.name));
            }
            for need in &file.needs {
                let place = format!("{}.needs-{}", file.name, need.kind);
                let kind = schema.want_kind(&place, &need.kind)?;
                let clauses = schema.want_clauses(&place, &need.clauses)?;
                schema.needs.push(Need { id: place.into(), kind, clauses, hint: need.hint.clone() });
            }
        }
        for (rule, profile) in rules.into_values() {
            let rule = schema.rule_of(&rule, profile)?;
            schema.rules.push(rule);
        }
        for (id, change) in changes {
            schema.change(id, change)?;
        }
        schema.by_kind = vec![Vec::new(); schema.kinds.len()];
        for (at, rule) in (0_u32..).zip(&schema.rules) {
            for kind in rule.kinds.iter().filter(|_| rule.off.is_none()) {
                if let Some(of) = schema.by_kind.get_mut(usize::from(kind.0)) {
                    of.push(at);
                }
            }
        }
        Ok(schema)
    }

    fn add_clause(&mut self, clause: &ClauseFile) -> Result<(), SchemaError> {
        let place = format!("clause {} {}", clause.standard, clause.number);
        if !self.standards.contains_key(&clause.standard) {
            return Err(unknown(
                &place,
                "standard",
                &clause.standard,
                self.standards.keys().map(String::as_str),
            ));
        }
        let classes = match &*clause.class {
            "" => None,
            letters => {
                Some(ClassSet::parse(letters).ok_or_else(|| wrong(&place, "class letters are A, B and C"))?)
            }
        };
        let mut unconfirmed = clause.unconfirmed.clone();
        if unconfirmed.is_empty() {
            unconfirmed.clone_from(&self.standards[&clause.standard].unconfirmed);
        }
        self.clauses.push(Clause {
            standard: clause.standard.clone(),
            number: clause.number.clone(),
            title: clause.title.clone(),
            classes,
            unconfirmed: if unconfirmed == "no" { String::new() } else { unconfirmed },
            note: clause.note.clone(),
        });
        Ok(())
    }

    /// The rule behind a clause that one named record answers.
    fn topic_rule(&self, clause: &ClauseFile) -> Option<RuleFile> {
        let topic = clause.topic.clone()?;
        let covers = clause.covers.clone().unwrap_or_else(|| self.standards[&clause.standard].covers.clone());
        let hint = if clause.hint.is_empty() {
            format!("write a record with `provides: [{topic}]` and `links: covers: [ID]` of the {covers}")
        } else {
            clause.hint.clone()
        };
        Some(RuleFile {
            id: format!("{}-{}", clause.standard, clause.number),
            title: format!("A record provides: {}", clause.title),
            clauses: vec![format!("{}:{}", clause.standard, clause.number)],
            kinds: vec![covers],
            class: None,
            items: Vec::new(),
            lines: Vec::new(),
            when: None,
            must: ExprFile { provided: Some(topic), ..ExprFile::default() },
            severity: None,
            from: clause.from.clone(),
            fails_from: None,
            hint,
        })
    }

    fn rule_of(&self, file: &RuleFile, profile: &str) -> Result<Rule, SchemaError> {
        let place = format!("rule {}", file.id);
        let clauses = self.want_clauses(&place, &file.clauses)?;
        let classes = match (&file.class, &*clauses) {
            (Some(letters), _) => {
                ClassSet::parse(letters).ok_or_else(|| wrong(&place, "class letters are A, B and C"))?
            }
            (None, [only]) => self.clauses[*only as usize].classes.unwrap_or(ClassSet::ALL),
            (None, _) => ClassSet::ALL,
        };
        let stage = |name: &Option<String>, default: usize| match name {
            None => Ok(default),
            Some(name) => self
                .stage(name)
                .ok_or_else(|| unknown(&place, "stage", name, self.stages.iter().map(String::as_str))),
        };
        let from = stage(&file.from, 0)?;
        let when = file.when.as_ref().map(|expr| self.expr(&place, expr, 0)).transpose()?;
        let must = self.expr(&place, &file.must, 0)?;
        let footprint = Footprint::of(when.as_ref(), &must);
        Ok(Rule {
            id: file.id.clone().into(),
            title: file.title.clone(),
            clauses,
            kinds: self.want_kinds(&place, &file.kinds)?,
            classes,
            items: file.items.clone(),
            lines: file.lines.clone(),
            when,
            must,
            severity: severity(&place, file.severity.as_deref().unwrap_or("error"))?,
            from,
            fails_from: stage(&file.fails_from, from)?.max(from),
            hint: file.hint.clone(),
            profile: profile.to_owned(),
            off: None,
            changed: None,
            footprint,
        })
    }

    fn change(&mut self, id: &str, change: &RuleChange) -> Result<(), SchemaError> {
        let place = format!("rules.{id}");
        let stage = |name: &Option<String>| match name {
            None => Ok(None),
            Some(name) => self
                .stage(name)
                .map(Some)
                .ok_or_else(|| unknown(&place, "stage", name, self.stages.iter().map(String::as_str))),
        };
        if change.reason.trim().is_empty() {
            return Err(wrong(&place, "a change of a rule needs a reason"));
        }
        let (from, fails_from) = (stage(&change.from)?, stage(&change.fails_from)?);
        let off = change.severity.as_deref() == Some("off");
        let new =
            change.severity.as_deref().filter(|_| !off).map(|word| severity(&place, word)).transpose()?;
        let Ok(at) = self.rules.binary_search_by(|rule| (*rule.id).cmp(id)) else {
            return Err(unknown(&place, "rule", id, self.rules.iter().map(|rule| &*rule.id)));
        };
        let rule = &mut self.rules[at];
        rule.severity = new.unwrap_or(rule.severity);
        rule.from = from.unwrap_or(rule.from);
        rule.fails_from = fails_from.unwrap_or(rule.fails_from).max(rule.from);
        rule.changed = Some(change.reason.clone());
        rule.off = off.then(|| change.reason.clone());
        Ok(())
    }

    fn expr(&self, place: &str, file: &ExprFile, depth: usize) -> Result<Expr, SchemaError> {
        if depth >= MAX_EXPRESSION_DEPTH {
            return Err(wrong(place, "the expression is nested too deeply"));
        }
        let below = |inner: &ExprFile| self.expr(place, inner, depth + 1);
        let list = |inner: &[ExprFile]| inner.iter().map(below).collect::<Result<Vec<_>, _>>();
        let steps = || match &file.along {
            Some(steps) => self.steps(place, steps),
            None => Ok(Vec::new()),
        };
        let having = || file.having.as_deref().map(below).transpose();
        let texts = |list: &[String]| list.iter().map(|text| (**text).into()).collect::<Vec<Box<str>>>();
        if let Some(parts) = &file.any {
            return Ok(Expr::Any(list(parts)?));
        }
        if let Some(parts) = &file.all {
            return Ok(Expr::All(list(parts)?));
        }
        if let Some(part) = &file.not {
            return Ok(Expr::Not(Box::new(below(part)?)));
        }
        if let Some(field) = &file.same {
            return Ok(Expr::Same { field: (**field).into(), steps: steps()? });
        }
        if let Some(word) = &file.risk {
            let region = |name: &String| {
                Region::parse(name)
                    .ok_or_else(|| unknown(place, "region", name, Region::ALL.into_iter().map(Region::name)))
            };
            let is = file.is.iter().map(region).collect::<Result<_, _>>()?;
            return Ok(Expr::Region { when: moment(place, word)?, is });
        }
        if let Some(word) = &file.risk_agrees {
            return Ok(Expr::RiskAgrees(moment(place, word)?));
        }
        if file.risk_scale {
            return Ok(Expr::RiskScale);
        }
        if let (Some(name), Some(other)) = (&file.field, &file.equals) {
            return Ok(Expr::Equal { field: (**name).into(), other: (**other).into() });
        }
        if let Some(name) = &file.field {
            return Ok(Expr::Field {
                name: (**name).into(),
                is: texts(&file.is),
                contains: texts(&file.contains),
            });
        }
        if let Some(field) = &file.each_of {
            return Ok(Expr::EachOf {
                field: (**field).into(),
                values: texts(&file.values),
                or_field: file.or_field.as_deref().map(Into::into),
                steps: steps()?,
                to: self.want_kinds(place, &file.to)?,
            });
        }
        if let Some(topic) = &file.provided {
            let covers = Steps::One("<covers".to_owned());
            let provides =
                Expr::Field { name: "provides".into(), is: Vec::new(), contains: vec![(**topic).into()] };
            return Ok(Expr::Walk {
                steps: self.steps(place, &covers)?,
                to: Vec::new(),
                transitive: false,
                every: false,
                having: Some(Box::new(match having()? {
                    None => provides,
                    Some(more) => Expr::All(vec![provides, more]),
                })),
            });
        }
        if let Some(earlier) = &file.earlier {
            let later = file.later.as_deref().ok_or_else(|| wrong(place, "`earlier` needs `later`"))?;
            return Ok(Expr::Order {
                steps: steps()?,
                earlier: event(place, earlier)?,
                later: event(place, later)?,
            });
        }
        if let Some(result) = &file.result {
            return Ok(Expr::Result(match &**result {
                "passed" => ResultIs::Passed,
                "failed" => ResultIs::Failed,
                "any" => ResultIs::Any,
                _ => return Err(unknown(place, "result", result, ["passed", "failed", "any"].into_iter())),
            }));
        }
        if !file.result_has.is_empty() {
            return Ok(Expr::ResultHas(
                file.result_has.iter().map(|w| result_has(place, w)).collect::<Result<_, _>>()?,
            ));
        }
        if let Some(steps) = &file.class_below {
            return Ok(Expr::ClassBelow(self.steps(place, steps)?));
        }
        if file.along.is_some() {
            return Ok(Expr::Walk {
                steps: steps()?,
                to: self.want_kinds(place, &file.to)?,
                transitive: file.transitive,
                every: file.every,
                having: having()?.map(Box::new),
            });
        }
        match (file.approved, file.accepted) {
            (true, _) => Ok(Expr::Approved),
            (_, true) => Ok(Expr::Accepted),
            _ => Err(wrong(place, "an expression that asks for nothing")),
        }
    }

    fn steps(&self, place: &str, steps: &Steps) -> Result<Vec<Step>, SchemaError> {
        let words = match steps {
            Steps::One(word) => std::slice::from_ref(word),
            Steps::Several(words) => words,
        };
        words
            .iter()
            .map(|word| {
                let (name, back) = word.strip_prefix('<').map_or((&**word, false), |name| (name, true));
                let link = self.link_id(name).ok_or_else(|| {
                    unknown(place, "link type", name, self.links.iter().map(|link| &*link.name))
                })?;
                Ok(Step { link, back })
            })
            .collect()
    }

    fn want_kind(&self, place: &str, name: &str) -> Result<KindId, SchemaError> {
        self.kind_id(name)
            .ok_or_else(|| unknown(place, "kind", name, self.kinds.iter().map(|kind| &*kind.name)))
    }

    pub(super) fn want_kinds(&self, place: &str, names: &[String]) -> Result<Vec<KindId>, SchemaError> {
        names.iter().map(|name| self.want_kind(place, name)).collect()
    }

    fn want_clauses(&self, place: &str, names: &[String]) -> Result<Vec<u32>, SchemaError> {
        names
            .iter()
            .map(|name| {
                let (standard, number) = name.split_once(':').unwrap_or((name, ""));
                let at = self.clauses.iter().position(|c| c.standard == standard && c.number == number);
                at.and_then(|at| u32::try_from(at).ok())
                    .ok_or_else(|| unknown(place, "clause", name, std::iter::empty()))
            })
            .collect()
    }
}

fn severity(place: &str, word: &str) -> Result<Severity, SchemaError> {
    match word {
        "error" => Ok(Severity::Error),
        "warning" => Ok(Severity::Warning),
        "note" => Ok(Severity::Note),
        _ => Err(unknown(place, "severity", word, ["error", "warning", "note", "off"].into_iter())),
    }
}

fn moment(place: &str, word: &str) -> Result<When, SchemaError> {
    When::parse(word).ok_or_else(|| unknown(place, "estimate", word, ["initial", "residual"].into_iter()))
}

fn event(place: &str, word: &str) -> Result<Event, SchemaError> {
    match word {
        "specified" => Ok(Event::Specified),
        "approved" => Ok(Event::Approved),
        "implemented" => Ok(Event::Implemented),
        "run" => Ok(Event::Run),
        _ => Err(unknown(place, "event", word, ["specified", "approved", "implemented", "run"].into_iter())),
    }
}

fn result_has(place: &str, word: &str) -> Result<ResultHas, SchemaError> {
    const WORDS: [(&str, ResultHas); 6] = [
        ("commit", ResultHas::Commit),
        ("version", ResultHas::Version),
        ("configuration", ResultHas::Configuration),
        ("tools", ResultHas::Tools),
        ("date", ResultHas::Date),
        ("executor", ResultHas::Executor),
    ];
    let found = WORDS.iter().find(|(name, _)| *name == word).map(|(_, has)| *has);
    found.ok_or_else(|| unknown(place, "part of a result", word, WORDS.iter().map(|(name, _)| *name)))
}

pub(super) fn unknown<'n>(
    place: &str,
    what: &'static str,
    name: &str,
    names: impl Iterator<Item = &'n str>,
) -> SchemaError {
    SchemaError::Unknown { place: place.to_owned(), what, name: name.to_owned(), hint: meant(name, names) }
}

fn wrong(place: &str, reason: &'static str) -> SchemaError {
    SchemaError::Wrong { place: place.to_owned(), reason }
}
