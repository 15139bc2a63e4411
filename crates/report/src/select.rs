//! Which entries a scope needs: those it is about, and then, until nothing is added, whoever signed them with the history of
//! their keys, what they refer to, what corrected them, and the ticks that date them. The rest stays hashes.

use std::collections::{BTreeMap, BTreeSet};

use evidence::{Body, Entry, Fact, Hash, SourceId, Time};
use ledger::ports::Log;
use serde_json::Value;
use world::World;
use world::fleet::Subject;

use crate::error::Error;
use crate::scope::Scope;

/// Entries read at once.
const CHUNK: usize = 4_096;
/// Bytes read at once.
const CHUNK_BYTES: usize = 8 << 20;

/// What was selected.
pub(crate) struct Selection {
    /// Indices of the entries, ascending.
    pub(crate) entries: BTreeSet<u64>,
    /// The device it is about, if it is about one.
    pub(crate) device: Option<Subject>,
}

/// Reads entries in order and hands each to `take`, below `size`.
pub(crate) fn each(
    log: &dyn Log,
    size: u64,
    mut take: impl FnMut(u64, &[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut at = 0;
    while at < size {
        let entries = log.read(at, CHUNK, CHUNK_BYTES)?;
        if entries.is_empty() {
            return Err(Error::BadEntry { index: at, reason: "it is missing".into() });
        }
        for raw in entries.iter().take(usize::try_from(size - at).unwrap_or(usize::MAX)) {
            take(at, raw)?;
            at += 1;
        }
    }
    Ok(())
}

pub(crate) fn decode(index: u64, raw: &[u8]) -> Result<Entry, Error> {
    Entry::decode(raw).map_err(|e| Error::BadEntry { index, reason: e.to_string() })
}

/// What one pass over the log notes.
#[derive(Default)]
struct Notes {
    /// Entries that give, change or end the keys, names and roles of a source.
    about: BTreeMap<SourceId, Vec<u64>>,
    /// Entries that correct or void another.
    flags: BTreeMap<u64, Vec<u64>>,
    /// Entries that speak of a release.
    of_release: BTreeMap<u64, Vec<u64>>,
    /// Ends of support: product, item, version.
    support: Vec<(u64, String, String, Option<String>)>,
    /// Definitions of sites.
    sites: BTreeMap<String, Vec<u64>>,
    /// Lists of accepted configuration, by the site that owns them.
    lists: BTreeMap<Option<String>, Vec<u64>>,
    /// Releases, of items and of systems, by product.
    releases: Vec<(u64, String)>,
    /// What was said of the design, by product and line.
    design: Vec<Said>,
    /// Statements that persons signed on records, and reviews: record and revision, if it names one.
    on_records: Vec<(u64, String, Option<Hash>)>,
}

/// What was said of the design.
struct Said {
    index: u64,
    of: (String, String),
    /// The commit that was pushed.
    pushed: Option<String>,
    /// The commit that a result is of: it is reported after the baseline of what it is about.
    tested: Option<String>,
    /// A revision of a record.
    revised: Option<(String, Hash)>,
}

/// Selects the entries of a scope among the first `known`. `world` is that of the whole log.
pub(crate) fn select(log: &dyn Log, world: &World, scope: &Scope, known: u64) -> Result<Selection, Error> {
    if *scope == Scope::All {
        return Ok(Selection { entries: (0..known).collect(), device: None });
    }
    let subject = match scope {
        Scope::Device { device } => Some(find_device(world, device, known)?),
        _ => None,
    };
    let (mut notes, mut seeds) = (Notes::default(), BTreeSet::new());
    let both = subject.as_ref().map(|s| Both::of(world, s));
    let period = scope.moments().map(|(from, to)| {
        let before = from.seconds().checked_sub(1).and_then(Time::from_seconds);
        let start = before.map_or(0, |t| world.clock().size_at(t, known));
        start..world.clock().size_at(to, known)
    });
    each(log, known, |index, raw| {
        let entry = decode(index, raw)?;
        let body = entry.body();
        notes.take(index, body);
        let wanted = frame(&body.fact)
            || match scope {
                // What is advised and decided on vulnerabilities may concern any release: all of it is taken.
                Scope::Release { version } => {
                    of_version(&body.fact, version)
                        || matches!(body.fact, Fact::AdvisoryTaken(_) | Fact::VulnerabilityDecided(_))
                }
                Scope::Device { .. } => both.as_ref().is_some_and(|b| b.concerns(body)),
                Scope::Period { .. } => period.as_ref().is_some_and(|p| p.contains(&index)),
                Scope::All => true,
            };
        if wanted {
            seeds.insert(index);
        }
        Ok(())
    })?;
    if let Scope::Release { version } = scope
        && !notes.versions(log, &seeds, version)?
    {
        return Err(Error::Scope(format!("no release has the version {version}")));
    }
    if matches!(scope, Scope::Release { .. }) {
        notes.behind(log, &mut seeds)?;
    }
    if let Some(both) = &both {
        notes.surroundings(log, world, both, &mut seeds)?;
    }
    let entries = close(log, world, &notes, seeds, known, subject.is_none())?;
    Ok(Selection { entries, device: subject })
}

/// What each package has: the log's own beginning, keys and rules.
fn frame(fact: &Fact) -> bool {
    use Fact::{Epoch, Genesis, LogKeyRotated, PolicySet, Recovered};
    matches!(fact, Genesis(_) | Recovered(_) | LogKeyRotated(_) | Epoch(_) | PolicySet(_))
}

fn of_version(fact: &Fact, version: &str) -> bool {
    match fact {
        Fact::ReleaseMade(f) => f.version == version,
        Fact::SystemReleaseMade(f) => f.version == version,
        _ => false,
    }
}

/// A device under both of its names.
struct Both {
    device: Option<SourceId>,
    asset: Option<String>,
}

impl Both {
    fn of(world: &World, subject: &Subject) -> Self {
        let other = world.fleet().attachment(subject);
        let mut both = Self { device: None, asset: None };
        for one in [Some(subject.clone()), other].into_iter().flatten() {
            match one {
                Subject::Device(id) => both.device = Some(id),
                Subject::Asset(asset) => both.asset = Some(asset),
            }
        }
        both
    }

    fn is(&self, id: &SourceId) -> bool {
        self.device.as_ref() == Some(id)
    }

    fn either(&self, device: Option<&SourceId>, asset: Option<&String>) -> bool {
        device.is_some_and(|d| self.is(d)) || (asset.is_some() && self.asset.as_ref() == asset)
    }

    /// Whether an entry is the device's own or about it.
    fn concerns(&self, body: &Body) -> bool {
        if self.is(&body.source) {
            return true;
        }
        match &body.fact {
            Fact::DeviceEnrolled(f) => self.is(&f.device),
            Fact::DeviceReenrolled(f) => self.is(&f.device),
            Fact::DeviceDeclared(f) => self.either(None, Some(&f.asset)),
            Fact::DeviceAttached(f) => self.either(Some(&f.device), Some(&f.asset)),
            Fact::Appraised(f) => self.is(&f.device),
            Fact::DeviceReported(f) => self.either(f.device.as_ref(), f.asset.as_ref()),
            Fact::DeviceMoved(f) => self.either(f.device.as_ref(), f.asset.as_ref()),
            Fact::Equivocated(f) => self.is(&f.source),
            Fact::Quarantined(f) => self.is(&f.source),
            Fact::KeyRevoked(f) => self.is(&f.source),
            Fact::SourceSuspended(f) => self.is(&f.source),
            Fact::SourceReinstated(f) => self.is(&f.source),
            Fact::CampaignTargetResolved(f) => self.either(f.device.as_ref(), f.asset.as_ref()),
            Fact::CommandAuthorised(f) => self.is(&f.device),
            Fact::RevocationAcknowledged(f) => self.is(&f.device),
            Fact::ComplaintReceived(f) => self.either(f.device.as_ref(), None),
            Fact::DataCaptured(f) => self.is(&f.device),
            // How long evidence is fresh, for any device.
            Fact::ReportingSet(_) => true,
            _ => false,
        }
    }
}

/// The device that a text names: its UEID, serial number, UDI, or identifier of an import. O(n) in the fleet.
fn find_device(world: &World, text: &str, known: u64) -> Result<Subject, Error> {
    let view = world.fleet_at(Time::MAX, known);
    if let Ok(id) = text.parse::<SourceId>()
        && view.state(&Subject::Device(id)).is_some()
    {
        return Ok(Subject::Device(id));
    }
    let asset = Subject::Asset(text.strip_prefix("asset:").unwrap_or(text).to_owned());
    if let Some(state) = view.state(&asset) {
        return Ok(state.subject());
    }
    let mut found: Vec<Subject> = Vec::new();
    for (id, source) in world.sources().iter_from(None) {
        // The printed name of a device is its serial number.
        let named = id.kind() == evidence::SourceKind::Device && source.enrolled < known;
        if !named {
            continue;
        }
        let by_serial = source.name_at(known) == text;
        if by_serial || view.state(&Subject::Device(*id)).is_some_and(|s| s.udi.as_deref() == Some(text)) {
            found.push(Subject::Device(*id));
        }
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Error::Scope(format!("no device has the UEID, serial number, UDI or identifier {text}"))),
        many => Err(Error::Scope(format!(
            "{} devices are called {text}; name one by its UEID: {}",
            many.len(),
            many.iter().take(5).map(ToString::to_string).collect::<Vec<_>>().join(", ")
        ))),
    }
}

impl Notes {
    fn take(&mut self, index: u64, body: &Body) {
        let source = match &body.fact {
            Fact::SourceEnrolled(f) => Some(f.source),
            Fact::DeviceEnrolled(f) => Some(f.device),
            Fact::DeviceReenrolled(f) => Some(f.device),
            Fact::KeyRotated(f) => Some(f.source),
            Fact::KeyRevoked(f) => Some(f.source),
            Fact::SourceRenamed(f) => Some(f.source),
            Fact::SourceSuspended(f) => Some(f.source),
            Fact::SourceReinstated(f) => Some(f.source),
            Fact::RolesChanged(f) => Some(f.source),
            Fact::StreamKeyChanged(_) => Some(body.source),
            _ => None,
        };
        if let Some(source) = source {
            self.about.entry(source).or_default().push(index);
        }
        match &body.fact {
            Fact::Corrected(f) => self.flags.entry(f.entry.index).or_default().push(index),
            Fact::Voided(f) => self.flags.entry(f.entry.index).or_default().push(index),
            Fact::ReleaseWithdrawn(f) => self.of_release.entry(f.release.index).or_default().push(index),
            Fact::VulnerabilityDecided(f) => {
                f.releases.iter().for_each(|r| self.of_release.entry(r.index).or_default().push(index));
            }
            Fact::SupportEndSet(f) => {
                self.support.push((index, f.product.clone(), f.item.clone(), f.version.clone()));
            }
            Fact::SiteDefined(f) => self.sites.entry(f.site.clone()).or_default().push(index),
            Fact::ReferenceListSet(f) => self.lists.entry(f.site.clone()).or_default().push(index),
            Fact::ReleaseMade(f) => self.releases.push((index, f.product.clone())),
            Fact::SystemReleaseMade(f) => self.releases.push((index, f.product.clone())),
            _ => {}
        }
        let of = match &body.fact {
            Fact::RecordRevised(f) => (&f.product, &f.line),
            Fact::RecordRetired(f) => (&f.product, &f.line),
            Fact::LinkAccepted(f) => (&f.product, &f.line),
            Fact::LinkWithdrawn(f) => (&f.product, &f.line),
            Fact::ResultReported(f) => (&f.product, &f.line),
            Fact::CommitPushed(f) => (&f.product, &f.line),
            Fact::BaselineMade(f) => (&f.product, &f.line),
            Fact::Signed(f) => return self.on_records.push((index, f.record.clone(), Some(f.revision))),
            Fact::ReviewHeld(f) => return self.on_records.push((index, f.record.clone(), None)),
            _ => return,
        };
        let (mut pushed, mut tested) = (None, None);
        match &body.fact {
            Fact::CommitPushed(f) => pushed = Some(f.commit.clone()),
            Fact::ResultReported(f) => tested.clone_from(&f.commit),
            _ => {}
        }
        let revised = match &body.fact {
            Fact::RecordRevised(f) => Some((f.record.clone(), f.revision)),
            _ => None,
        };
        self.design.push(Said { index, of: (of.0.clone(), of.1.clone()), pushed, tested, revised });
    }

    /// The design behind the releases among the seeds: what was said of the product and line of the baseline, up to it, and of
    /// their tests up to the release; where a release names no baseline, of its own product and line up to it, or of every line
    /// of the product if nothing was said of that one. With it, what was signed and reviewed of those revisions.
    fn behind(&self, log: &dyn Log, seeds: &mut BTreeSet<u64>) -> Result<(), Error> {
        // By product and line: sizes up to which records and tests are meant.
        let mut upto: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
        let mut made: BTreeSet<u64> = BTreeSet::new();
        for (index, _) in self.releases.iter().filter(|(i, _)| seeds.contains(i)) {
            match &read(log, *index)?.body().fact {
                Fact::SystemReleaseMade(f) => made.extend(f.items.iter().map(|i| i.release.index)),
                _ => {
                    made.insert(*index);
                }
            }
        }
        for index in &made {
            let entry = read(log, *index)?;
            let Fact::ReleaseMade(f) = &entry.body().fact else { continue };
            let mut of: BTreeSet<(String, String)> = BTreeSet::from([(f.product.clone(), f.line.clone())]);
            let mut size = *index;
            let baseline = f.baseline.as_ref().map(|b| read(log, b.index)).transpose()?;
            if let Some(Fact::BaselineMade(b)) = baseline.as_ref().map(|e| &e.body().fact) {
                of = BTreeSet::from([(b.product.clone(), b.line.clone())]);
                size = b.size;
            } else if !self.design.iter().any(|s| s.index < size && s.revised.is_some() && of.contains(&s.of))
            {
                of = self.design.iter().filter(|s| s.of.0 == f.product).map(|s| s.of.clone()).collect();
            }
            for of in of {
                let known = upto.entry(of).or_default();
                *known = (size.max(known.0), (*index).max(known.1));
            }
        }
        let mut revised: BTreeSet<(&str, Hash)> = BTreeSet::new();
        let mut records: BTreeSet<&str> = BTreeSet::new();
        // Results count up to the release, if they are of a commit whose records the baseline holds.
        let mut commits: BTreeSet<(&(String, String), &str)> = BTreeSet::new();
        for said in &self.design {
            let Some((of_records, of_tests)) = upto.get(&said.of) else { continue };
            let held = said.index < *of_records;
            if let Some(commit) = said.pushed.as_deref().filter(|_| held) {
                commits.insert((&said.of, commit));
            }
            let of_held = said.tested.as_deref().is_some_and(|commit| commits.contains(&(&said.of, commit)));
            if held || (said.index < *of_tests && of_held) {
                seeds.insert(said.index);
                if let Some((record, revision)) = &said.revised {
                    revised.insert((record, *revision));
                    records.insert(record);
                }
            }
        }
        let concerns = |record: &str, revision: &Option<Hash>| match revision {
            Some(revision) => revised.contains(&(record, *revision)),
            None => records.contains(record),
        };
        let signed = self.on_records.iter().filter(|(_, record, revision)| concerns(record, revision));
        seeds.extend(signed.map(|(index, ..)| *index));
        Ok(())
    }

    /// Whether there is a release of the version; adds nothing.
    fn versions(&self, log: &dyn Log, seeds: &BTreeSet<u64>, version: &str) -> Result<bool, Error> {
        for (index, _) in self.releases.iter().filter(|(i, _)| seeds.contains(i)) {
            if of_version(&read(log, *index)?.body().fact, version) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What the answers about a device rest on beside its own entries: the releases of its product, the sites it was at, and
    /// the configuration that was accepted there.
    fn surroundings(
        &self,
        log: &dyn Log,
        world: &World,
        both: &Both,
        seeds: &mut BTreeSet<u64>,
    ) -> Result<(), Error> {
        let (mut products, mut sites) = (BTreeSet::new(), BTreeSet::new());
        for index in seeds.iter() {
            let entry = read(log, *index)?;
            match &entry.body().fact {
                Fact::DeviceEnrolled(f) => products.extend([f.product.clone()]),
                Fact::DeviceDeclared(f) => sites.extend(f.site.clone()),
                Fact::DeviceMoved(f) => sites.extend(f.site.clone()),
                _ => {}
            }
        }
        // A device that is only declared has no product: any release may be the one it is said to run.
        let any = both.device.is_none() || products.is_empty();
        seeds.extend(self.releases.iter().filter(|(_, p)| any || products.contains(p)).map(|(i, _)| *i));
        let owners = sites.iter().cloned().map(Some).chain([None]);
        seeds.extend(owners.flat_map(|owner| self.lists.get(&owner).into_iter().flatten()));
        seeds.extend(sites.iter().flat_map(|site| self.sites.get(site).into_iter().flatten()));
        debug_assert!(world.size() > 0);
        Ok(())
    }
}

fn read(log: &dyn Log, index: u64) -> Result<Entry, Error> {
    let raw = log.read(index, 1, 0)?.into_iter().next();
    decode(index, &raw.ok_or(Error::BadEntry { index, reason: "it is missing".into() })?)
}

/// Adds what the seeds need until nothing is added.
///
/// `deep`: what releases rest on, too.
fn close(
    log: &dyn Log,
    world: &World,
    notes: &Notes,
    seeds: BTreeSet<u64>,
    known: u64,
    deep: bool,
) -> Result<BTreeSet<u64>, Error> {
    let mut out = BTreeSet::new();
    let mut todo: Vec<u64> = seeds.into_iter().collect();
    let mut authors = BTreeSet::new();
    let tick = |index: u64| {
        let ticks = world.clock().ticks();
        let at = ticks.partition_point(|(i, _)| *i <= index);
        at.checked_sub(1).and_then(|at| ticks.get(at)).map(|(i, _)| *i)
    };
    while let Some(index) = todo.pop() {
        if index >= known || !out.insert(index) {
            continue;
        }
        let entry = read(log, index)?;
        let body = entry.body();
        let mut people = vec![body.source];
        people.extend(body.on_behalf_of);
        todo.extend(tick(index));
        if let Some(beacon) = &body.beacon {
            todo.extend(beacon.size.checked_sub(1).and_then(tick));
        }
        match &body.fact {
            Fact::Attested(_) | Fact::Tick(_) => {}
            Fact::Signed(f) => people.push(f.signer),
            Fact::ReleaseMade(f) => {
                let ends = notes.support.iter().filter(|(_, product, item, version)| {
                    *product == f.product
                        && *item == f.item
                        && version.as_ref().is_none_or(|v| *v == f.version)
                });
                todo.extend(ends.map(|(i, ..)| *i));
                if deep {
                    references(&evidence::json::body_json(body), &mut todo);
                }
            }
            Fact::SystemReleaseMade(_) if !deep => {}
            _ => references(&evidence::json::body_json(body), &mut todo),
        }
        for person in people {
            if authors.insert(person) {
                todo.extend(notes.about.get(&person).into_iter().flatten());
            }
        }
        todo.extend(notes.flags.get(&index).into_iter().flatten());
        todo.extend(notes.of_release.get(&index).into_iter().flatten());
    }
    Ok(out)
}

/// Indices of the entries that a fact refers to: objects of `index` and `entry` alone (`entry-ref` in the CDDL).
fn references(value: &Value, out: &mut Vec<u64>) {
    match value {
        Value::Object(map) => {
            if let (2, Some(index), Some(_)) =
                (map.len(), map.get("index").and_then(Value::as_u64), map.get("entry"))
            {
                out.push(index);
            }
            map.values().for_each(|v| references(v, out));
        }
        Value::Array(items) => items.iter().for_each(|v| references(v, out)),
        _ => {}
    }
}
