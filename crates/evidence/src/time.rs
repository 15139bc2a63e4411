//! Log time: whole seconds since 1970-01-01T00:00:00Z, and its RFC 3339 form. No clock lives here.

use alloc::borrow::Cow;
use core::fmt;
use core::str::FromStr;

use crate::cbor::{Malformed, Reader, Reason, Writer};
use crate::wire::Field;

/// A moment in UTC, in whole seconds since the Unix epoch, before the year 10000. Leap seconds do not exist (POSIX).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

/// Text that is not `YYYY-MM-DDThh:mm:ssZ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a moment in UTC of the form 2026-11-20T12:00:00Z")]
pub struct NotATime;

impl Time {
    /// The last moment that can be written with a four-digit year.
    pub const MAX: Self = Self(253_402_300_799);
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// The moment `seconds` after the epoch, if its year has four digits.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Option<Self> {
        if seconds <= Self::MAX.0 { Some(Self(seconds)) } else { None }
    }

    /// Seconds since the epoch.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// This moment and `seconds` more, at most [`Self::MAX`].
    #[must_use]
    pub const fn plus(self, seconds: u64) -> Self {
        let sum = self.0.saturating_add(seconds);
        if sum > Self::MAX.0 { Self::MAX } else { Self(sum) }
    }

    /// Seconds from `earlier` to this moment; 0 if it is not later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Year, month, day, hour, minute and second in UTC (proleptic Gregorian calendar).
    #[must_use]
    pub fn parts(self) -> [u64; 6] {
        let (days, rest) = (self.0 / 86_400, self.0 % 86_400);
        // Days are counted from 0000-03-01, so that the leap day is the last of its year.
        let z = days + 719_468;
        let (era, day_of_era) = (z / 146_097, z % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        [year, month, day, rest / 3_600, rest / 60 % 60, rest % 60]
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [y, mo, d, h, mi, s] = self.parts();
        write!(f, "{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}Z")
    }
}

impl FromStr for Time {
    type Err = NotATime;

    fn from_str(s: &str) -> Result<Self, NotATime> {
        let b = s.as_bytes();
        let shape = b.len() == 20
            && b.iter()
                .zip(b"dddd-dd-ddTdd:dd:ddZ")
                .all(|(c, p)| if *p == b'd' { c.is_ascii_digit() } else { c == p });
        if !shape {
            return Err(NotATime);
        }
        let num = |from: usize, to: usize| {
            b.get(from..to)
                .unwrap_or_default()
                .iter()
                .fold(0u64, |n, c| n * 10 + u64::from(c.wrapping_sub(b'0')))
        };
        let [y, mo, d, h, mi, sec] =
            [num(0, 4), num(5, 7), num(8, 10), num(11, 13), num(14, 16), num(17, 19)];
        if y < 1970 || !(1..=12).contains(&mo) || d == 0 || h > 23 || mi > 59 || sec > 59 {
            return Err(NotATime);
        }
        let (year, shifted) = if mo > 2 { (y, mo - 3) } else { (y - 1, mo + 9) };
        let (era, year_of_era) = (year / 400, year % 400);
        let day_of_year = (153 * shifted + 2) / 5 + d - 1;
        let days =
            era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
        let time = Self(days * 86_400 + h * 3_600 + mi * 60 + sec);
        // 31 April reads back as 1 May: such a day does not exist.
        if time.parts() == [y, mo, d, h, mi, sec] { Ok(time) } else { Err(NotATime) }
    }
}

impl Field for Time {
    fn cddl() -> Cow<'static, str> {
        "seconds".into()
    }
    fn write(&self, w: &mut Writer) {
        w.uint(self.0);
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let at = r.position();
        let reason = Reason::OutOfRange("seconds since 1970 before the year 10000");
        Self::from_seconds(r.uint()?).ok_or(Malformed { at, reason })
    }
    #[cfg(feature = "json")]
    fn to_json(&self) -> crate::json::Value {
        alloc::string::ToString::to_string(self).into()
    }
    #[cfg(feature = "json")]
    fn from_json(v: &crate::json::Value) -> Result<Self, crate::json::JsonError> {
        v.as_str().and_then(|s| s.parse().ok()).ok_or(crate::json::JsonError::expected("a time in UTC"))
    }
    #[cfg(feature = "sample")]
    fn sample(s: &mut crate::sample::Sampler) -> Self {
        Self(s.below(Self::MAX.0 + 1))
    }
}

#[cfg(test)]
mod tests {
    //! Known moments, the calendar's edges, and both directions against each other.
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::Time;

    #[test]
    fn known_moments() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_164_800, "2024-02-29T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Time(seconds).to_string(), text);
            assert_eq!(text.parse(), Ok(Time(seconds)));
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "2100-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:60Z",
            "1969-12-31T23:59:59Z",
            "2026-01-01T00:00:00+00:00",
            "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00z",
            "+026-01-01T00:00:00Z",
            "",
        ] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_and_seconds_agree(s in 0u64..=253_402_300_799) {
            let t = Time(s);
            prop_assert_eq!(t.to_string().parse(), Ok(t));
        }
    }
}
