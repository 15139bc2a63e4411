//! RFC 3339 dates with time, ordered by instant. No calendar library: versions need only an order.

/// Seconds since 0000-03-01T00:00:00Z, then the fraction as up to nine digits scaled to nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instant {
    seconds: i64,
    nanoseconds: u32,
}

const NOT_RFC3339: &str = "not an RFC 3339 date with time, such as 2024-01-31T12:00:00Z";

pub(super) fn parse(text: &str) -> Result<Instant, &'static str> {
    read(text).ok_or(NOT_RFC3339)
}

fn read(text: &str) -> Option<Instant> {
    let (date, time) = text.split_at_checked(10)?;
    let (year, month, day) = (number(date, 0, 4)?, number(date, 5, 7)?, number(date, 8, 10)?);
    let time = time.strip_prefix('T')?;
    let (clock, rest) = time.split_at_checked(8)?;
    let (hour, minute, second) = (number(clock, 0, 2)?, number(clock, 3, 5)?, number(clock, 6, 8)?);
    let separators =
        |text: &str, at: [usize; 2], byte: u8| at.iter().all(|&i| text.as_bytes().get(i) == Some(&byte));
    let in_range = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !in_range || !separators(date, [4, 7], b'-') || !separators(clock, [2, 5], b':') {
        return None;
    }
    let (nanoseconds, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let (fraction, zone) = super::digits::split(rest);
            (nanoseconds(fraction)?, zone)
        }
        None => (0, rest),
    };
    let offset = if zone == "Z" { 0 } else { offset_minutes(zone)? };
    let minutes = (days(year, month, day) * 24 + hour) * 60 + minute - offset;
    Some(Instant { seconds: minutes * 60 + second, nanoseconds })
}

fn number(text: &str, from: usize, to: usize) -> Option<i64> {
    let part = text.get(from..to)?;
    if part.bytes().all(|b| b.is_ascii_digit()) { part.parse().ok() } else { None }
}

fn nanoseconds(fraction: &str) -> Option<u32> {
    if fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let missing = u32::try_from(9 - fraction.len()).ok()?;
    Some(fraction.parse::<u32>().ok()? * 10_u32.pow(missing))
}

fn offset_minutes(zone: &str) -> Option<i64> {
    let sign = match zone.bytes().next()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = (number(zone, 1, 3)?, number(zone, 4, 6)?);
    let shaped = zone.len() == 6 && zone.as_bytes().get(3) == Some(&b':') && hours < 24 && minutes < 60;
    if shaped { Some(sign * (hours * 60 + minutes)) } else { None }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 0000-03-01 in the proleptic Gregorian calendar; the year is taken to begin in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (month * 153 + 2) / 5
        + day
        - 1
}
