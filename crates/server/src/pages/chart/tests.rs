//! Pictures stay within themselves, say what they show, and show what they are given.

use evidence::Time;

use super::axis::{round, ticks};
use super::*;

fn t(text: &str) -> Time {
    text.parse().expect("a time")
}

/// Every `x`, `x1`, `x2` and sum of `x` and `width` in a picture, in hundredths of a per cent.
fn places(svg: &str) -> Vec<u64> {
    let number = |text: &str| {
        let (whole, part) = text.strip_suffix('%')?.split_once('.')?;
        Some(whole.parse::<u64>().ok()? * 100 + part.parse::<u64>().ok()?)
    };
    let of = |tag: &str, name: &str| {
        tag.split(&format!(" {name}=\"")).nth(1).and_then(|rest| number(rest.split('"').next()?))
    };
    let one = |tag: &str| {
        let x = of(tag, "x").unwrap_or(0);
        [Some(x), of(tag, "x1"), of(tag, "x2"), of(tag, "width").map(|w| x + w)]
    };
    svg.split('<').flat_map(one).flatten().collect()
}

fn sound(svg: &Markup) -> String {
    let svg = svg.to_string();
    let far: Vec<u64> = places(&svg).into_iter().filter(|x| *x > WHOLE + 15).collect();
    assert!(far.is_empty(), "beyond the picture: {far:?} in {svg}");
    assert!(svg.contains("<title id=\"p-t\">") && svg.contains("<desc id=\"p-d\">"), "{svg}");
    assert_eq!(svg.matches("<a ").count(), svg.matches("</a>").count());
    assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count());
    svg
}

#[test]
fn bars_are_in_proportion_and_none_is_lost() {
    let bar =
        |label: &str, value| Bar { fill: Fill::Plain, label: label.into(), value, href: format!("/{label}") };
    let svg = sound(&bars("p", "Bars", "Three.", &[bar("a", 200), bar("b", 50), bar("<c>", 0)]));
    assert!(
        svg.contains("class=\"mark\" width=\"100.00%\"") && svg.contains("class=\"mark\" width=\"25.00%\"")
    );
    assert!(svg.contains("class=\"mark\" width=\"0.00%\""), "nothing is drawn as nothing");
    assert!(svg.contains("&lt;c&gt;") && !svg.contains("<c>"), "labels are text");
    let tiny = sound(&bars("p", "Bars", "Two.", &[bar("a", 1_000_000), bar("b", 1)]));
    assert!(tiny.contains("width=\"0.30%\""), "one of a million is seen");
}

#[test]
fn stacks_add_up_by_pattern() {
    let parts = vec![(Fill::Proven, 60), (Fill::Assumed, 30), (Fill::Unknown, 10), (Fill::Fresh, 0)];
    let stack = |parts| Stack { label: "2.1.0".into(), href: "/fleet".into(), parts };
    let svg = sound(&stacked("p", "Stacks", "One.", &[stack(parts), stack(vec![])]));
    assert!(svg.contains("class=\"m-pro\" x=\"0.00%\" width=\"60.00%\""));
    assert!(svg.contains("class=\"m-ass\" fill=\"url(#hatch)\" x=\"60.00%\" width=\"30.00%\""));
    assert!(svg.contains("class=\"m-unk\" x=\"90.00%\" width=\"10.00%\""));
    assert!(!svg.contains("m-fre"), "what is not there is not drawn");
    assert!(svg.contains(">100</text>"), "the sum stands at its end");
}

