//! Escaping; the formats are tested with whole trees (`tests/it/commands.rs`).

use super::xml_escaped;

#[test]
fn xml_gets_no_mark_up_and_no_forbidden_character() {
    assert_eq!(xml_escaped("plain ä\n"), "plain ä\n");
    assert_eq!(xml_escaped("<a b=\"c\">&'"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;");
    assert_eq!(xml_escaped("\u{0}\u{1b}\u{ffff}\t"), "\u{fffd}\u{fffd}\u{fffd}\t");
}
