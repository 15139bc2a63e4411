//! `vouchsafe sbom export`: the bill of materials of a release, or of what one device runs, for other tools.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use evidence::SourceId;
use formats::sbom::{
    Class, Component, Creator, CreatorKind, Metadata, Part, Property, Sbom, merge, write_cyclonedx_json,
    write_cyclonedx_xml, write_spdx_json, write_spdx_tag_value,
};
use ledger::Loaded;
use world::fleet::{DeviceState, Running, Subject};
use world::release::Release;

use super::Context;
use super::release::moment::{Moment, MomentArgs};
use super::release::{Found, Scope, Source, choose, contents};
use crate::data;
use crate::failure::{Failure, Verdict};

#[derive(Subcommand, Debug)]
pub(crate) enum SbomCommand {
    /// Write the bill of materials of a release, or of what a device runs
    Export(ExportArgs),
}

/// Standards and forms that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum As {
    /// CycloneDX 1.6, JSON
    Cyclonedx,
    /// CycloneDX 1.6, XML
    CyclonedxXml,
    /// SPDX 2.3, JSON
    Spdx,
    /// SPDX 2.3, tag-value
    SpdxTagValue,
}

/// Write the bill of materials of a release, or of what a device runs
///
/// A device's is put together from the SBOMs of the releases that its measurements, or words, lead to at the moment asked for.
/// Exit status 1 when something it runs is not covered; the document then names what.
#[derive(Args, Debug)]
#[group(skip)]
pub(crate) struct ExportArgs {
    /// Version of the release, or ITEM@VERSION
    #[arg(long, value_name = "VERSION", required_unless_present = "device", conflicts_with = "device")]
    release: Option<String>,
    /// The device: its UEID, or its identifier in the importing system
    #[arg(long, value_name = "ID")]
    device: Option<String>,
    /// Standard and form
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: As,
    /// The item
    #[arg(long, value_name = "NAME")]
    item: Option<String>,
    #[command(flatten)]
    scope: Scope,
    /// Write to this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    moment: MomentArgs,
}

impl SbomCommand {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Export(args) => args.run(context),
        }
    }
}

fn property(name: &str, value: impl Into<Box<str>>) -> Property {
    Property { name: format!("vouchsafe:{name}").into(), value: value.into() }
}

impl ExportArgs {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let (_, loaded) = context.data.load()?;
        let moment = self.moment.settle(&loaded.world)?;
        let (sbom, missing) = match (&self.release, &self.device) {
            (Some(version), _) => self.of_release(context, &loaded, &moment, version)?,
            (None, Some(device)) => of_device(context, &loaded, &moment, device)?,
            (None, None) => {
                return Err(Failure::input("writing an SBOM", "neither a release nor a device is named"));
            }
        };
        let bytes = match self.form {
            As::Cyclonedx => write_cyclonedx_json(&sbom),
            As::CyclonedxXml => write_cyclonedx_xml(&sbom).into_bytes(),
            As::Spdx => write_spdx_json(&sbom),
            As::SpdxTagValue => write_spdx_tag_value(&sbom).into_bytes(),
        };
        match &self.out {
            Some(path) => data::write_new(path, &bytes, false)?,
            None => context.ui.print(String::from_utf8_lossy(&bytes).trim_end())?,
        }
        for line in &missing {
            context.ui.note(format!("not covered: {line}"));
        }
        Ok(if missing.is_empty() { Verdict::Holds } else { Verdict::DoesNotHold })
    }

    fn of_release(
        &self,
        context: &Context,
        loaded: &Loaded,
        moment: &Moment,
        version: &str,
    ) -> Result<(Sbom, Vec<String>), Failure> {
        let world = &loaded.world;
        let product = self.scope.product_if_any()?;
        let source = Source::World { world, until: moment.until, known: moment.known(world) };
        let found = choose(&source, product.as_deref(), self.item.as_deref(), version)?;
        let mut sboms = contents(&context.data.blobs()?, &found.made)?;
        if sboms.is_empty() {
            let name = format!("{} {}", found.made.item, found.made.version);
            return Err(Failure::input(format!("writing the SBOM of {name}"), "the release names none")
                .hint("release the next version with `--sbom FILE`"));
        }
        // One document that says what it is of is the release's own word, and stays as it is.
        let whole = matches!(sboms.as_slice(), [only] if only.subject.is_some());
        if let Some(only) = sboms.pop_if(|_| whole) {
            return Ok((only, Vec::new()));
        }
        let metadata = metadata(moment, &found.made.product);
        let whole = Component {
            name: found.made.product.clone().into(),
            class: Class::Device,
            ..Component::default()
        };
        Ok((merge(whole, metadata, vec![Part { component: component(&found), sboms }]), Vec::new()))
    }
}

