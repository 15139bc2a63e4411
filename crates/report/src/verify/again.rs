//! Tables, figures and documents, computed again from the entries and compared.

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use evidence::Time;

use super::entries::Found;
use super::{DocumentsAgain, Run};
use crate::build::subject;
use crate::figure::Tables;
use crate::index::{Documents, Generator};
use crate::table::{Asked, Definition, Kind, Table, definitions, figures, state_rows};

/// What was computed again.
pub(super) struct Again {
    pub(super) all: Vec<Table>,
    pub(super) facts: BTreeMap<&'static str, u64>,
    /// Tables that came out the same.
    pub(super) tables: u64,
    /// Figures that came out the same.
    pub(super) figures: u64,
    /// Whether every table and figure came out the same and is defined as this program defines it.
    pub(super) same: bool,
}

impl<R: Read + Seek> Run<'_, R> {
    pub(super) fn tables_again(&mut self, found: &Found) -> Again {
        let (mut all, facts) = found.projector.clone().finish();
        let mut again = Again { all: Vec::new(), facts, tables: 0, figures: 0, same: false };
        if self.bad.iter().any(|m| m.starts_with("entries")) {
            return again; // Nothing can come out the same.
        }
        let stated: Vec<Definition> = self.index.tables.iter().map(|t| t.definition.clone()).collect();
        let ours = definitions(&self.index.scope);
        let by_us = self.index.generator == Generator::ours();
        if by_us && (stated != ours || !self.figures_are_ours()) {
            self.problem(
                "index.json",
                "tables or figures are defined otherwise than the program that it names defines them",
            );
        }
        let (states, foreign): (Vec<_>, Vec<_>) =
            stated.iter().filter(|d| d.kind == Kind::State).cloned().partition(|d| ours.contains(d));
        for definition in stated.iter().filter(|d| !ours.contains(d)) {
            self.unchecked.push(format!(
                "the table `{}`: it is defined otherwise than by this version, or not at all",
                definition.name
            ));
        }
        if self.index.about != self.index.scope.words() {
            self.problem("index.json", "what it says it is about is not its scope in words");
        }
        let known_figures = figures(&self.index.scope);
        match self.index.at.parse::<Time>() {
            Ok(at) => {
                let device = self.index.device.as_deref().and_then(subject);
                let (world, known) = (&found.sparse.world, self.index.known.size);
                let asked = Asked { world, at, known, device: device.as_ref(), named: &found.sparse.named };
                all.extend(state_rows(&states, &asked));
                all.extend(
                    found.records.tables(&stated, at, |digest| self.read_held(&format!("blobs/{digest}"))),
                );
            }
            Err(e) => self.problem("index.json", format!("its moment: {e}")),
        }
        all.sort_by(|a, b| a.definition.name.cmp(&b.definition.name));
        for table in &all {
            let name = table.definition.member();
            let Some(bytes) = self.read(&name) else { continue };
            let rows =
                self.index.tables.iter().find(|t| t.definition.name == table.definition.name).map(|t| t.rows);
            if table.lines() == bytes && rows == Some(table.rows.len() as u64) {
                again.tables += 1;
            } else {
                self.problem(&name, "its rows are not those that the entries give");
            }
        }
        let figures = self.index.figures.clone();
        for figure in &figures {
            let mut bare = figure.clone();
            bare.value = serde_json::Value::Null;
            if !known_figures.contains(&bare) {
                // Computed right, it could still be called something that it is not.
                self.unchecked.push(format!(
                    "the figure `{}`: it is defined otherwise than by this version, or not at all",
                    figure.name
                ));
                continue;
            }
            match figure.compute(&Tables::new(&all, &again.facts)) {
                Ok(value) if value == figure.value => again.figures += 1,
                Ok(_) => self.problem(
                    "index.json",
                    format!("the figure `{}` is not what its table gives", figure.name),
                ),
                Err(_) if foreign.iter().any(|d| d.name == figure.table) => {
                    self.unchecked.push(format!("the figure `{}`, which rests on that table", figure.name));
                }
                Err(e) => self.problem("index.json", format!("the figure `{}`: {e}", figure.name)),
            }
        }
        again.same = by_us && self.problems.is_empty();
        again.all = all;
        again
    }

    fn figures_are_ours(&self) -> bool {
        let stated = self.index.figures.iter().cloned().map(|mut f| {
            f.value = serde_json::Value::Null;
            f
        });
        stated.eq(figures(&self.index.scope))
    }

    /// The documents, made again from what was computed again. They hold no figure that the evidence does not give if they
    /// come out byte for byte the same.
    #[cfg(feature = "pdf")]
    pub(super) fn make_again(
        &mut self,
        again: &Again,
        list: &Documents,
        held: &BTreeMap<String, Vec<u8>>,
        note: Option<String>,
    ) -> DocumentsAgain {
        let not = |why: &str| DocumentsAgain::NotMade(why.into());
        if list.generator != Generator::ours() {
            return not(&format!(
                "{} {} made them, which is another version",
                shown(&list.generator.program),
                shown(&list.generator.version)
            ));
        }
        let (true, Some(checkpoint)) = (again.same, note) else {
            return not("the evidence they rest on does not hold");
        };
        let evidence = crate::evidence_set::EvidenceSet {
            index: self.index.clone(),
            digest: self.digest,
            tables: again.all.clone(),
            facts: again.facts.clone(),
            checkpoint,
        };
        let made = match crate::documents::render(&evidence) {
            Ok(made) => made,
            Err(e) => return not(&e.to_string()),
        };
        let mut same = true;
        if made.iter().map(crate::documents::Document::listed).ne(list.documents.iter().cloned()) {
            self.problem("documents.json", "it lists other documents than the evidence gives");
            same = false;
        }
        for document in &made {
            if held.get(&document.path).is_some_and(|pdf| *pdf != document.pdf) {
                self.problem(&document.path, "made again from the evidence, it comes out otherwise");
                same = false;
            }
        }
        if same { DocumentsAgain::Same } else { not("they come out otherwise") }
    }

    #[cfg(not(feature = "pdf"))]
    pub(super) fn make_again(
        &mut self,
        _: &Again,
        _: &Documents,
        _: &BTreeMap<String, Vec<u8>>,
        _: Option<String>,
    ) -> DocumentsAgain {
        DocumentsAgain::NotMade("this program was built without the feature `pdf`".into())
    }
}

#[cfg(feature = "pdf")]
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}
