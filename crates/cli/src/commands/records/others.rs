//! Records of the product's other repositories as a log holds them, so that links across resolve where these are not checked
//! out beside this one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use clap::Args;
use records::command::Beside;
use records::config::{CONFIG_FILE, Config};
use records::tree::Foreign;
use views::design::{DesignError, Moment, design};

use super::push::git;
use super::signatures::Signatures;
use crate::commands::Context;
use crate::failure::Failure;

#[derive(Args, Clone, Debug, Default)]
pub(super) struct OthersArgs {
    /// Take the records of the product's other repositories from the log of the data directory
    #[arg(long)]
    others_from_log: bool,
    /// Name of this repository there [default: the last part of its origin's address, else its folder]
    #[arg(long, value_name = "NAME", requires = "others_from_log")]
    this_repository: Option<String>,
}

impl OthersArgs {
    /// Whether anything was given.
    pub(super) const fn any(&self) -> bool {
        self.others_from_log
    }

    /// Those records, if they were asked for.
    pub(super) fn others(&self, context: &Context, root: &Path) -> Result<Vec<Foreign>, Failure> {
        if !self.others_from_log {
            return Ok(Vec::new());
        }
        let path = root.join(CONFIG_FILE);
        let text = std::fs::read_to_string(&path).map_err(|e| Failure::file("reading", &path, &e))?;
        let config = Config::parse(&text).map_err(|e| Failure::input("reading the product file", e))?;
        let own = self.this_repository.clone().map_or_else(|| git::name(root), Ok)?;
        let (_, loaded) = context.data.load()?;
        let blobs = context.data.blobs()?;
        let known = loaded.world.size();
        let at = loaded.world.clock().time_of(known.saturating_sub(1));
        let product = config.product.id().to_owned();
        let moment = Moment { product, line: config.product.line, at, known };
        let made = match design(&loaded.world, &blobs, &moment, 1) {
            // Nobody pushed yet: there is nothing to link to.
            Err(DesignError::Nothing { .. }) => return Ok(Vec::new()),
            Err(DesignError::Store(e)) => return Err(e.into()),
            Err(other) => return Err(Failure::input("reading the records of the log", other)),
            Ok(made) => made,
        };
        Ok(of(made.evaluator.set(), &own))
    }

    /// What commands that only look know beside the files.
    pub(super) fn beside(
        &self,
        context: &Context,
        root: &Path,
        signatures: &Signatures,
    ) -> Result<Beside, Failure> {
        Ok(Beside { signed_editorial: signatures.editorial(), others: self.others(context, root)? })
    }
}

fn of(set: &records::set::RecordSet, own: &str) -> Vec<Foreign> {
    let mut found: BTreeMap<&str, Foreign> = BTreeMap::new();
    for (node, record) in set.records() {
        let name = set.repository_name(set.repository(node));
        if name == own {
            continue;
        }
        let other = found.entry(name).or_default();
        name.clone_into(&mut other.name);
        other.records.push((format!("{name}:{}", set.file(record.place.file)), record.clone()));
        for edge in set.out(node) {
            if let Some(revision) = set.stamp(node, edge.link, edge.node) {
                let link = set.schema().link_name(edge.link);
                let _ = writeln!(
                    other.lock,
                    "link {} {link} {} {revision} from the log",
                    record.id(),
                    set.id(edge.node)
                );
            }
        }
        other.results.extend(set.results(node).iter().cloned());
        other.approvals.extend(set.approvals(node).iter().cloned());
    }
    found.into_values().collect()
}