fn metadata(moment: &Moment, name: &str) -> Metadata {
    Metadata {
        creators: vec![Creator {
            kind: CreatorKind::Tool,
            name: concat!("vouchsafe-", env!("CARGO_PKG_VERSION")).into(),
        }],
        name: Some(name.into()),
        timestamp: Some(moment.at.to_string().into()),
        properties: vec![
            property("at", moment.at.to_string()),
            property("known-size", moment.size.to_string()),
            property("known-time", moment.time.to_string()),
        ],
        ..Metadata::default()
    }
}

/// A release as a component.
fn component(found: &Found) -> Component {
    let made = &found.made;
    let class = if made.item.to_ascii_lowercase().contains("firmware") {
        Class::Firmware
    } else {
        Class::Application
    };
    Component {
        name: made.item.clone().into(),
        version: Some(made.version.clone().into()),
        reference: format!("{}@{}", made.item, made.version).into(),
        class,
        properties: vec![
            property("release-entry", found.entry.index.to_string()),
            property("release-hash", found.entry.entry.to_string()),
        ],
        ..Component::default()
    }
}

fn of_device(
    context: &Context,
    loaded: &Loaded,
    moment: &Moment,
    device: &str,
) -> Result<(Sbom, Vec<String>), Failure> {
    let world = &loaded.world;
    let doing = format!("writing the SBOM of {device}");
    let subject = match device.parse::<SourceId>() {
        Ok(id) => Subject::Device(id),
        Err(_) => Subject::Asset(device.strip_prefix("asset:").unwrap_or(device).to_owned()),
    };
    let view = world.fleet_at(moment.at, moment.size);
    let state = view.state(&subject);
    let state =
        state.ok_or_else(|| Failure::input(&doing, format!("no such device is known at {}", moment.at)))?;
    let blobs = context.data.blobs()?;
    let known = moment.known(world);
    let (mut parts, mut missing) = (Vec::new(), Vec::new());
    for running in &state.running {
        match running.release.and_then(|index| world.releases().get(index, known)) {
            Some(release) => {
                let found = found(release);
                let sboms = contents(&blobs, &found.made)?;
                if sboms.is_empty() {
                    missing.push(format!(
                        "{} {}: the release names no SBOM",
                        found.made.item, found.made.version
                    ));
                }
                parts.push(Part { component: component(&found), sboms });
            }
            None => {
                missing.push(format!("{}: it is no release that the log knows", named(running)));
                let component = Component {
                    name: running.item.clone().into(),
                    version: running.version.clone().map(Into::into),
                    reference: named(running).into(),
                    properties: vec![property("undetermined", "no release that the log knows")],
                    ..Component::default()
                };
                parts.push(Part { component, sboms: Vec::new() });
            }
        }
    }
    for measured in &state.unknown {
        missing.push(format!("measurement {} {}: no release has it", measured.name, measured.digest));
        let component = Component {
            name: measured.name.clone().into(),
            version: measured.version.clone().map(Into::into),
            hashes: vec![formats::sbom::Hash {
                algorithm: "SHA-256".into(),
                value: measured.digest.to_string().into(),
            }],
            reference: format!("measured/{}", measured.name).into(),
            properties: vec![property("undetermined", "measured, and a reference value of no release")],
            ..Component::default()
        };
        parts.push(Part { component, sboms: Vec::new() });
    }
    if state.running.is_empty() && state.unknown.is_empty() {
        missing.push(format!("everything: what it runs is {}", state.certainty.word()));
    }
    Ok((merge(whole(&state), metadata(moment, &subject.to_string()), parts), missing))
}

fn named(running: &Running) -> String {
    match &running.version {
        Some(version) => format!("{} {version}", running.item),
        None => format!("{} of mixed releases", running.item),
    }
}

fn found(release: &Release) -> Found {
    Found { entry: release.entry.clone(), made: release.made.clone(), withdrawn: None }
}

/// The device as the subject of its SBOM.
fn whole(state: &DeviceState<'_>) -> Component {
    let mut properties =
        vec![property("grade", state.grade.word()), property("certainty", state.certainty.word())];
    let stated = [
        ("udi", state.udi.as_deref()),
        ("serial", state.serial.as_deref()),
        ("product", state.product),
        ("hardware-version", state.hardware_version),
        ("site", state.site),
    ];
    properties.extend(stated.into_iter().filter_map(|(name, value)| Some(property(name, value?))));
    Component {
        name: state.model.unwrap_or("device").into(),
        class: Class::Device,
        reference: state.subject().to_string().into(),
        properties,
        ..Component::default()
    }
}
