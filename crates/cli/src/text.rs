//! Small pieces of text: grouped numbers, shortened hashes, one line a fact. Not here: what the facts mean.

use std::time::Duration;

use evidence::json::{self, Value};
use evidence::{Body, Fact};

/// A number in groups of three digits.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 entry`, `2 entries`.
pub(crate) fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// Seconds with one digit, or milliseconds below a second.
pub(crate) fn took(duration: Duration) -> String {
    if duration >= Duration::from_secs(1) {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{:.0} ms", duration.as_secs_f64() * 1e3)
    }
}

/// What the entry says, in one line of at most `width` characters. Characters that could move the cursor are replaced.
pub(crate) fn summary(body: &Body, width: usize) -> String {
    let said = match &body.fact {
        Fact::Tick(f) => f.time.to_string(),
        Fact::SourceEnrolled(f) => format!("{} “{}” as {}", f.source, f.name, f.roles.join(", ")),
        Fact::DeviceEnrolled(f) => {
            format!("{} {} {}", f.device, f.model, f.serial.as_deref().unwrap_or_default())
        }
        Fact::Attested(e) => {
            let names = e.measurements.iter().map(|m| match &m.version {
                Some(version) => format!("{} {version}", m.name),
                None => m.name.clone(),
            });
            names.collect::<Vec<_>>().join(", ")
        }
        Fact::Sealed(f) => {
            format!(
                "{} entries: {}",
                f.size,
                f.concerns
                    .iter()
                    .map(|c| format!("{} {}", c.concern, c.count))
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        }
        _ => compact(json::body_json(body).get("content").unwrap_or(&Value::Null)),
    };
    printable(&said, width)
}

fn compact(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            map.iter().map(|(k, v)| format!("{k} {}", compact(v))).collect::<Vec<_>>().join(", ")
        }
        Value::Array(list) => list.iter().map(compact).collect::<Vec<_>>().join(" "),
        Value::String(s) => s.clone(),
        other => other.to_string(),
    }
}

/// The text on one line, cut to `width` characters, with nothing in it that a terminal would act on.
pub(crate) fn printable(text: &str, width: usize) -> String {
    let mut out: String = text.chars().take(width).map(|c| if c.is_control() { '·' } else { c }).collect();
    if text.chars().nth(width).is_some() {
        out.pop();
        out.push('…');
    }
    out
}

/// The text in lines of at most `width` characters, each after `indent` spaces.
pub(crate) fn wrapped(text: &str, indent: usize, width: usize) -> String {
    let mut out = String::new();
    let mut column = width;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column + 1 + length > width {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(&" ".repeat(indent));
            column = indent + length;
        } else {
            out.push(' ');
            column += 1 + length;
        }
        out.push_str(word);
    }
    out
}

/// A witness that cosigned, and when, in its own words.
pub(crate) fn witness(counted: &tlog::policy::CountedWitness<'_>) -> String {
    match counted.time.and_then(evidence::Time::from_seconds) {
        Some(time) => format!("{} at {time}", counted.witness.name),
        None => format!("{}, which states no time", counted.witness.name),
    }
}

/// The body as JSON.
pub(crate) fn body_json(body: &Body) -> Value {
    json::body_json(body)
}

#[cfg(test)]
mod tests {
    use super::{count, printable};

    #[test]
    fn numbers_are_grouped_and_texts_cut() {
        assert_eq!(
            [count(0), count(999), count(1_000), count(1_234_567)],
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(printable("a\x1b[31mb", 20), "a·[31mb");
        assert_eq!(printable("abcdef", 4), "abc…");
        assert_eq!(printable("abcd", 4), "abcd");
    }
}
