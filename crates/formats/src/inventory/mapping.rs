//! Which column holds what, and what its values mean.

use std::fmt;
use std::str::FromStr;

/// Where a device can stand in its life.
pub const CUSTODY: [&str; 7] =
    ["in-use", "stored", "loaned", "in-transit", "in-service", "retired", "missing"];

/// What a column can hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The identifier in the importing system.
    Asset,
    /// The UDI.
    Udi,
    /// The serial number.
    Serial,
    /// The model.
    Model,
    /// Software: item and version, or the version of the item named here.
    Software(Option<String>),
    /// The site.
    Site,
    /// The owner.
    Owner,
    /// Where the device stands in its life.
    Custody,
    /// Since when.
    Since,
}

/// A mapping that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// It is not FIELD=COLUMN.
    #[error("`{0}` is not FIELD=COLUMN")]
    Form(String),
    /// There is no such field.
    #[error(
        "`{0}` is no field; there are asset, udi, serial, model, software, software:ITEM, site, owner, custody, since"
    )]
    Field(String),
    /// There is no such word.
    #[error(
        "`{0}` is no custody; there are in-use, stored, loaned, in-transit, in-service, retired, missing"
    )]
    Custody(String),
    /// A date needs each of YYYY, MM and DD once.
    #[error("`{0}` is no form of a date: write YYYY, MM and DD once each, such as DD.MM.YYYY")]
    Date(String),
}

impl FromStr for Field {
    type Err = MappingError;
    fn from_str(text: &str) -> Result<Self, MappingError> {
        Ok(match text {
            "asset" => Self::Asset,
            "udi" => Self::Udi,
            "serial" => Self::Serial,
            "model" => Self::Model,
            "software" => Self::Software(None),
            "site" => Self::Site,
            "owner" => Self::Owner,
            "custody" => Self::Custody,
            "since" => Self::Since,
            other => match other.strip_prefix("software:").filter(|item| !item.is_empty()) {
                Some(item) => Self::Software(Some(item.to_owned())),
                None => return Err(MappingError::Field(other.to_owned())),
            },
        })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Asset => "asset",
            Self::Udi => "udi",
            Self::Serial => "serial",
            Self::Model => "model",
            Self::Software(None) => "software",
            Self::Software(Some(item)) => return write!(f, "software:{item}"),
            Self::Site => "site",
            Self::Owner => "owner",
            Self::Custody => "custody",
            Self::Since => "since",
        })
    }
}

/// Which column holds what, and what its values mean. Fields that are not mapped are looked for under their own names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Fields and the headings of their columns.
    pub columns: Vec<(Field, String)>,
    /// Words of the list and ours, for where a device stands in its life.
    pub custody: Vec<(String, &'static str)>,
    /// How dates are written, such as `DD.MM.YYYY`; ISO 8601 is always read.
    pub dates: Option<String>,
}

impl Mapping {
    /// Takes `FIELD=COLUMN`.
    ///
    /// # Errors
    /// It is not that.
    pub fn map(&mut self, text: &str) -> Result<(), MappingError> {
        let (field, column) = text.split_once('=').ok_or_else(|| MappingError::Form(text.to_owned()))?;
        if column.trim().is_empty() {
            return Err(MappingError::Form(text.to_owned()));
        }
        self.columns.push((field.trim().parse()?, column.trim().to_owned()));
        Ok(())
    }

    /// Takes `THEIRS=OURS` for where a device stands in its life.
    ///
    /// # Errors
    /// It is not that.
    pub fn custody(&mut self, text: &str) -> Result<(), MappingError> {
        let (theirs, ours) = text.split_once('=').ok_or_else(|| MappingError::Form(text.to_owned()))?;
        let ours = ours.trim();
        let word =
            CUSTODY.iter().find(|w| **w == ours).ok_or_else(|| MappingError::Custody(ours.to_owned()))?;
        self.custody.push((theirs.trim().to_owned(), *word));
        Ok(())
    }

    /// Takes a form of dates.
    ///
    /// # Errors
    /// It is none.
    pub fn dates(&mut self, form: &str) -> Result<(), MappingError> {
        let once = |token: &str| form.matches(token).count() == 1;
        if !(once("YYYY") && once("MM") && once("DD")) {
            return Err(MappingError::Date(form.to_owned()));
        }
        self.dates = Some(form.to_owned());
        Ok(())
    }

    /// Our word for one of theirs.
    pub(super) fn custody_of(&self, theirs: &str) -> Option<&'static str> {
        let mapped = self.custody.iter().find(|(t, _)| t.eq_ignore_ascii_case(theirs)).map(|(_, ours)| *ours);
        mapped.or_else(|| CUSTODY.iter().find(|w| w.eq_ignore_ascii_case(theirs)).copied())
    }

    /// A date as RFC 3339: as given if it is that already, a day as its first second in UTC.
    pub(super) fn date_of(&self, text: &str) -> Option<String> {
        let day = |year: &str, month: &str, day: &str| {
            let whole = format!("{year}{month}{day}");
            crate::udi::date::yyyymmdd(&whole).map(|d| format!("{d}T00:00:00Z"))
        };
        let iso = text.get(..10).filter(|d| d.is_ascii());
        if let Some([y, m, d]) =
            iso.map(|d| [d.get(..4), d.get(5..7), d.get(8..10)].map(Option::unwrap_or_default))
            && iso.is_some_and(|d| d.get(4..5) == Some("-") && d.get(7..8) == Some("-"))
        {
            let whole = day(y, m, d)?;
            let rest = text.get(10..).unwrap_or_default();
            let midnight = ["", "T00:00:00", " 00:00:00", "T00:00:00Z"].contains(&rest);
            return if midnight { Some(whole) } else { Some(text.to_owned()).filter(|t| t.ends_with('Z')) };
        }
        let form = self.dates.as_deref().filter(|form| form.len() == text.len() && text.is_ascii())?;
        let part = |token: &str| form.find(token).and_then(|at| text.get(at..at + token.len()));
        let separators = form.bytes().zip(text.bytes()).all(|(f, t)| b"YMD".contains(&f) || f == t);
        if separators { day(part("YYYY")?, part("MM")?, part("DD")?) } else { None }
    }

    /// Whether a text has the form of a date, be there such a day or not.
    pub(super) fn is_formed(&self, text: &str) -> bool {
        let fits = |form: &str| {
            let same = |(f, t): (u8, u8)| if b"YMD".contains(&f) { t.is_ascii_digit() } else { f == t };
            form.len() == text.len() && form.bytes().zip(text.bytes()).all(same)
        };
        fits("YYYY-MM-DD") || self.dates.as_deref().is_some_and(fits)
    }

    /// The mapping in one line, as the log keeps it.
    #[must_use]
    pub fn to_line(&self) -> String {
        let columns = self.columns.iter().map(|(field, column)| format!("{field}={column}"));
        let custody = self.custody.iter().map(|(theirs, ours)| format!("custody:{theirs}={ours}"));
        let dates = self.dates.iter().map(|form| format!("dates={form}"));
        columns.chain(custody).chain(dates).collect::<Vec<_>>().join("; ")
    }
}
