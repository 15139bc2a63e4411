//! The shared readers: JSON against `serde_json`, encodings, bounds.

use super::*;

const MAX: u64 = 1 << 20;
const BOUNDS: Bounds = Bounds { depth: 64, token: 1 << 16 };

/// Rebuilds a value from events, so that it can be compared with another parser's.
fn build(pull: &mut impl Pull) -> Result<serde_json::Value, Trouble> {
    use serde_json::Value;
    enum Frame {
        List(Vec<Value>),
        Map(Vec<(String, Value)>),
    }
    let mut stack: Vec<Frame> = Vec::new();
    let mut keys: Vec<String> = Vec::new();
    let mut result = None;
    loop {
        let value = match pull.next()? {
            Event::ObjectStart => {
                stack.push(Frame::Map(Vec::new()));
                continue;
            }
            Event::ArrayStart => {
                stack.push(Frame::List(Vec::new()));
                continue;
            }
            Event::Key(key) => {
                keys.push(key.to_owned());
                continue;
            }
            Event::ObjectEnd | Event::ArrayEnd => match stack.pop().unwrap() {
                Frame::List(items) => Value::Array(items),
                Frame::Map(items) => Value::Object(items.into_iter().collect()),
            },
            Event::Text(text) | Event::Plain(text) => Value::String(text.to_owned()),
            Event::Number(text) => serde_json::from_str(text).map_err(|e| Trouble::Syntax(e.to_string()))?,
            Event::Bool(b) => Value::Bool(b),
            Event::Null => Value::Null,
            Event::End => return Ok(result.unwrap()),
        };
        match stack.last_mut() {
            None => result = Some(value),
            Some(Frame::List(items)) => items.push(value),
            Some(Frame::Map(items)) => items.push((keys.pop().unwrap(), value)),
        }
    }
}

fn ours(text: &[u8]) -> Result<serde_json::Value, Trouble> {
    // A three-byte buffer, so that every token crosses a boundary somewhere.
    let reader = io::BufReader::with_capacity(3, text);
    build(&mut JsonPull::new(Bounded::open(reader, MAX)?, BOUNDS))
}

proptest::proptest! {
    #[test]
    fn json_is_read_as_serde_json_reads_it(text in r#"[\[\]{}",:0-9eE+.\\u truefalsn-]{0,24}"#) {
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        let mine = ours(text.as_bytes());
        // serde_json refuses numbers that overflow f64; the grammar allows them and so do we.
        if !matches!(&theirs, Err(e) if e.to_string().contains("out of range")) {
            proptest::prop_assert_eq!(theirs.is_ok(), mine.is_ok(), "{:?} {:?}", theirs, mine);
            if let (Ok(theirs), Ok(mine)) = (theirs, mine) {
                proptest::prop_assert_eq!(theirs, mine);
            }
        }
    }

    #[test]
    fn json_strings_survive(text in "\\PC{0,40}") {
        let value = serde_json::Value::String(text);
        proptest::prop_assert_eq!(ours(value.to_string().as_bytes()).unwrap(), value);
    }
}

#[test]
fn utf16_in_both_orders_reads_like_utf8() {
    let text = "{\"a\": \"grüße 🧪\", \"b\": [1, true]}";
    let expected: serde_json::Value = serde_json::from_str(text).unwrap();
    for bom in [true, false] {
        let units: Vec<u16> = bom.then_some(0xFEFF).into_iter().chain(text.encode_utf16()).collect();
        let little: Vec<u8> = units.iter().flat_map(|u| u.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|u| u.to_be_bytes()).collect();
        assert_eq!(ours(&little).unwrap(), expected);
        assert_eq!(ours(&big).unwrap(), expected);
        assert!(matches!(ours(&little[..little.len() - 1]), Err(Trouble::Encoding(_))));
    }
    let utf8 = ["\u{feff}", text].concat();
    assert_eq!(ours(utf8.as_bytes()).unwrap(), expected);
    assert!(matches!(ours(&[0xFF, 0xFE, 0, 0, b'{', 0, 0, 0]), Err(Trouble::Encoding(_))));
    assert!(matches!(ours(b"\"\xff\""), Err(Trouble::Encoding(_))));
}

#[test]
fn bounds_hold() {
    let deep = "[".repeat(65);
    assert!(matches!(ours(deep.as_bytes()), Err(Trouble::Limit("levels of nesting", 64))));
    let long = format!("\"{}\"", "x".repeat((1 << 16) + 1));
    assert!(matches!(ours(long.as_bytes()), Err(Trouble::Limit("bytes in one string", _))));
    let large = format!("[{}1]", "1,".repeat(1 << 20));
    assert!(matches!(ours(large.as_bytes()), Err(Trouble::Limit("bytes", 0x10_0000))));
}

fn xml_text(text: &str) -> Result<String, Trouble> {
    let mut pull = XmlPull::new(Bounded::open(text.as_bytes(), MAX)?, BOUNDS);
    let mut out = String::new();
    loop {
        match pull.next()? {
            XmlEvent::Text => out.push_str(pull.text()),
            XmlEvent::Finish => return Ok(out),
            XmlEvent::Start | XmlEvent::End => {}
        }
    }
}

#[test]
fn xml_expands_no_entity() {
    assert_eq!(xml_text("<a>x &lt;&#65;&amp; <![CDATA[<b>]]></a>").unwrap(), "x <A& <b>");
    let bomb = "<!DOCTYPE a [<!ENTITY x \"boom\">]><a>&x;</a>";
    assert!(matches!(xml_text(bomb), Err(Trouble::Syntax(why)) if why.contains("&x;")));
    let remote = "<!DOCTYPE a [<!ENTITY x SYSTEM \"https://example.invalid/\">]><a b=\"&x;\"/>";
    assert!(matches!(xml_text(remote), Err(Trouble::Syntax(_))));
}

#[test]
fn xml_bounds_and_ends() {
    assert!(matches!(xml_text(&"<a>".repeat(65)), Err(Trouble::Limit("levels of nesting", 64))));
    let long = format!("<a>{}</a>", "x".repeat((1 << 16) + 10));
    assert!(matches!(xml_text(&long), Err(Trouble::Limit("bytes in one token", _))));
    for bad in [
        "<a><b></a>",
        "<a>",
        "",
        "<a/><b/>",
        "<a/>x",
        "<a b='1' b='2'/>",
        "<x:a/>",
        "<a>\0</a>",
        "<a>&#1;</a>",
        "<a b='\u{1}'/>",
    ] {
        assert!(xml_text(bad).is_err(), "{bad}");
    }
    assert!(matches!(
        xml_text("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>"),
        Err(Trouble::Encoding(_))
    ));
}

#[test]
fn yaml_gives_the_events_of_json() {
    let pull = |text: &str| build(&mut YamlPull::new(text, BOUNDS));
    let value = pull("a: '1'\nb:\n- x\n- {c: null}\nd: |\n  two\n  lines\n").unwrap();
    assert_eq!(value, serde_json::json!({"a": "1", "b": ["x", {"c": null}], "d": "two\nlines\n"}));
    assert!(pull("a: &x 1\nb: *x\n").is_err());
    assert!(pull("[a]: 1").is_err());
    assert!(pull("a: 1\n---\nb: 2\n").is_err());
    assert!(pull("a: [1\n").is_err());
}
