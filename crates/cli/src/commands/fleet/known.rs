//! What is already known of declared devices, from the world or from a server, and what a row of a list adds to it.

use std::collections::BTreeMap;

use evidence::Time;
use evidence::facts::fleet::{Custody, DeviceDeclared, DeviceMoved};
use evidence::types::BlobRef;
use formats::inventory::Listed;
use serde_json::Value;
use world::World;
use world::fleet::Filter;

use crate::failure::Failure;
use crate::remote::Remote;

/// What was last said of a declared device.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    udi: Option<String>,
    serial: Option<String>,
    model: Option<String>,
    software: Vec<String>,
    site: Option<String>,
    pub(super) owner: Option<String>,
    custody: Option<String>,
    since: Option<Time>,
    /// What it is and runs is not known as the import said it: a server answers for the enrolled device that it is.
    only_place: bool,
}

/// Declared devices by their identifier.
pub(super) type AllKnown = BTreeMap<String, Known>;

/// Of everything that the world has now.
pub(super) fn here(world: &World) -> AllKnown {
    let view = world.fleet_at(Time::MAX, world.size());
    let devices = view.list(&Filter::all(), None, usize::MAX, usize::MAX).devices;
    let known = devices.into_iter().filter_map(|device| {
        let asset = device.asset?;
        let said = view.declaration(&asset)?;
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let known = Known {
            udi: said.udi,
            serial: said.serial,
            model: owned(said.model),
            software: said.software.iter().map(|s| (*s).to_owned()).collect(),
            site: owned(said.site),
            owner: owned(said.owner),
            custody: said.custody.map(|c| c.word().to_owned()),
            since: said.since,
            only_place: false,
        };
        Some((asset, known))
    });
    known.collect()
}

/// Of everything that a server answers.
pub(super) fn there(remote: &Remote) -> Result<AllKnown, Failure> {
    let mut known = AllKnown::new();
    super::place::each_device(remote, "asset is known", |device| {
        let text = |name: &str| device.get(name).and_then(Value::as_str).map(str::to_owned);
        if let Some(asset) = text("asset") {
            let software = device.get("software").and_then(Value::as_array).into_iter().flatten();
            let one = Known {
                udi: text("udi"),
                serial: text("serial"),
                model: text("model"),
                software: software.filter_map(Value::as_str).map(str::to_owned).collect(),
                site: text("site"),
                owner: text("owner"),
                custody: text("custody"),
                since: None,
                only_place: device.get("device").is_some_and(Value::is_string),
            };
            known.insert(asset, one);
        }
    })?;
    Ok(known)
}

/// What a row adds.
pub(super) enum Change {
    /// A device that nobody declared yet.
    New(DeviceDeclared),
    /// Something about what it is or runs.
    Changed(DeviceDeclared),
    /// Where it is, whose, or in whose hands.
    Moved(DeviceMoved),
    /// Nothing.
    Nothing,
}

fn custody(word: Option<&'static str>) -> Option<Custody> {
    Some(match word? {
        "in-use" => Custody::InUse,
        "stored" => Custody::Stored,
        "loaned" => Custody::Loaned,
        "in-transit" => Custody::InTransit,
        "in-service" => Custody::InService,
        "retired" => Custody::Retired,
        _ => Custody::Missing,
    })
}

/// Whether a row says something that is not known: what it leaves out says nothing.
fn differs(said: Option<&str>, known: Option<&str>) -> bool {
    said.is_some() && said != known
}

/// What a row adds to what is known of its device. `owner` is the row's, or the commitment to it.
pub(super) fn change(
    row: &Listed,
    owner: Option<String>,
    known: Option<&Known>,
    document: &BlobRef,
) -> Change {
    let since: Option<Time> = row.since.as_deref().and_then(|s| s.parse().ok());
    let declared = |since: Option<Time>| DeviceDeclared {
        asset: row.asset.clone(),
        udi: row.udi.clone(),
        serial: row.serial.clone(),
        model: row.model.clone(),
        software: row.software.clone(),
        site: row.site.clone(),
        owner: owner.clone(),
        custody: custody(row.custody),
        since,
        import: Some(document.clone()),
    };
    let Some(known) = known else { return Change::New(declared(since)) };
    // The date that was there before is not the date of this change.
    let since = since.filter(|since| !known.only_place && known.since != Some(*since));
    let itself = differs(row.udi.as_deref(), known.udi.as_deref())
        || differs(row.serial.as_deref(), known.serial.as_deref())
        || differs(row.model.as_deref(), known.model.as_deref())
        || (!row.software.is_empty() && row.software != known.software);
    if itself && !known.only_place {
        return Change::Changed(declared(since));
    }
    let place = differs(row.site.as_deref(), known.site.as_deref())
        || differs(owner.as_deref(), known.owner.as_deref())
        || differs(row.custody, known.custody.as_deref());
    if !place {
        return Change::Nothing;
    }
    Change::Moved(DeviceMoved {
        device: None,
        asset: Some(row.asset.clone()),
        site: row.site.clone(),
        owner,
        custody: custody(row.custody),
        since,
    })
}

impl Known {
    /// Whether it is out of use for good: that such a device is in no list any more is as it should be.
    pub(super) fn retired(&self) -> bool {
        self.custody.as_deref() == Some(Custody::Retired.word())
    }
}
