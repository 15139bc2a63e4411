//! `vouchsafe advisories add`: documents read side by side, each by itself; what is good goes in, what is not is named.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};

use clap::Args;
use evidence::Fact;
use evidence::facts::vulnerability::{AdvisoryTaken, FeedChecked, VexTaken};
use evidence::types::{BlobRef, Interpreted};
use tlog::Hash;
use world::World;
use world::release::Known;

use super::super::Context;
use super::documents::{self, Document, Passed};
use super::fetch::{self, Fetched, Fetching, Held, Missed};
use super::present::{Fate, Present};
use super::report::Outcome;
use super::take::{self, Candidate, Refused};
use crate::author::AuthorArgs;
use crate::failure::{Failure, Verdict};
use crate::session::Session;

/// Threads that read documents and keep them. Keeping waits for the disk, so that more than there are cores pay.
const THREADS: usize = 8;
/// Documents that are read and kept together, and about most bytes of them: keeping them waits for the disk once.
const BATCH: (usize, usize) = (512, 4 << 20);
/// Batches that wait to be read, and that wait to be gathered.
const QUEUE: usize = 2;

/// Take in advisories
///
/// OSV (JSON, YAML), CSAF 2.0, CVE 5.x, OpenVEX, CycloneDX VEX and CISA's catalogue of exploited vulnerabilities, from files,
/// folders and archives (ZIP, tar, gzip). A document with a digest beside it (.sha256, .sha512) is checked against it. Taking in
/// the same again changes nothing; a changed or withdrawn one replaces what was known. Each document that cannot be read is
/// named, the rest goes in; then the exit status is 1.
#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    /// Files, folders, archives
    #[arg(required_unless_present = "url")]
    paths: Vec<PathBuf>,
    /// Fetch this address first, once: a document or an archive
    #[arg(long)]
    url: Option<String>,
    /// Name of the feed [default: the address]
    #[arg(long, requires = "url")]
    feed: Option<String>,
    /// Certificates of the authorities to trust for the address, in PEM form, instead of the public ones
    #[arg(long, value_name = "FILE", requires = "url")]
    ca: Option<PathBuf>,
    #[command(flatten)]
    author: AuthorArgs,
}

impl AddArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let mut session = self.author.open(context)?;
        let mut outcome = Outcome::default();
        if !self.paths.is_empty() {
            let (files, passed) = documents::files(&self.paths)?;
            let places = files.iter().map(|path| (path.clone(), path.display().to_string())).collect();
            outcome = take_in(context, &mut session, places)?;
            outcome.passed.files += passed.files;
        }
        let Some(url) = &self.url else {
            outcome.tell(context)?;
            return Ok(outcome.verdict());
        };
        let feed = self.feed.as_deref().unwrap_or(url);
        let how = Fetching::new(self.ca.as_deref(), fetch::MAX_BYTES)?;
        let asked = check_feed(context, &mut session, feed, url, &mut Held::default(), &how);
        let mut fetched = match asked {
            Ok(fetched) => fetched,
            Err(Missed { failure, .. }) => {
                say_missed(&mut session, feed)?;
                return Err(failure);
            }
        };
        fetched.new += outcome.new;
        fetched.changed += outcome.changed;
        fetched.unchanged += outcome.unchanged;
        fetched.refused.append(&mut outcome.refused);
        fetched.left.append(&mut outcome.left);
        fetched.tell(context)?;
        Ok(fetched.verdict())
    }
}

/// Fetches a feed, takes in what it gave, and states that it answered. What is `held` of it counts only if the log's last answer
/// of the feed was the same: another log, or one that lost its end, is given everything.
pub(super) fn check_feed(
    context: &Context,
    session: &mut Session,
    feed: &str,
    url: &str,
    held: &mut Held,
    how: &Fetching,
) -> Result<Outcome, Missed> {
    let last = session.ask(|world| world.and_then(|world| answered(world, feed)));
    if last.is_none() || last.map(|digest| digest.to_string()) != held.digest {
        *held = Held::default();
    }
    let mut checked =
        FeedChecked { feed: feed.to_owned(), reached: true, changed: 0, refused: 0, digest: last };
    let (file, digest, now_held) = match fetch::fetch(context, url, held, how)? {
        Fetched::Same => {
            checked.refused = held.refused;
            session.say(checked)?;
            return Ok(Outcome { same: true, ..Outcome::default() });
        }
        Fetched::New { file, digest, held } => (file, digest, held),
    };
    let outcome = take_in(context, session, vec![(file.path().to_owned(), url.to_owned())])?;
    checked.changed = outcome.taken();
    checked.refused = outcome.refused.len() as u64;
    checked.digest = Some(digest);
    let refused = checked.refused;
    session.say(checked)?;
    *held = Held { refused, ..now_held };
    Ok(outcome)
}

