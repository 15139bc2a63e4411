//! Conditions: what is read how, and what is refused, with the place.

use proptest::prelude::*;

use super::{Filter, MAX_FILTER, MAX_FILTER_DEPTH, MAX_FILTER_TERMS, Node};

fn refused(text: &str) -> (usize, String) {
    let e = Filter::parse(text).expect_err(text);
    (e.at, e.reason)
}

#[test]
fn and_binds_closer_than_or_and_not_closest() {
    let same = |a: &str, b: &str| assert_eq!(Filter::parse(a).expect(a), Filter::parse(b).expect(b));
    same("site = a or site = b and model = c", "site = a or (site = b and model = c)");
    same("not site = a and model = c", "(not site = a) and (model = c)");
    same("site=a and(model!=\"c\")", "site = \"a\" and model != c");
    same("  ", "");
    assert!(
        matches!(Filter::parse("site in (a, \"b c\")").expect("in").root, Node::In { values, .. } if values == ["a", "b c"])
    );
    assert!(
        matches!(Filter::parse(r#"site = "a\"\\b""#).expect("quoted").root, Node::Compare { value, .. } if value == r#"a"\b"#)
    );
    assert!(
        matches!(Filter::parse("site = and").expect("a word is a value").root, Node::Compare { value, .. } if value == "and")
    );
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (text, at, part) in [
        ("sit = a", 0, "there is no field `sit`; there are asset"),
        ("site a", 5, "one of = !="),
        ("site = ", 7, "a value should stand here"),
        ("site = a model = b", 9, "should end here"),
        ("(site = a", 9, "a `)` is missing for the `(` at byte 0"),
        ("site = a)", 8, "should end here"),
        ("site = \"a", 7, "does not end"),
        (r#"site = "a\n""#, 9, "backslash"),
        ("grade = proved", 8, "declared, reported, attested"),
        ("grade > declared", 8, "no order"),
        ("seen < yesterday", 7, "a moment should stand here"),
        ("site is empty", 8, "`known` or `unknown`"),
        ("site in a", 8, "parentheses"),
        ("site in (a b)", 11, "`,` or `)`"),
        ("site ! a", 5, "stands for nothing"),
        ("not", 3, "a field should stand here"),
        ("version: = 1", 0, "there is no field"),
    ] {
        let (place, reason) = refused(text);
        assert_eq!(place, at, "{text}: {reason}");
        assert!(reason.contains(part), "{text}: {reason}");
    }
}

#[test]
fn conditions_are_bounded() {
    let deep = |n| format!("{}site = a", "not ".repeat(n));
    assert!(Filter::parse(&deep(MAX_FILTER_DEPTH - 1)).is_ok());
    assert!(refused(&deep(MAX_FILTER_DEPTH)).1.contains("nested deeper"));
    assert!(refused(&"(".repeat(MAX_FILTER)).1.contains("nested deeper"));
    let wide = |n| vec!["site=a"; n].join(" or ");
    assert!(Filter::parse(&wide(MAX_FILTER_TERMS)).is_ok());
    assert!(refused(&wide(MAX_FILTER_TERMS + 1)).1.contains("comparisons"));
    assert_eq!(refused(&" ".repeat(MAX_FILTER + 1)).0, MAX_FILTER);
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,60}") {
        let _ = Filter::parse(&text);
    }

    #[test]
    fn arbitrary_words_never_panic(words in proptest::collection::vec(prop_oneof![
        Just("not"), Just("("), Just(")"), Just("site"), Just("="), Just("in"), Just(","), Just("is"), Just("a"),
        Just("and"), Just("or"), Just("known"), Just("<"), Just("\""),
    ], 0..24)) {
        let _ = Filter::parse(&words.join(" "));
    }
}
