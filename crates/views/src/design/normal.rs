//! A record from its normal form (`docs/spec/record-normal-form.md`), as the log keeps it.

use records::record::{Builder, HEADER, LINKS, Place, Record};

/// Reads the normal form of a record. `None` when the bytes are not the normal form of any record: reading it and writing it
/// again must give the same bytes.
#[must_use]
pub fn read_normal_form(bytes: &[u8], place: Place) -> Option<Record> {
    let text = core::str::from_utf8(bytes).ok()?;
    let mut rest = text.strip_prefix(HEADER)?;
    let mut builder = Builder::default();
    while !rest.is_empty() {
        let (head, after) = rest.split_once('\n')?;
        let (name, count) = head.rsplit_once(' ')?;
        let (name, link) = name.strip_prefix(LINKS).map_or((name, false), |name| (name, true));
        builder.open(name.into(), link, place.line).ok()?;
        rest = after;
        for _ in 0..number(count)? {
            let (length, after) = rest.split_once(':')?;
            let (value, after) = after.split_at_checked(number(length)?)?;
            builder.value(value.into()).ok()?;
            rest = after.strip_prefix('\n')?;
        }
    }
    let record = builder.finish(place);
    (record.normal_form() == text).then_some(record)
}

/// A decimal number without sign and leading zeros.
fn number(text: &str) -> Option<usize> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use records::record::{Place, Record};
    use records::source::{Parsed, read_markdown};

    use super::read_normal_form;

    fn record(text: &str) -> Record {
        let mut parsed = Parsed::default();
        read_markdown(0, text.as_bytes(), &mut parsed);
        parsed.records.remove(0)
    }

    #[test]
    fn what_was_written_is_read_again() {
        let texts = [
            "---\nid: A-1\nkind: k\ntitle: \"1:x\"\nlinks:\n  refines: [B-2, B-1]\ntags: [b, a, a]\n---\n\nSome\ntext: 5:\n",
            "---\nid: A-2\nkind: k\n---\n",
        ];
        for text in texts {
            let one = record(text);
            let again = read_normal_form(one.normal_form().as_bytes(), Place::default()).expect("reads");
            assert_eq!((again.revision(), again.normal_form()), (one.revision(), one.normal_form()));
            assert_eq!(again.links().count(), one.links().count());
        }
    }

    #[test]
    fn any_other_bytes_are_refused() {
        let normal = record("---\nid: A-1\nkind: k\ntags: [b, a]\n---\n\nText.\n").normal_form().to_owned();
        assert!(read_normal_form(normal.as_bytes(), Place::default()).is_some());
        for at in 0..normal.len() {
            let cut = read_normal_form(&normal.as_bytes()[..at], Place::default());
            // A form that ends after a whole field is a form.
            assert!(cut.is_none_or(|r| normal.starts_with(r.normal_form())), "{at}");
            let mut changed = normal.clone().into_bytes();
            changed[at] ^= 2;
            if let Some(read) = read_normal_form(&changed, Place::default()) {
                assert_eq!(read.normal_form().as_bytes(), changed, "{at}");
            }
        }
        for bad in [
            "",
            "vouchsafe-record/2\n",
            "vouchsafe-record/1\nid 01\n1:a\n",
            "vouchsafe-record/1\nid 1\n99999999999999999999:a\n",
            "vouchsafe-record/1\nid 99999999\n",
            "vouchsafe-record/1\nid 1\n1:a",
            "vouchsafe-record/1\nid 1\n2: a\n",
        ] {
            assert!(read_normal_form(bad.as_bytes(), Place::default()).is_none(), "{bad:?}");
        }
    }
}
