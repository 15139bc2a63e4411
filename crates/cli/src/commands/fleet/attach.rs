//! `vouchsafe fleet attach`: enrolled devices that are exactly one declared device become one with it, by an entry of a
//! station.

use std::collections::BTreeMap;

use clap::Args;
use evidence::facts::fleet::DeviceAttached;
use evidence::{Fact, SourceId};
use serde_json::{Value, json};

use super::super::Context;
use super::place::each_device;
use crate::author::AuthorArgs;
use crate::failure::{Failure, Verdict};
use crate::text;

/// Ambiguous devices shown to people.
const SHOWN: usize = 20;

/// Attach enrolled devices to the declared devices that they are
///
/// An enrolled and a declared device are one where their UDIs name the same instance, or, where a UDI names none, where model
/// and serial number are the same; only where each of them matches exactly one. What matches several is shown and left alone.
/// Takes the role `station`.
#[derive(Args, Debug)]
pub(crate) struct AttachArgs {
    /// Say what would be attached, and state nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    author: AuthorArgs,
}

/// A device that is enrolled or declared, and not both yet.
#[derive(Clone, Debug)]
struct Candidate {
    id: String,
    device: Option<SourceId>,
    instance: Option<String>,
    model_serial: Option<(String, String)>,
}

/// Who is whom.
#[derive(Default)]
struct Matches {
    pairs: Vec<(SourceId, String, &'static str)>,
    ambiguous: Vec<(String, Vec<String>)>,
}

fn candidate(device: &Value) -> Option<Candidate> {
    let text = |name: &str| device.get(name).and_then(Value::as_str).map(str::to_owned);
    let (ueid, asset) = (text("device"), text("asset"));
    if ueid.is_some() == asset.is_some() {
        return None;
    }
    let (udi, serial) = (text("udi"), text("serial"));
    let instance = udi.and_then(|scanned| {
        let udi = formats::udi::parse(&scanned);
        let (agency, di) = (udi.agency?, udi.di?);
        let serial = udi.serial.or_else(|| serial.clone())?;
        Some(format!("{} {di} {serial}", agency.word()))
    });
    let device = ueid.and_then(|id| id.parse().ok());
    Some(Candidate {
        id: asset.or_else(|| text("id"))?,
        device,
        instance,
        model_serial: text("model").zip(serial),
    })
}

fn matches(all: &[Candidate]) -> Matches {
    let mut out = Matches::default();
    let (enrolled, declared): (Vec<&Candidate>, Vec<&Candidate>) =
        all.iter().partition(|c| c.device.is_some());
    let mut by_instance: BTreeMap<&str, Vec<&Candidate>> = BTreeMap::new();
    let mut by_serial: BTreeMap<&(String, String), Vec<&Candidate>> = BTreeMap::new();
    for one in &declared {
        one.instance.iter().for_each(|i| by_instance.entry(i).or_default().push(one));
        one.model_serial.iter().for_each(|s| by_serial.entry(s).or_default().push(one));
    }
    let mut claims: BTreeMap<&str, Vec<&Candidate>> = BTreeMap::new();
    let mut wanted = Vec::new();
    for device in enrolled {
        let same = device.instance.as_deref().and_then(|i| by_instance.get(i));
        let (same, by) = match same {
            Some(same) => (same.clone(), "udi"),
            None => {
                let serial = device.model_serial.as_ref().and_then(|s| by_serial.get(s));
                // Two UDIs that name different instances are two devices, whatever else is the same.
                let other = |c: &&&Candidate| c.instance.is_none() || device.instance.is_none();
                (serial.into_iter().flatten().filter(other).copied().collect(), "model and serial")
            }
        };
        same.iter().for_each(|asset| claims.entry(&asset.id).or_default().push(device));
        if !same.is_empty() {
            wanted.push((device, same, by));
        }
    }
    for (device, same, by) in wanted {
        match (same.as_slice(), device.device) {
            ([asset], Some(id)) if claims.get(asset.id.as_str()).is_some_and(|c| c.len() == 1) => {
                out.pairs.push((id, asset.id.clone(), by));
            }
            _ => out.ambiguous.push((device.id.clone(), same.iter().map(|a| a.id.clone()).collect())),
        }
    }
    out
}

impl AttachArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let mut session = self.author.open(context)?;
        let here = session.ask(|world| {
            world.map(|world| {
                let view = world.fleet_at(evidence::Time::MAX, world.size());
                let devices = view.list(&world::fleet::Filter::all(), None, usize::MAX, usize::MAX).devices;
                devices.iter().filter_map(|d| candidate(&views::fleet::device_json(d))).collect::<Vec<_>>()
            })
        });
        let all = match (here, session.remote()) {
            (Some(all), _) => all,
            (None, Some(remote)) => {
                let mut all = Vec::new();
                each_device(remote, "", |device| all.extend(candidate(device)))?;
                all
            }
            (None, None) => Vec::new(),
        };
        let found = matches(&all);
        let facts: Vec<Fact> = found
            .pairs
            .iter()
            .map(|(device, asset, by)| {
                DeviceAttached { device: *device, asset: asset.clone(), by: (*by).into() }.into()
            })
            .collect();
        if !self.dry_run && !facts.is_empty() {
            let bar = context.ui.progress("Attaching", facts.len() as u64);
            session.say_all(facts, |n| bar.inc(n))?;
            bar.finish_and_clear();
        }
        let ui = &context.ui;
        if ui.is_json() {
            let pairs = found.pairs.iter();
            let pairs =
                pairs.map(|(d, asset, by)| json!({ "device": d.to_string(), "asset": asset, "by": by }));
            let ambiguous =
                found.ambiguous.iter().map(|(d, assets)| json!({ "device": d, "assets": assets }));
            ui.json(&json!({
                "dry_run": self.dry_run, "count": found.pairs.len(), "attached": pairs.collect::<Vec<_>>(),
                "ambiguous": ambiguous.collect::<Vec<_>>(),
            }))?;
            return Ok(Verdict::Holds);
        }
        let count = text::plural(found.pairs.len() as u64, "device", "devices");
        ui.print(ui.good(&format!("{} {count}.", if self.dry_run { "Would attach" } else { "Attached" })))?;
        ui.pairs(&[("ambiguous", text::count(found.ambiguous.len() as u64))])?;
        for (device, assets) in found.ambiguous.iter().take(SHOWN) {
            let assets = text::printable(&assets.join(", "), 200);
            ui.note(format!("{device} matches {assets}, of which it is at most one: left alone"));
        }
        Ok(Verdict::Holds)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{candidate, matches};

