//! From identification over the patch to the last device, as a picture: a lane for each vulnerability.

use evidence::Time;
use views::population::Course;

use super::super::chart::{Fill, Lane, Mark, MarkKind, Stretch, Timeline, timeline};
use super::super::markup::{Markup, count, minute};
use super::super::moments::View;
use super::super::phrase::cut;
use super::super::vulnerabilities::path;

/// From identification over the patch to the last device, a lane each.
pub(super) fn draw(view: &View<'_>, courses: &[&Course], end: Time) -> Markup {
    let Some(first) = courses.iter().map(|c| c.identified.min(patched_at(c).unwrap_or(c.identified))).min()
    else {
        return Markup::new();
    };
    let lane = |c: &&Course| {
        let href = Some(view.to(&path(&c.id)));
        let stretch = |from: Time, until: Time, fill, words: &str| Stretch {
            from,
            until,
            fill,
            words: format!("{}, {}: {words}", c.id, c.product),
            href: href.clone(),
        };
        let patch = patched_at(c).map(|at| at.max(c.identified));
        let mut stretches = Vec::new();
        if patch.is_none_or(|patch| patch > c.identified) {
            stretches.push(stretch(c.identified, patch.unwrap_or(end), Fill::Attend, "no patch"));
        }
        if let Some(patch) = patch {
            let done = c.implemented.map(|at| at.max(patch));
            if c.most > 0 && done.is_none_or(|done| done > patch) {
                let until = done.unwrap_or(end);
                stretches.push(stretch(patch, until, Fill::Assumed, "patched, not on every device"));
            }
            if let Some(done) = done {
                stretches.push(stretch(done, end, Fill::Fresh, "on every device"));
            }
        }
        let patches = patched_at(c).filter(|at| *at <= end).map(|at| Mark {
            at,
            kind: MarkKind::Evidence,
            words: format!("{}: patched {} UTC", c.id, minute(at)),
            href,
        });
        Lane { label: cut(&c.id, 18), stretches, marks: patches.into_iter().collect() }
    };
    let lanes: Vec<Lane> = courses.iter().map(lane).collect();
    let description = format!(
        "{}: how long each was without a patch, and how long until the patch was on every device. The table below gives each moment.",
        count(courses.len() as u64, "vulnerability", "vulnerabilities")
    );
    let cursor = format!("as it was at {}", minute(end));
    timeline(&Timeline {
        id: "courses",
        title: "From identification to the last device",
        description: &description,
        from: first,
        until: end,
        lanes: &lanes,
        cursor: Some((end, &cursor)),
    })
}

fn patched_at(course: &Course) -> Option<Time> {
    course.patched.as_ref().map(|(_, at)| *at)
}
