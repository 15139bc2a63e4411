//! `vouchsafe device move`: another site, owner or custody of one device.

use clap::{Args, ValueEnum};
use evidence::Time;
use evidence::facts::fleet::{Custody, DeviceMoved};
use serde_json::Value;
use views::fleet::Search;
use world::fleet::Subject;

use super::super::Context;
use super::super::fleet::place::encoded;
use crate::author::AuthorArgs;
use crate::failure::{Failure, Verdict};
use crate::session::Session;
use crate::text;

/// Where a device stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Hands {
    /// Used on or by patients: expected to report
    InUse,
    /// Stored: not expected to report
    Stored,
    /// Lent out
    Loaned,
    /// Under way
    InTransit,
    /// In service or repair
    InService,
    /// Out of use for good
    Retired,
    /// Nobody knows where it is
    Missing,
}

/// State where a device is, whose it is, or in whose hands
///
/// Takes the role `field` or `quality`. `--custody retired` ends its life, `--custody stored` keeps its silence from being a
/// finding.
#[derive(Args, Debug)]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true)))]
pub(crate) struct MoveArgs {
    /// UEID, asset, UDI or serial number
    id: String,
    /// Site from then on
    #[arg(long, group = "what")]
    site: Option<String>,
    /// Owner from then on
    #[arg(long, group = "what")]
    owner: Option<String>,
    /// Where it stands in its life from then on
    #[arg(long, value_enum, group = "what")]
    custody: Option<Hands>,
    /// Since when, such as 2026-11-20T12:00:00Z [default: the log time of the entry]
    #[arg(long, value_name = "TIME")]
    since: Option<Time>,
    #[command(flatten)]
    author: AuthorArgs,
}

impl From<Hands> for Custody {
    fn from(hands: Hands) -> Self {
        match hands {
            Hands::InUse => Self::InUse,
            Hands::Stored => Self::Stored,
            Hands::Loaned => Self::Loaned,
            Hands::InTransit => Self::InTransit,
            Hands::InService => Self::InService,
            Hands::Retired => Self::Retired,
            Hands::Missing => Self::Missing,
        }
    }
}

impl MoveArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let mut session = self.author.open(context)?;
        let subject = who(&session, &self.id)?;
        let (device, asset) = match &subject {
            Subject::Device(device) => (Some(*device), None),
            Subject::Asset(asset) => (None, Some(asset.clone())),
        };
        let custody = self.custody.map(Custody::from);
        let (site, owner) = (self.site, self.owner);
        let said = session.say(DeviceMoved { device, asset, site, owner, custody, since: self.since })?;
        said.report(context, "Moved the device.", &[("device", subject.to_string())])?;
        Ok(Verdict::Holds)
    }
}

/// Whom an identifier means, now.
fn who(session: &Session, id: &str) -> Result<Subject, Failure> {
    let doing = format!("looking for `{}`", text::printable(id, 200));
    let here = session.ask(|world| {
        let world = world?;
        let known = views::fleet::direct(world.fleet(), id).filter(|s| world.fleet().contains(s));
        Some(known.map(Ok).unwrap_or_else(|| {
            let mut search = Search::new(id);
            let _ = search.piece(&world.fleet_at(Time::MAX, world.size()), None, usize::MAX);
            match (search.count, search.found.as_slice()) {
                (1, [found]) => Ok(found.subject.clone()),
                (0, _) => Err("no device is called so".to_owned()),
                (count, found) => {
                    let names: Vec<String> = found.iter().map(|c| c.subject.to_string()).collect();
                    Err(format!("{count} devices are called so: {}", names.join(", ")))
                }
            }
        }))
    });
    if let Some(found) = here {
        return found.map_err(|problem| Failure::input(doing, problem));
    }
    let remote = session.remote().ok_or_else(|| Failure::input(&doing, "there is no log at hand"))?;
    let answer = remote.get(&format!("/api/v1/devices/{}", encoded(id)))?;
    let subject = answer.get("id").and_then(Value::as_str).and_then(views::fleet::subject);
    subject.ok_or_else(|| Failure::environment(doing, "an answer without an identifier"))
}