    #[test]
    fn only_what_matches_exactly_one_is_attached() {
        let device = |n: u8, udi: &str, serial: &str| {
            let id = evidence::SourceId::device([n; 16]).to_string();
            json!({ "id": id, "device": id, "udi": udi, "serial": serial, "model": "P1" })
        };
        let asset = |asset: &str, udi: Option<&str>, serial: &str| json!({ "id": format!("asset:{asset}"), "asset": asset, "udi": udi, "serial": serial, "model": "P1" });
        let all = [
            device(1, "(01)04012345004007(21)A1", "A1"),
            device(2, "(01)04012345004007", "A2"),
            device(3, "(01)04012345004007(21)A3", "A3"),
            device(4, "no carrier", "A4"),
            device(5, "(01)04012345004007(21)A5", "A5"),
            device(6, "(01)04012345004007(21)A6", "A6"),
            device(7, "010401234500400721A6", "A6"),
            // The same instance, written otherwise.
            asset("a1", Some("https://id.gs1.org/01/04012345004007/21/A1"), "other"),
            asset("a2", Some("(01)04012345004007"), "A2"),
            // Two rows for one device.
            asset("a3", Some("(01)04012345004007(21)A3"), "A3"),
            asset("a3b", Some("(01)04012345004007(21)A3"), "A3"),
            asset("a4", None, "A4"),
            // The same model and serial number, but a UDI of another instance.
            asset("a5", Some("(01)00643169001763(21)A5"), "A5"),
            // Two devices for one row.
            asset("a6", Some("(01)04012345004007(21)A6"), "A6"),
            json!({ "id": "x", "device": "dev:0", "asset": "attached already" }),
        ];
        let all: Vec<_> = all.iter().filter_map(candidate).collect();
        assert_eq!(all.len(), 14);
        let found = matches(&all);
        let pairs: Vec<_> = found.pairs.iter().map(|(_, asset, by)| (asset.as_str(), *by)).collect();
        assert_eq!(pairs, [("a1", "udi"), ("a2", "udi"), ("a4", "model and serial")]);
        let ambiguous: Vec<_> = found.ambiguous.iter().map(|(_, assets)| assets.join(" ")).collect();
        assert_eq!(ambiguous, ["a3 a3b", "a6", "a6"]);
    }
}
