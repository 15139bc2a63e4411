//! Dates on carriers: written short, sometimes only to the month, sometimes to the hour. What is not said stays unsaid.

use std::fmt;

/// A date as far as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// Year, four digits.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day; `None` where only the month was said.
    pub day: Option<u8>,
    /// Hour, where one was said.
    pub hour: Option<u8>,
}

/// The year in which two digits are read: those up to fifty years on are of this century, the others of the last
/// (General Specifications 7.12). A fixed year, so that the same scan always reads the same.
const PIVOT: u16 = 2_026;

impl fmt::Display for Date {
    /// ISO 8601, as far as it was said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)?;
        if let Some(day) = self.day {
            write!(f, "-{day:02}")?;
        }
        if let Some(hour) = self.hour {
            write!(f, "T{hour:02}")?;
        }
        Ok(())
    }
}

/// The full year of two digits.
#[must_use]
pub fn century(two: u16) -> u16 {
    let (base, pivot) = (PIVOT / 100 * 100, PIVOT % 100);
    match i32::from(two) - i32::from(pivot) {
        51..=99 => base - 100 + two,
        -99..=-50 => base + 100 + two,
        _ => base + two,
    }
}

fn leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days(year: u16, month: u8) -> u8 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn number(text: &str, from: usize, to: usize) -> Option<u16> {
    let digits = text.get(from..to)?;
    if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
}

fn date(year: u16, month: u16, day: u16) -> Option<Date> {
    let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    if !(1..=12).contains(&month) || day > days(year, month) {
        return None;
    }
    Some(Date { year, month, day: (day > 0).then_some(day), hour: None })
}

/// YYMMDD; day 00 is the month as a whole.
#[must_use]
pub fn yymmdd(text: &str) -> Option<Date> {
    let whole = (text.len() == 6).then_some(text)?;
    date(century(number(whole, 0, 2)?), number(whole, 2, 4)?, number(whole, 4, 6)?)
}

/// MMDDYY.
#[must_use]
pub fn mmddyy(text: &str) -> Option<Date> {
    let whole = (text.len() == 6).then_some(text)?;
    date(century(number(whole, 4, 6)?), number(whole, 0, 2)?, number(whole, 2, 4)?)
        .filter(|d| d.day.is_some())
}

/// MMYY.
#[must_use]
pub fn mmyy(text: &str) -> Option<Date> {
    let whole = (text.len() == 4).then_some(text)?;
    date(century(number(whole, 2, 4)?), number(whole, 0, 2)?, 0)
}

/// YYYYMMDD.
#[must_use]
pub fn yyyymmdd(text: &str) -> Option<Date> {
    let whole = (text.len() == 8).then_some(text)?;
    date(number(whole, 0, 4)?, number(whole, 4, 6)?, number(whole, 6, 8)?).filter(|d| d.day.is_some())
}

/// The day of a year, 1 to 366.
#[must_use]
pub fn day_of(year: u16, mut day: u16) -> Option<Date> {
    for month in 1..=12 {
        let length = u16::from(days(year, month));
        if day <= length {
            return date(year, u16::from(month), day).filter(|d| d.day.is_some());
        }
        day -= length;
    }
    None
}

/// YYJJJ.
#[must_use]
pub fn yyjjj(text: &str) -> Option<Date> {
    let whole = (text.len() == 5).then_some(text)?;
    day_of(century(number(whole, 0, 2)?), number(whole, 2, 5)?)
}

/// CYYJJJ of ISBT 128: C is the last digit of the century.
#[must_use]
pub fn cyyjjj(text: &str) -> Option<Date> {
    let whole = (text.len() == 6).then_some(text)?;
    let year = number(whole, 0, 3)?;
    // 9xx is of the last millennium, anything else of this one.
    let year = if year >= 900 { 1_000 + year } else { 2_000 + year };
    day_of(year, number(whole, 3, 6)?)
}

/// A date followed by an hour of two digits.
#[must_use]
pub fn with_hour(date: Option<Date>, hour: &str) -> Option<Date> {
    let hour = number(hour, 0, 2).filter(|h| hour.len() == 2 && *h < 24)?;
    Some(Date { hour: u8::try_from(hour).ok(), ..date? })
}
