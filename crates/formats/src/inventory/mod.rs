//! Lists of devices as others keep them: tables of an ERP or service system, FHIR `Device` resources. One internal form; a
//! bad row is refused with its place, the reason and what to do, and the rest is taken.
//!
//! Not here: what the log knows of these devices, and what follows from a difference (the command line).

mod fhir;
mod mapping;
mod table;

pub use fhir::read as read_fhir;
pub use mapping::{CUSTODY, Field, Mapping, MappingError};
pub use table::{Encoding, columns, read as read_table, without};

use crate::udi;

/// Largest file, in bytes.
pub const MAX_FILE: usize = 256 << 20;
/// Most rows.
pub const MAX_ROWS: usize = 2_000_000;
/// Longest cell, in bytes.
pub const MAX_CELL: usize = 1_024;

/// A device in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Where it stands: a line of a table, or the number of a resource.
    pub line: u64,
    /// Identifier in the system that the list comes from.
    pub asset: String,
    /// UDI, verbatim.
    pub udi: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Software, as item and version where the item is known.
    pub software: Vec<String>,
    /// Site.
    pub site: Option<String>,
    /// Owner.
    pub owner: Option<String>,
    /// Where it stands in its life: one of [`CUSTODY`].
    pub custody: Option<&'static str>,
    /// Since when, RFC 3339.
    pub since: Option<String>,
}

/// Something about a row that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Line of the table, or number of the resource.
    pub line: u64,
    /// Column.
    pub column: String,
    /// What is the matter.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}

/// A list that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Rows that can be taken.
    pub devices: Vec<Listed>,
    /// Rows that cannot, each with the first reason.
    pub refused: Vec<Remark>,
    /// What is odd about rows that can.
    pub findings: Vec<Remark>,
}

/// A list that cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InventoryError {
    /// Larger than a list may be.
    #[error("it is larger than {} MiB", MAX_FILE >> 20)]
    TooLarge,
    /// More rows than a list may have.
    #[error("it has more than {MAX_ROWS} rows: split it")]
    TooManyRows,
    /// Its encoding is not read.
    #[error("it is UTF-16: save it as UTF-8")]
    Utf16,
    /// There is no row of headings.
    #[error("it has no row of headings")]
    NoHeadings,
    /// A column that the mapping names is not there.
    #[error("there is no column `{column}`; there are {}", .there.join(", "))]
    NoColumn {
        /// The column.
        column: String,
        /// The columns that are there.
        there: Vec<String>,
    },
    /// Two columns have the heading that the mapping names.
    #[error("two columns are called `{0}`: rename one")]
    TwoColumns(String),
    /// No column is mapped to the identifier.
    #[error("no column holds the device's identifier; the columns are {}", .0.join(", "))]
    NoAsset(Vec<String>),
    /// The document is not what it says it is.
    #[error("{0}")]
    Malformed(String),
}

impl Inventory {
    /// Looks at what was taken: identifiers that stand twice, check digits, serial numbers that contradict the UDI.
    pub(crate) fn finish(mut self) -> Self {
        let mut seen = std::collections::BTreeMap::new();
        let mut instances = std::collections::BTreeMap::new();
        let (mut devices, mut findings) = (Vec::with_capacity(self.devices.len()), Vec::new());
        for device in self.devices {
            if let Some(first) = seen.get(&device.asset) {
                self.refused.push(Remark {
                    line: device.line,
                    column: "asset".into(),
                    reason: format!("`{}` stands in line {first} already", device.asset),
                    remedy: "keep one row a device, or map a column that is unique".into(),
                });
                continue;
            }
            seen.insert(device.asset.clone(), device.line);
            let mut remark = |column: &str, reason: String, remedy: &str| {
                let (column, remedy) = (column.to_owned(), remedy.to_owned());
                findings.push(Remark { line: device.line, column, reason, remedy });
            };
            if let Some(scanned) = &device.udi {
                let udi = udi::parse(scanned);
                for finding in &udi.findings {
                    remark("udi", finding.clone(), "it is kept as it is; compare it with the label");
                }
                if let (Some(in_udi), Some(beside)) = (&udi.serial, &device.serial)
                    && in_udi != beside
                {
                    let reason = format!("the UDI has the serial number `{in_udi}`, the row `{beside}`");
                    remark("serial", reason, "both are kept; compare them with the label");
                }
                if let Some((agency, di, serial)) = udi.instance() {
                    let key = (agency, di.to_owned(), serial.to_owned());
                    if let Some(first) = instances.get(&key) {
                        let reason = format!("the UDI names the device of line {first} too");
                        remark("udi", reason, "one of the two rows is another device, or is there twice");
                    }
                    instances.entry(key).or_insert(device.line);
                }
            }
            devices.push(device);
        }
        self.refused.sort_by_key(|r| r.line);
        self.findings.extend(findings);
        self.findings.sort_by_key(|f| f.line);
        Self { devices, ..self }
    }
}

#[cfg(test)]
mod tests;
