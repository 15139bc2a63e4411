//! Whoever answers a question about devices: the data directory, read beside a running server, or a server. Both give the
//! same JSON.

use std::sync::Arc;

use ledger::ports::Log;
use ledger::seal::StoredTree;
use ledger::{Loaded, TreeView};
use serde_json::{Value, json};
use store_sqlite::{DirBlobs, SqliteLog};
use views::fleet::{Current, Material, Moments, Search};
use world::World;
use world::fleet::{Basis, Filter, Subject};

use super::ask::AskArgs;
use crate::archive;
use crate::commands::Context;
use crate::data::DataDir;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::text;

/// Devices read at once.
const PAGE: usize = 1_000;

/// Whoever answers.
pub(crate) enum Place {
    /// The data directory.
    Here(Box<Here>),
    /// A server.
    There(Remote),
}

/// A log that was read.
pub(crate) struct Here {
    data: DataDir,
    log: Arc<SqliteLog>,
    loaded: Loaded,
}

/// A question about many devices.
pub(crate) struct Question<'a> {
    pub(crate) ask: &'a AskArgs,
    pub(crate) condition: &'a str,
    pub(crate) prove: bool,
}

impl Place {
    pub(crate) fn here(context: &Context) -> Result<Self, Failure> {
        let (log, loaded) = context.data.load()?;
        Ok(Self::Here(Box::new(Here { data: context.data.clone(), log, loaded })))
    }

    /// How many devices a condition holds for.
    pub(crate) fn count(&self, question: &Question<'_>) -> Result<Value, Failure> {
        match self {
            Self::There(remote) => remote.get(&address("/api/v1/fleet/count", question, &[])),
            Self::Here(here) => {
                let (moments, filter) = (here.moments(question.ask)?, filter(question.condition)?);
                let view = here.loaded.world.fleet_at(moments.at, moments.known);
                let mut members = views::fleet::count_json(&view.count(&filter));
                if question.prove {
                    here.add_proof(&mut members, &moments, &Basis::new(), &[], true)?;
                }
                Ok(moments.answer(members))
            }
        }
    }

    /// The devices a condition holds for: `first` gets the answer without them, `each` one page of them after the other.
    pub(crate) fn list(
        &self,
        question: &Question<'_>,
        first: impl FnOnce(&Value) -> Result<(), Failure>,
        each: impl FnMut(&[Value]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        match self {
            Self::Here(here) => here.list(question, first, each),
            Self::There(remote) => there(remote, question, first, each),
        }
    }

    /// One device.
    pub(crate) fn device(&self, ask: &AskArgs, id: &str, prove: bool) -> Result<Value, Failure> {
        match self {
            Self::There(remote) => remote.get(&of_device(ask, id, "", prove)),
            Self::Here(here) => here.device(ask, id, prove),
        }
    }

    /// One device over time.
    pub(crate) fn history(&self, ask: &AskArgs, id: &str) -> Result<Value, Failure> {
        match self {
            Self::There(remote) => remote.get(&of_device(ask, id, "/history", false)),
            Self::Here(here) => {
                let moments = here.moments(ask)?;
                let subject = here.who(&moments, id)?;
                let view = here.loaded.world.fleet_at(moments.at, moments.known);
                let intervals = view.history(&subject);
                if intervals.is_empty() {
                    return Err(nobody(id, &moments));
                }
                let mut members = views::fleet::history_json(&intervals);
                if let Some(members) = members.as_object_mut() {
                    members.insert("id".into(), subject.to_string().into());
                }
                Ok(moments.answer(members))
            }
        }
    }
}

impl Here {
    /// What the log amounts to.
    pub(crate) fn world(&self) -> &World {
        &self.loaded.world
    }

    /// Number of entries.
    pub(crate) fn size(&self) -> u64 {
        self.loaded.head.size
    }

    /// The blobs beside the log.
    pub(crate) fn blobs(&self) -> Result<DirBlobs, Failure> {
        self.data.blobs()
    }

    pub(crate) fn moments(&self, ask: &AskArgs) -> Result<Moments, Failure> {
        let (clock, size) = (self.loaded.world.clock(), self.loaded.head.size);
        Moments::resolve(clock, size, ask.at.as_deref(), ask.known.as_deref())
            .map_err(|e| Failure::input("reading the moments of the question", e))
    }

