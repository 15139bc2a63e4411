//! Answering a question from a world and a catalogue, without a follower: what the command line does, and the server for
//! past moments.

use std::sync::Arc;

use evidence::Time;
use ledger::ports::Blobs;
use world::fleet::Subject;

use super::answer::{Answer, Device, Question, releases, sites};
use super::catalogue::Catalogue;
use super::error::PopulationError;
use super::findings::{About, Findings};
use super::knowledge::Knowledge;
use super::outcome::Outcome;
use super::survey::{Lender, Wanted, survey};
use super::{carried, judge};

/// Devices whose states are read while the world is held once.
const PIECE: usize = 64;

/// What the documents say about what is asked.
///
/// # Errors
/// Nothing known speaks of it, or it is no package URL.
pub fn findings(
    catalogue: &Catalogue,
    known: &Knowledge,
    blobs: &dyn Blobs,
    question: &Question,
) -> Result<Findings, PopulationError> {
    match question.about() {
        About::Component => carried::component(catalogue, known, &question.asked),
        About::Vulnerability => judge::vulnerability(catalogue, known, blobs, &question.asked),
    }
}

/// Answers by looking at every device.
pub fn answer(
    lender: &dyn Lender,
    catalogue: &Catalogue,
    known: Arc<Knowledge>,
    findings: Arc<Findings>,
    question: &Question,
) -> Answer {
    let at = question.at.or(known.time).unwrap_or(Time::EPOCH);
    // One more than asked for says whether there is a next page.
    let limit = question.limit.saturating_add(1);
    let wanted = Wanted { verdicts: &question.list, after: question.after.as_ref(), limit };
    let mut listed: Vec<(Subject, Outcome)> = Vec::new();
    let tally = survey(lender, at, &findings, &known, &wanted, &mut |subject, _, outcome, _| {
        listed.push((subject.clone(), outcome));
    });
    let (devices, next) = page(lender, at, known.size, listed, question.limit);
    let (releases, others) = releases(catalogue, &known, &findings, &tally);
    let mut names = Vec::new();
    lender.lend(&mut |world| names = sites(world, &tally));
    let list = question.list.clone();
    Answer { at, known, findings, tally, sites: names, releases, others, list, devices, next }
}

/// The states of listed devices, and where to go on if there are more than asked for.
pub(super) fn page(
    lender: &dyn Lender,
    at: Time,
    size: u64,
    mut listed: Vec<(Subject, Outcome)>,
    limit: usize,
) -> (Vec<Device>, Option<Subject>) {
    let more = listed.len() > limit;
    listed.truncate(limit);
    let next = listed.last().filter(|_| more).map(|(subject, _)| subject.clone());
    let mut devices = Vec::with_capacity(listed.len());
    for piece in listed.chunks(PIECE) {
        lender.lend(&mut |world| {
            let view = world.fleet_at(at, size);
            let states = piece.iter().filter_map(|(s, outcome)| Some(Device::of(&view.state(s)?, *outcome)));
            devices.extend(states);
        });
    }
    (devices, next)
}
