//! Marks as they are written in several languages.

use super::{Verb, marks_in};

fn said(text: &str) -> Vec<(Verb, String, u32, u32)> {
    marks_in(text).into_iter().map(|m| (m.verb, m.id.to_string(), m.line, m.end)).collect()
}

#[test]
fn marks_in_many_languages_stand_for_their_block() {
    use Verb::{Implements, Verifies};
    let one = |verb, id: &str, line, end| vec![(verb, id.to_owned(), line, end)];
    let rust = "/// Alarms.\n/// @implements SWR-012\n#[inline]\nfn raise() {\n    a();\n\n    b();\n}\n\nfn other() {}\n";
    assert_eq!(said(rust), one(Implements, "SWR-012", 2, 8));
    assert_eq!(&*marks_in(rust)[0].head, "fn raise() {");
    let c = "/* @implements SWR-1 */\nstatic int raise(void)\n{\n\treturn 1;\n}\nint x;\n";
    assert_eq!(said(c), one(Implements, "SWR-1", 1, 5));
    let python = "class T:\n    # @verifies TC-007\n    @slow\n    def test_a(self):\n        x = 1\n        assert x\n\n    def test_b(self):\n        pass\n";
    assert_eq!(said(python), one(Verifies, "TC-007", 2, 6));
    let beside = "if pressure > limit { // @implements SWR-2\n    stop();\n}\nrest();\n";
    assert_eq!(said(beside), one(Implements, "SWR-2", 1, 3));
    let sql = "-- @implements SWR-3\nCREATE TABLE a (\n  id int\n);\nSELECT 1;\n";
    assert_eq!(said(sql), one(Implements, "SWR-3", 1, 4));
    let ruby = "# @verifies SWR-4\ndef a\n  b\nend\nc\n";
    assert_eq!(said(ruby), one(Verifies, "SWR-4", 1, 4));
}

#[test]
fn lists_quotes_and_annotations() {
    let ids = |text: &str| marks_in(text).into_iter().map(|m| m.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids("// @verifies TC-1, TC-2 SWR-3. And then\nx"), ["TC-1", "TC-2", "SWR-3"]);
    assert_eq!(ids("@verifies(\"TC-1\")\nx"), ["TC-1"]);
    assert_eq!(ids("// @verifies: TC-1 @implements SWR-2"), ["TC-1", "SWR-2"]);
    for prose in [
        "me@implements SWR-1",
        "@implements the interface",
        "@implements {Foo}",
        "@verifiesTC-1",
        "@verifies 12-1",
    ] {
        assert_eq!(ids(prose), Vec::<String>::new(), "{prose}");
    }
}

#[test]
fn the_digest_is_that_of_the_block() {
    let digest = |text: &str| marks_in(text)[0].digest;
    let code = "// @implements SWR-1\nfn a() {\n    b();\n}\n";
    assert_eq!(digest(code), digest(&code.replace("b();", "b();  ").replace('\n', "\r\n")));
    assert_eq!(digest(code), digest(&format!("{code}\nfn later() {{}}\n")));
    assert_ne!(digest(code), digest(&code.replace("b();", "c();")));
}

#[test]
fn a_mark_at_the_end_of_a_file_stands_for_itself() {
    assert_eq!(said("x\n// @implements SWR-1"), [(Verb::Implements, "SWR-1".to_owned(), 2, 2)]);
}