    fn list(
        &self,
        question: &Question<'_>,
        first: impl FnOnce(&Value) -> Result<(), Failure>,
        mut each: impl FnMut(&[Value]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (moments, filter) = (self.moments(question.ask)?, filter(question.condition)?);
        let view = self.loaded.world.fleet_at(moments.at, moments.known);
        let mut members = json!({ "count": view.count(&filter).count });
        if question.prove {
            let mut basis = Basis::new();
            let all = view.list(&filter, None, usize::MAX, usize::MAX).devices;
            for (index, grounds) in all.iter().flat_map(|d| view.basis(&d.subject())) {
                basis.entry(index).or_default().extend(grounds);
            }
            self.add_proof(&mut members, &moments, &basis, &[], true)?;
        }
        first(&moments.answer(members))?;
        let mut after = None;
        loop {
            let page = view.list(&filter, after.as_ref(), PAGE, usize::MAX);
            let devices: Vec<Value> = page.devices.iter().map(views::fleet::device_json).collect();
            each(&devices)?;
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    fn device(&self, ask: &AskArgs, id: &str, prove: bool) -> Result<Value, Failure> {
        let moments = self.moments(ask)?;
        let subject = self.who(&moments, id)?;
        let view = self.loaded.world.fleet_at(moments.at, moments.known);
        let state = view.state(&subject).ok_or_else(|| nobody(id, &moments))?;
        let basis = view.basis(&subject);
        let mut members = views::fleet::one_json(&view, &subject, &state, &basis);
        if prove {
            let sealed = self.sealed(&state.subjects(), moments.known)?;
            self.add_proof(&mut members, &moments, &basis, &sealed, false)?;
        }
        Ok(moments.answer(members))
    }

    /// Whom an identifier means.
    pub(crate) fn who(&self, moments: &Moments, id: &str) -> Result<Subject, Failure> {
        let world = &self.loaded.world;
        if let Some(subject) = views::fleet::direct(world.fleet(), id) {
            return Ok(subject);
        }
        let mut search = Search::new(id);
        let view = world.fleet_at(moments.at, moments.known);
        let _ = search.piece(&view, None, usize::MAX);
        match (search.count, search.found.as_slice()) {
            (1, [found]) => Ok(found.subject.clone()),
            (0, _) => Err(nobody(id, moments)),
            (count, found) => {
                let names: Vec<String> = found
                    .iter()
                    .map(|c| format!("\n  {}  {}", c.subject, text::printable(&c.label, 100)))
                    .collect();
                let problem = format!("{count} devices are called so:{}", names.concat());
                Err(Failure::input(format!("looking for `{}`", text::printable(id, 200)), problem)
                    .hint("give one of the names on the left"))
            }
        }
    }

    fn sealed(&self, subjects: &[Subject], known: u64) -> Result<Vec<Current>, Failure> {
        let world = &self.loaded.world;
        let seals = world.journal().seals();
        let Some(tree) = StoredTree::covering(&self.data.snapshots(), seals, "fleet", known)? else {
            return Ok(Vec::new());
        };
        let states = subjects.iter().filter_map(|s| world.fleet().sealed_state(s, tree.seal.sealed.size));
        Ok(states
            .filter_map(|state| views::fleet::current(&tree.seal, tree.membership(&state.key), state))
            .collect())
    }

    pub(crate) fn add_proof(
        &self,
        members: &mut Value,
        moments: &Moments,
        basis: &Basis,
        sealed: &[Current],
        counted: bool,
    ) -> Result<(), Failure> {
        if basis.len() > views::fleet::MAX_PROVEN {
            let problem = format!(
                "the answer rests on {} entries; at most {} are proven at once",
                text::count(basis.len() as u64),
                text::count(views::fleet::MAX_PROVEN as u64)
            );
            return Err(Failure::input("proving the answer", problem)
                .hint("narrow the condition, or hand over the log: `vouchsafe log export`"));
        }
        // The newest cosigned checkpoint that covers everything is worth more than a newer one that nobody cosigned.
        let last = basis.keys().copied().chain(sealed.iter().map(|c| c.index)).max().unwrap_or(0);
        let needed = moments.known.max(last + 1);
        let witnessed = self.log.cosigned()?.is_some_and(|c| c.size >= needed);
        let subject = archive::Subject::of(&*self.log, witnessed)?;
        let port: Arc<dyn Log> = self.log.clone();
        let tree = TreeView::new(Arc::new(self.loaded.edge.clone()), port);
        let note = subject.note.to_string();
        let material = Material { log: &*self.log, tree: &tree, note: &note };
        let proof = views::fleet::prove(&material, moments.known, basis, sealed, counted)?;
        if let Value::Object(members) = members {
            members.insert("proof".into(), proof.document);
        }
        Ok(())
    }
}

fn nobody(id: &str, moments: &Moments) -> Failure {
    let problem =
        format!("no device is called so at {} as known after {} entries", moments.at, moments.known);
    Failure::input(format!("looking for `{}`", text::printable(id, 200)), problem)
        .hint("`vouchsafe fleet list` shows them; give a UEID, an asset, a UDI or a serial number")
}

/// Reads a condition.
pub(crate) fn filter(condition: &str) -> Result<Filter, Failure> {
    Filter::parse(condition).map_err(|e| {
        Failure::input("reading the condition", e)
            .hint("docs/concepts/fleet.md has the grammar and the fields")
    })
}

/// Reads the pages of a server, each at the moments of the first.
fn there(
    remote: &Remote,
    question: &Question<'_>,
    first: impl FnOnce(&Value) -> Result<(), Failure>,
    mut each: impl FnMut(&[Value]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let doing = format!("reading the list of {}", remote.base());
    let limit = if question.prove { "1000" } else { "500" };
    let mut answer = remote.get(&address("/api/v1/fleet", question, &[("limit", limit)]))?;
    if question.prove && answer.get("next").is_some_and(Value::is_string) {
        return Err(Failure::input("proving the list", "a server proves at most 1,000 devices at once")
            .hint("narrow the condition"));
    }
    let devices = |answer: &mut Value| match answer.get_mut("devices").map(Value::take) {
        Some(Value::Array(devices)) => Ok(devices),
        _ => Err(Failure::environment(&doing, "an answer without devices")),
    };
    let next = |answer: &Value| answer.get("next").and_then(Value::as_str).map(str::to_owned);
    let (page, mut after) = (devices(&mut answer)?, next(&answer));
    if let Some(members) = answer.as_object_mut() {
        members.remove("next");
        members.remove("devices");
    }
    first(&answer)?;
    each(&page)?;
    let at = answer.get("at").and_then(Value::as_str).unwrap_or_default();
    let size = answer.get("known").and_then(|k| k.get("size")).map(Value::to_string).unwrap_or_default();
    while let Some(cursor) = after {
        let more = [("limit", limit), ("after", &cursor), ("at", at), ("known", &size)];
        let query = query(Some(question.condition), None, &more, false);
        let mut answer = remote.get(&format!("/api/v1/fleet{query}"))?;
        each(&devices(&mut answer)?)?;
        after = next(&answer);
    }
    Ok(())
}

/// Every device of a server for which a condition holds, at the moments of its first answer.
pub(crate) fn each_device(
    remote: &Remote,
    condition: &str,
    mut each: impl FnMut(&Value),
) -> Result<(), Failure> {
    let ask = AskArgs::now();
    let question = Question { ask: &ask, condition, prove: false };
    let page = |devices: &[Value]| {
        devices.iter().for_each(&mut each);
        Ok(())
    };
    there(remote, &question, |_| Ok(()), page)
}

fn address(path: &str, question: &Question<'_>, more: &[(&str, &str)]) -> String {
    format!("{path}{}", query(Some(question.condition), Some(question.ask), more, question.prove))
}

fn of_device(ask: &AskArgs, id: &str, what: &str, prove: bool) -> String {
    format!("/api/v1/devices/{}{what}{}", encoded(id), query(None, Some(ask), &[], prove))
}

fn query(condition: Option<&str>, ask: Option<&AskArgs>, more: &[(&str, &str)], prove: bool) -> String {
    let moments = ask.map(|a| [("at", a.at.as_deref()), ("known", a.known.as_deref())]);
    let moments = moments.into_iter().flatten().filter_map(|(name, value)| Some((name, value?)));
    let condition = condition.filter(|c| !c.is_empty()).map(|c| ("where", c));
    let prove = prove.then_some(("prove", "true"));
    let parts = condition.into_iter().chain(moments).chain(more.iter().copied()).chain(prove);
    let parts: Vec<String> = parts.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
}

/// Percent-encoded (RFC 3986): everything but unreserved characters.
pub(crate) fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