/// States that a feed did not answer.
pub(super) fn say_missed(session: &mut Session, feed: &str) -> Result<(), Failure> {
    let feed = feed.to_owned();
    session.say(FeedChecked { feed, reached: false, changed: 0, refused: 0, digest: None }).map(drop)
}

/// Digest of the last answer of a feed.
fn answered(world: &World, feed: &str) -> Option<Hash> {
    let known = Known::new(world.size(), world.journal());
    let mut feeds = world.vulnerabilities().feeds(world.now(), known, world.clock(), world.journal());
    feeds.find(|f| f.name == feed).and_then(|f| f.digest)
}

/// A document that was read, with what becomes of it and, where it is kept, its fact.
struct Taken {
    candidate: Light,
    fate: Fate,
}

/// A candidate without its bytes.
struct Light {
    place: String,
    id: String,
    parser: &'static str,
    states: bool,
    modified: Option<evidence::Time>,
    withdrawn: Option<evidence::Time>,
    author: Option<String>,
    findings: usize,
    document: Interpreted,
}

type Numbered<T> = (usize, T);
/// A document that was read, or why it is not taken in.
type Told = Result<Taken, Refused>;

/// Takes in every document of the files, each with the place it is named by.
pub(super) fn take_in(
    context: &Context,
    session: &mut Session,
    files: Vec<(PathBuf, String)>,
) -> Result<Outcome, Failure> {
    let present = session.ask(|world| world.map(Present::of)).ok_or_else(|| {
        Failure::input("looking at what the log has already", "its data directory is not at hand")
            .hint("run this where the data directory can be read (`--data`), also with `--server`")
    })?;
    let mut outcome = Outcome::default();
    let bar = context.ui.progress("Reading documents", 0);
    let (read, passed) = {
        let session: &Session = session;
        let (to_readers, documents) = sync_channel::<Vec<Numbered<Document>>>(QUEUE);
        let (to_gather, results) = sync_channel(QUEUE);
        let documents = Mutex::new(documents);
        std::thread::scope(|scope| {
            let mut readers = Vec::new();
            for _ in 0..THREADS {
                let (documents, present, to_gather) = (&documents, &present, to_gather.clone());
                readers.push(scope.spawn(move || {
                    while let Some(batch) = next(documents) {
                        let taken = several(session, present, batch);
                        // Whoever gathers has gone: so has the call.
                        if to_gather.send(taken).is_err() {
                            return;
                        }
                    }
                }));
            }
            drop(to_gather);
            let feeder = scope.spawn(move || {
                let (mut passed, mut number) = (Passed::default(), 0);
                let (mut batch, mut bytes) = (Vec::new(), 0);
                for (path, place) in &files {
                    let wanted = documents::each(path, place, &mut passed, &mut |document| {
                        number += 1;
                        bytes += document.bytes.as_ref().map_or(0, Vec::len);
                        batch.push((number, document));
                        if batch.len() < BATCH.0 && bytes < BATCH.1 {
                            return ControlFlow::Continue(());
                        }
                        bytes = 0;
                        match to_readers.send(std::mem::take(&mut batch)) {
                            Ok(()) => ControlFlow::Continue(()),
                            Err(_) => ControlFlow::Break(()),
                        }
                    });
                    if !wanted {
                        break;
                    }
                }
                // If nobody reads any more, the failure is told by who gathers.
                let _ = to_readers.send(batch);
                passed
            });
            let gathered = gather(&results, &bar);
            // Those who wait for room to send see that nobody gathers any more.
            drop(results);
            let passed = feeder.join().unwrap_or_default();
            gathered.map(|gathered| (gathered, passed))
        })?
    };
    bar.finish_and_clear();
    outcome.passed = passed;
    let facts = plan(read, &mut outcome);
    let bar = context.ui.progress("Stating them", facts.len() as u64);
    let said = session.say_all(facts, |n| bar.inc(n));
    bar.finish_and_clear();
    let said = said?;
    outcome.entries = said.first().zip(said.last()).map(|(a, b)| (a.at.index, b.at.index));
    Ok(outcome)
}

