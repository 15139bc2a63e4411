//! ISBT 128 of ICCBBA, as medical products of human origin carry it (FDA's table of formats, and ST-011): structures of
//! fixed length, each after its data identifier. Their check characters are for typing and stand in no symbol.

use super::date::{self, Date};

/// What a label says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// Device identifier: processor, product and description code; of a blood container, its catalogue number.
    pub di: Option<String>,
    /// Serial number (product division).
    pub serial: Option<String>,
    /// Donation identification number.
    pub donation: Option<String>,
    /// Lot.
    pub lot: Option<String>,
    /// Expiry.
    pub expiry: Option<Date>,
    /// Manufacture.
    pub made: Option<Date>,
    /// What could not be read, in words.
    pub findings: Vec<String>,
}

/// Data identifiers with the length of what follows; longer ones first. A donation number has a letter or digit after its
/// bare `=`.
const STRUCTURES: [(&str, usize); 9] =
    [("=/", 16), ("=,", 6), ("=>", 6), ("=}", 6), ("=)", 10), ("=+", 5), ("&,1", 18), ("&)", 10), ("=", 15)];

/// Reads a label. What cannot be read is a finding; nothing is refused.
#[must_use]
pub fn read(scanned: &str) -> Label {
    let mut label = Label::default();
    let mut rest = scanned;
    while !rest.is_empty() {
        let found = STRUCTURES.iter().find_map(|(id, length)| Some((*id, *length, rest.strip_prefix(id)?)));
        let Some((id, length, value)) = found else {
            label
                .findings
                .push(format!("no data identifier at `{}`", rest.chars().take(8).collect::<String>()));
            break;
        };
        let (value, next) = value.split_at_checked(length).unwrap_or((value, ""));
        if value.len() < length {
            label.findings.push(format!("`{id}` is followed by {} of {length} characters", value.len()));
        }
        let text = Some(value.to_owned());
        let mut dated = |value: &str| {
            let date = date::cyyjjj(value);
            if date.is_none() {
                label.findings.push(format!("`{id}` is followed by no date"));
            }
            date
        };
        match id {
            "=/" | "=)" => label.di = text,
            "=," => label.serial = text,
            "=>" => label.expiry = dated(value),
            "=}" => label.made = dated(value),
            "&,1" | "&)" => label.lot = text,
            "=" => label.donation = text,
            // A compound message only says how many structures follow.
            _ => {}
        }
        rest = next;
    }
    label
}
