//! `vouchsafe device enrol`: a station states devices that it has at hand.

use std::io::Read;
use std::path::PathBuf;

use clap::Args;
use evidence::cbor::Reader;
use evidence::facts::fleet::{DeviceEnrolled, DeviceReenrolled};
use evidence::{Fact, Field, SourceId};
use serde_json::{Value, json};
use tlog::Hash;

use super::super::Context;
use crate::author::AuthorArgs;
use crate::failure::{Failure, Verdict};
use crate::session::Session;
use crate::text;

/// Most bytes of a file of enrolments.
const MAX_FILE: u64 = 64 << 20;
/// Devices shown to people.
const SHOWN: usize = 20;

/// State devices that a station has at hand
///
/// Each line of FILE is the content of a `DeviceEnrolled` fact in hexadecimal digits, as a device or its test equipment writes it
/// (`docs/spec/device-protocol.md`, section 3): UEID, key, the key's proof of possession for this log, UDI, model, product. What
/// the station knows better is given here. A UEID or key that is enrolled already is quarantined, never merged; then nothing
/// after it is stated. Takes the role `station`.
#[derive(Args, Debug)]
pub(crate) struct EnrolArgs {
    /// One line a device; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Product (Basic UDI-DI or the maker's name for it), if not as the lines say
    #[arg(long)]
    product: Option<String>,
    /// Model, if not as the lines say
    #[arg(long)]
    model: Option<String>,
    /// Serial number, if not as the line says; for one device
    #[arg(long)]
    serial: Option<String>,
    /// Hardware version, if not as the lines say
    #[arg(long, value_name = "VERSION")]
    hardware_version: Option<String>,
    /// Qualification report of the silicon, kept as a document of the log
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// They are enrolled already and have another key now: new silicon, or repair. The proof of possession names no UDI then
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    author: AuthorArgs,
}

impl EnrolArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let mut devices = self.read()?;
        if self.serial.is_some() && devices.len() > 1 {
            let problem = format!("--serial names one device, and there are {}", devices.len());
            return Err(Failure::input("enrolling devices", problem).hint("let the lines say it"));
        }
        let mut session = self.author.open(context)?;
        let report = match &self.report {
            Some(path) => {
                let bytes = std::fs::read(path).map_err(|e| Failure::file("reading", path, &e))?;
                Some(session.put_blob(&bytes, "application/octet-stream")?)
            }
            None => None,
        };
        for device in &mut devices {
            device.product = self.product.clone().unwrap_or_else(|| std::mem::take(&mut device.product));
            device.model = self.model.clone().unwrap_or_else(|| std::mem::take(&mut device.model));
            device.serial = self.serial.clone().or_else(|| device.serial.take());
            device.hardware_version =
                self.hardware_version.clone().or_else(|| device.hardware_version.take());
            device.report = report.clone().or_else(|| device.report.take());
        }
        let ids: Vec<SourceId> = devices.iter().map(|d| d.device).collect();
        let facts = devices.into_iter().map(|device| self.fact(&session, device));
        let facts = facts.collect::<Result<Vec<Fact>, Failure>>()?;
        let bar = context.ui.progress("Enrolling", facts.len() as u64);
        let said = session.say_all(facts, |n| bar.inc(n))?;
        bar.finish_and_clear();
        let entries = ids.iter().zip(&said);
        let ui = &context.ui;
        if ui.is_json() {
            let devices =
                entries.map(|(id, said)| json!({ "device": id.to_string(), "index": said.at.index }));
            ui.json(&json!({ "count": said.len(), "devices": devices.collect::<Vec<_>>() }))?;
            return Ok(Verdict::Holds);
        }
        let count = text::plural(said.len() as u64, "device", "devices");
        ui.print(ui.good(&format!("Enrolled {count}{}.", if self.again { " again" } else { "" })))?;
        for (id, said) in entries.take(SHOWN) {
            ui.print(format!("  {id}  entry {}", text::count(said.at.index)))?;
        }
        Ok(Verdict::Holds)
    }

    fn read(&self) -> Result<Vec<DeviceEnrolled>, Failure> {
        let doing = format!("reading enrolments from {}", self.file.display());
        let fail = |e: &std::io::Error| Failure::file("reading", &self.file, e);
        let mut text = String::new();
        let read = if self.file.as_os_str() == "-" {
            std::io::stdin().lock().take(MAX_FILE + 1).read_to_string(&mut text)
        } else {
            let file = std::fs::File::open(&self.file).map_err(|e| fail(&e))?;
            file.take(MAX_FILE + 1).read_to_string(&mut text)
        };
        if read.map_err(|e| fail(&e))? as u64 > MAX_FILE {
            return Err(Failure::input(doing, format!("more than {MAX_FILE} bytes")).hint("split it"));
        }
        let lines = (1u64..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let devices = lines.map(|(n, line)| {
            let bad = |why: String| {
                Failure::input(&doing, format!("line {n}: {why}")).hint(
                    "a line is the content of a DeviceEnrolled fact in hexadecimal digits: a CBOR map with keys 1, 2, 3, 6, 8, 11",
                )
            };
            let bytes = bytes(line.trim()).ok_or_else(|| bad("these are no hexadecimal digits".into()))?;
            let mut reader = Reader::new(&bytes);
            let read = DeviceEnrolled::read(&mut reader).and_then(|d| reader.finish().map(|()| d));
            read.map_err(|e| bad(e.to_string()))
        });
        let devices = devices.collect::<Result<Vec<_>, Failure>>()?;
        if devices.is_empty() { Err(Failure::input(doing, "there is no line in it")) } else { Ok(devices) }
    }

    fn fact(&self, session: &Session, device: DeviceEnrolled) -> Result<Fact, Failure> {
        if !self.again {
            return Ok(device.into());
        }
        let DeviceEnrolled { device, key, possession, helper, .. } = device;
        let old = present_key(session, device)?;
        Ok(DeviceReenrolled { device, old, key, possession, helper }.into())
    }
}

/// The digits of a line.
fn bytes(line: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    line.as_bytes().chunks(2).map(pair).collect()
}

/// The standing key of an enrolled device.
fn present_key(session: &Session, device: SourceId) -> Result<Hash, Failure> {
    let doing = format!("looking for the key of {device}");
    let here = session.ask(|world| {
        world.map(|world| {
            let keys = world.sources().get(&device).map(|s| s.keys.as_slice()).unwrap_or_default();
            keys.iter().rev().find(|k| k.until.is_none()).map(|k| k.id)
        })
    });
    let found = match (here, session.remote()) {
        (Some(found), _) => found,
        (None, Some(remote)) => {
            let answer = remote.get(&format!("/api/v1/sources/{device}"))?;
            let keys = answer.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let present = keys.iter().rev().find(|k| k["until"].is_null());
            present.and_then(|k| Hash::from_hex(k["id"].as_str()?).ok())
        }
        (None, None) => None,
    };
    found.ok_or_else(|| {
        Failure::input(doing, "it is not enrolled, or has no key now").hint("leave out --again")
    })
}
