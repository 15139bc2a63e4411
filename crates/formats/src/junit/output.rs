//! Finds what tests say in their output by convention: `[[ATTACHMENT|path]]` and `[[PROPERTY|name=value]]`, or a
//! property over several lines up to `[[/PROPERTY]]`. The output itself is not kept: it may be large and is in the
//! raw file.

use super::model::Property;

/// Attachments and properties found in one test's output.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) attachments: Vec<Box<str>>,
    pub(super) properties: Vec<Property>,
}

/// Scans an output once. O(length).
pub(super) fn scan(text: &str) -> Found {
    let mut found = Found::default();
    let mut rest = text;
    while let Some(at) = rest.find("[[") {
        rest = rest.get(at + 2..).unwrap_or_default();
        let Some(line) = rest.lines().next() else { break };
        let Some(inside) = line.split("]]").next().filter(|inside| inside.len() < line.len()) else {
            continue;
        };
        if let Some(path) = inside.strip_prefix("ATTACHMENT|") {
            if !path.trim().is_empty() {
                found.attachments.push(path.trim().into());
            }
        } else if let Some(stated) = inside.strip_prefix("PROPERTY|") {
            let (name, value) = match stated.split_once('=') {
                Some((name, value)) => (name, value),
                None => {
                    let body = rest.get(inside.len() + 2..).unwrap_or_default();
                    let Some((body, after)) = body.split_once("[[/PROPERTY]]") else { continue };
                    rest = after;
                    (stated, body)
                }
            };
            found.properties.push(Property { name: name.trim().into(), value: value.trim().into() });
        }
    }
    found
}

/// Whether a property names a file: `attachment`, or numbered.
pub(super) fn is_attachment(name: &str) -> bool {
    name.strip_prefix("attachment").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
}
