//! What imports said last of a declared device, whatever is known of it otherwise: what the next import is compared with.

use evidence::Time;
use evidence::facts::fleet::Custody;

use super::record::Record;
use super::subject::Subject;
use super::view::FleetView;

/// What was last said of a declared device by its identifier in the importing system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declaration<'w> {
    /// UDI, verbatim.
    pub udi: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Model.
    pub model: Option<&'w str>,
    /// Software.
    pub software: Vec<&'w str>,
    /// Site.
    pub site: Option<&'w str>,
    /// Owner, or the commitment to it.
    pub owner: Option<&'w str>,
    /// Where it stands in its life.
    pub custody: Option<Custody>,
    /// The last moment that one of them counts from, where it was stated.
    pub since: Option<Time>,
    /// Whether it is known to be an enrolled device.
    pub attached: bool,
}

impl<'w> FleetView<'w> {
    /// What was last said of a declared device, in the order of the log; moments that it counts from play no part. `None` if
    /// it is not declared. Linear in its records.
    #[must_use]
    pub fn declaration(&self, asset: &str) -> Option<Declaration<'w>> {
        let log = self.fleet.devices.get(&Subject::Asset(asset.to_owned()))?;
        let text = |id: Option<u32>| self.fleet.said(id);
        let mut found: Option<Declaration<'w>> = None;
        for (index, record) in log.records().take_while(|(i, _)| *i < self.known.size()) {
            if !self.known.counts(index) {
                continue;
            }
            match record {
                Record::Declared { udi, serial, model, software, since } => {
                    let last = found.take().unwrap_or_default();
                    let software: Vec<&str> = software.iter().filter_map(|id| text(Some(*id))).collect();
                    found = Some(Declaration {
                        udi: udi.or(last.udi),
                        serial: serial.or(last.serial),
                        model: text(model).or(last.model),
                        software: if software.is_empty() { last.software } else { software },
                        since: since.or(last.since),
                        ..last
                    });
                }
                Record::Placed { site, owner, custody, since } => {
                    if let Some(last) = &mut found {
                        last.since = since.or(last.since);
                        last.site = text(site).or(last.site);
                        last.owner = text(owner).or(last.owner);
                        last.custody = custody.or(last.custody);
                    }
                }
                Record::AttachedTo(_) => {
                    if let Some(last) = &mut found {
                        last.attached = true;
                    }
                }
                _ => {}
            }
        }
        found
    }
}