fn next(documents: &Mutex<Receiver<Vec<Numbered<Document>>>>) -> Option<Vec<Numbered<Document>>> {
    // A reader that panicked held the lock only while it waited.
    documents.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Everything that was read, in the order of the documents. Ends at the first failure of the store.
fn gather(
    results: &Receiver<Result<Vec<Numbered<Told>>, Failure>>,
    bar: &indicatif::ProgressBar,
) -> Result<Vec<Told>, Failure> {
    let mut gathered = BTreeMap::new();
    for batch in results {
        let batch = batch?;
        bar.inc_length(batch.len() as u64);
        bar.inc(batch.len() as u64);
        gathered.extend(batch);
    }
    Ok(gathered.into_values().collect())
}

/// Reads documents and keeps those that are news beside the log.
fn several(
    session: &Session,
    present: &Present,
    batch: Vec<Numbered<Document>>,
) -> Result<Vec<Numbered<Told>>, Failure> {
    let (mut told, mut news) = (Vec::with_capacity(batch.len()), Vec::new());
    for (number, document) in batch {
        let candidate = match take::read(document) {
            Ok(candidate) => candidate,
            Err(refused) => {
                told.push((number, Err(refused)));
                continue;
            }
        };
        let Candidate { digest, modified, states, .. } = candidate;
        let fate = present.fate(candidate.parser, &candidate.id, states, &digest, modified);
        let blob = |(bytes, media_type): &(Vec<u8>, &str), digest| BlobRef {
            digest,
            length: bytes.len() as u64,
            media_type: (*media_type).to_owned(),
        };
        let document = Interpreted {
            raw: blob(&candidate.raw, digest),
            parser: candidate.parser.to_owned(),
            parser_version: candidate.parser_version,
            normalised: blob(&candidate.normalised, Hash::of(&candidate.normalised.0)),
        };
        if matches!(fate, Fate::New | Fate::Changed(_)) {
            news.extend([candidate.raw.0, candidate.normalised.0]);
        }
        let candidate = Light {
            place: candidate.place,
            id: candidate.id,
            parser: candidate.parser,
            states,
            modified,
            withdrawn: candidate.withdrawn,
            author: candidate.author,
            findings: candidate.findings,
            document,
        };
        told.push((number, Ok(Taken { candidate, fate })));
    }
    let news: Vec<&[u8]> = news.iter().map(Vec::as_slice).collect();
    session.put_blobs(&news)?;
    Ok(told)
}

/// The facts to state, and what is said of the rest. Of several states of one document that come together, the last changed
/// one counts.
fn plan(read: Vec<Told>, outcome: &mut Outcome) -> Vec<Fact> {
    let mut news: Vec<Taken> = Vec::new();
    let mut at: BTreeMap<(&'static str, String), usize> = BTreeMap::new();
    for taken in read {
        let taken = match taken {
            Ok(taken) => taken,
            Err(refused) => {
                outcome.refused.push(refused);
                continue;
            }
        };
        let place = &taken.candidate.place;
        match &taken.fate {
            Fate::Unchanged => outcome.unchanged += 1,
            Fate::Older { than } => outcome.left.push(Refused {
                place: place.clone(),
                reason: format!("an older state of {}: the log has the one of {than}", taken.candidate.id),
            }),
            Fate::New | Fate::Changed(_) => {
                let id = if taken.candidate.states {
                    taken.candidate.document.raw.digest.to_string()
                } else {
                    taken.candidate.id.clone()
                };
                match at.entry((taken.candidate.parser, id)) {
                    std::collections::btree_map::Entry::Vacant(vacant) => {
                        vacant.insert(news.len());
                        news.push(taken);
                    }
                    std::collections::btree_map::Entry::Occupied(occupied) => {
                        if let Some(other) = news.get_mut(*occupied.get()) {
                            outcome.left.push(twice(other, taken));
                        }
                    }
                }
            }
        }
    }
    news.into_iter().map(|taken| fact(taken, outcome)).collect()
}

/// Keeps the later of two states of one document in `kept`, and says of the other that it was left.
fn twice(kept: &mut Taken, other: Taken) -> Refused {
    let newer = other.candidate.modified > kept.candidate.modified;
    let left = if newer { std::mem::replace(kept, other) } else { other };
    let same = left.candidate.document.raw.digest == kept.candidate.document.raw.digest;
    let what = if same { "the same as" } else { "another state of" };
    Refused {
        place: left.candidate.place,
        reason: format!("{what} {}, which is taken in", kept.candidate.place),
    }
}

fn fact(taken: Taken, outcome: &mut Outcome) -> Fact {
    let Taken { candidate, fate } = taken;
    let supersedes = match fate {
        Fate::Changed(entry) => {
            outcome.changed += 1;
            Some(entry)
        }
        _ => {
            outcome.new += 1;
            None
        }
    };
    outcome.withdrawn += u64::from(candidate.withdrawn.is_some());
    outcome.findings += candidate.findings as u64;
    if candidate.states {
        outcome.statements += 1;
        return VexTaken {
            document: candidate.document,
            author: candidate.author.unwrap_or_default(),
            signed_by: None,
            stated: candidate.modified,
        }
        .into();
    }
    AdvisoryTaken {
        advisory: candidate.id,
        document: candidate.document,
        origin: candidate.place,
        modified: candidate.modified,
        withdrawn: candidate.withdrawn,
        supersedes,
    }
    .into()
}
