//! lcov tracefiles: `SF:` opens a source file, `DA:` counts a line, `BRF:` and `BRH:` its branches, `end_of_record` closes
//! it (man page geninfo(1)). Files that occur in several records (one a test) are added up.

use std::io::BufRead;

use super::{Coverage, Error, Found};
use crate::source::{Bounded, Trouble};

pub(super) fn read<R: BufRead>(mut src: Bounded<R>, mut found: Found) -> Result<Coverage, Error> {
    let mut file: Option<Box<str>> = None;
    let mut line = Vec::new();
    let mut records = 0_usize;
    loop {
        let at = src.position();
        line.clear();
        src.begin_token(found.limits.token);
        let read = src.read_until(b'\n', &mut line).map_err(|error| Error::of(error.into(), at))?;
        if read == 0 {
            break;
        }
        let text = std::str::from_utf8(&line)
            .map_err(|_| Error::of(Trouble::Encoding("bytes that are not UTF-8"), at))?
            .trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        one(text, &mut file, &mut records, &mut found).map_err(|trouble| match trouble {
            Trouble::Syntax(reason) if records == 0 && file.is_none() => Error::Unknown { reason },
            trouble => Error::of(trouble, at),
        })?;
    }
    if file.is_some() {
        return Err(Error::of(Trouble::syntax("the file ends inside a record"), src.position()));
    }
    if records == 0 {
        return Err(Error::Unknown { reason: "there is no record".to_owned() });
    }
    Ok(found.coverage)
}

fn one(
    text: &str,
    file: &mut Option<Box<str>>,
    records: &mut usize,
    found: &mut Found,
) -> Result<(), Trouble> {
    if text == "end_of_record" {
        return match file.take() {
            Some(_) => Ok(()),
            None => Err(Trouble::syntax("`end_of_record` without `SF:`")),
        };
    }
    let (key, value) =
        text.split_once(':').ok_or_else(|| Trouble::syntax("a line that is not `KEY:value`"))?;
    let known = (2..=5).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_uppercase());
    if !known {
        let key: String = key.chars().take(40).collect();
        return Err(Trouble::Syntax(format!("`{key}` is no key of a tracefile")));
    }
    let open = || file.as_deref().ok_or_else(|| Trouble::Syntax(format!("`{key}:` before `SF:`")));
    match key {
        "SF" => {
            if file.is_some() {
                return Err(Trouble::syntax("`SF:` inside a record"));
            }
            found.file(value)?;
            *records += 1;
            *file = Some(value.into());
        }
        "DA" => {
            let (line, rest) = value.split_once(',').unwrap_or((value, ""));
            let hits = rest.split(',').next().unwrap_or("");
            // Some producers write counts that overflowed as negative ones, or as floats.
            let hits = hits.parse::<u64>().ok().or_else(|| {
                hits.parse::<f64>().ok().filter(|h| h.is_finite()).map(|h| if h > 0.0 { 1 } else { 0 })
            });
            let (Ok(line), Some(hits)) = (line.parse::<u32>(), hits) else {
                return Err(Trouble::syntax("`DA:` without line and count"));
            };
            found.line(open()?, line, hits, u64::saturating_add)?;
        }
        "BRF" | "BRH" => {
            let count =
                value.parse::<u64>().map_err(|_| Trouble::Syntax(format!("`{key}:` without a count")))?;
            let branches = &mut found.file(open()?)?.branches;
            let slot = if key == "BRH" { &mut branches.0 } else { &mut branches.1 };
            *slot = slot.saturating_add(count);
        }
        // Names of tests, functions, single branches, checksums, totals.
        _ => {}
    }
    Ok(())
}