#[test]
fn a_timeline_puts_moments_where_they_belong() {
    let (from, until) = (t("2024-01-01T00:00:00Z"), t("2024-01-11T00:00:00Z"));
    let half = t("2024-01-06T00:00:00Z");
    let stretch = Stretch {
        from,
        until: half,
        fill: Fill::Proven,
        words: "proven".into(),
        href: Some("/log/7".into()),
    };
    let early =
        Mark { at: t("2023-01-01T00:00:00Z"), kind: MarkKind::Late, words: "late".into(), href: None };
    let lane = Lane { label: "2.1.0".into(), stretches: vec![stretch], marks: vec![early] };
    let picture = Timeline {
        id: "p",
        title: "Lanes",
        description: "One lane.",
        from,
        until,
        lanes: &[lane],
        cursor: Some((half, "as it was")),
    };
    let svg = sound(&timeline(&picture));
    assert!(svg.contains("class=\"m-pro\" x=\"0.00%\" width=\"50.00%\""));
    assert!(svg.contains("<title>proven, 2024-01-01 00:00:00 to 2024-01-06 00:00:00 UTC</title>"));
    assert!(svg.contains("class=\"cur\" x1=\"50.00%\""));
    assert!(svg.contains("<svg x=\"0.00%\""), "what was before stands at the edge");
    assert_eq!(svg.matches("class=\"ax\"").count(), 5, "every second day");
}

#[test]
fn axes_have_few_round_marks_whatever_the_stretch() {
    let from = t("2023-11-14T22:13:20Z");
    for seconds in [1, 59, 600, 5_000, 80_000, 400_000, 3_000_000, 40_000_000, 700_000_000, 4_000_000_000] {
        let all = ticks(from, from.plus(seconds));
        assert!(all.len() <= 10, "{seconds}: {all:?}");
        assert!(
            all.iter().all(|(time, _)| *time >= from && *time <= from.plus(seconds)),
            "{seconds}: {all:?}"
        );
        assert!(seconds < 600 || !all.is_empty(), "{seconds}");
    }
    let months = ticks(t("2024-04-22T00:00:00Z"), t("2025-02-18T00:00:00Z"));
    let words: Vec<&str> = months.iter().map(|(_, w)| w.as_str()).collect();
    assert_eq!(words, ["May", "Jul", "Sep", "Nov", "Jan 2025"]);
    assert!(ticks(from, from).len() <= 1, "no stretch at all");
    for (most, expected) in
        [(0, (1, 1)), (4, (4, 1)), (5, (5, 1)), (6, (6, 2)), (427, (500, 100)), (2_500, (2_500, 500))]
    {
        assert_eq!(round(most), expected, "{most}");
    }
    assert_eq!(round(u64::MAX).0, u64::MAX, "no overflow");
}

#[test]
fn lines_are_steps_that_end_with_their_name() {
    let (from, until) = (t("2024-01-01T00:00:00Z"), t("2024-01-11T00:00:00Z"));
    let affected = [(from, 400), (t("2024-01-06T00:00:00Z"), 100)];
    let fixed = [(from, 0), (t("2024-01-06T00:00:00Z"), 100)];
    let series = [
        Series { name: "affected", tone: Tone::Attend, points: &affected },
        Series { name: "corrected", tone: Tone::Done, points: &fixed },
        Series { name: "undetermined", tone: Tone::Unknown, points: &[] },
    ];
    let svg = sound(&lines("p", "Trend", "Two lines.", (from, until), &series));
    assert!(svg.contains("class=\"line l-aff\" x1=\"0.00%\" x2=\"50.00%\" y1=\"10\" y2=\"10\""), "{svg}");
    assert!(svg.contains(">affected 100</text>") && svg.contains(">corrected 100</text>"));
    let names: Vec<&str> = svg.split("dx=\"8\" y=\"").skip(1).filter_map(|s| s.split('"').next()).collect();
    assert_eq!(names, ["134", "148"], "names of lines that meet stand below each other");
    sound(&lines("p", "Trend", "None.", (from, until), &[]));
}

#[test]
fn a_matrix_counts_and_links_what_is_there() {
    let cell = |value, fill| Cell { value, fill, href: format!("/risks?n={value}"), words: "some".into() };
    let rows =
        [("severe", vec![cell(3, Some(Fill::Attend)), cell(0, None)]), ("minor", vec![cell(12, None)])];
    let svg = sound(&matrix("p", "Risks", "Two by two.", &["rare", "often"], &rows));
    assert_eq!(svg.matches("<a ").count(), 2, "an empty field leads nowhere");
    assert!(svg.contains("href=\"/risks?n=12\"") && svg.contains("class=\"m-gap\""));
}
