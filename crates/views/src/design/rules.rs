//! Which rules are in force where several repositories feed a line: those of one repository, its newest configuration. The
//! items of all of them count, since each describes its own part; a repository with other rules is named.

use std::collections::{BTreeMap, BTreeSet};

use records::config::{Config, Editorial, Setup};
use records::schema::SchemaError;
use world::design::Commit;

use super::fill::Asking;
use super::{Ask, DesignError, Moment};

/// What is in force.
pub(super) struct InForce {
    /// Rules, items of all repositories, stage.
    pub(super) setup: Setup,
    /// The repository whose rules these are.
    pub(super) home: String,
    /// Whether editorial changes count only once they are signed.
    pub(super) must_sign: bool,
    /// Repositories that have other rules.
    pub(super) others: Vec<String>,
    /// Kinds that marked code has to implement, as any repository asks.
    pub(super) marked: Vec<String>,
}

/// Finds them. The repository is the one that a present configuration names as `home`, the last pushed winning; else the one
/// that was pushed first.
pub(super) fn in_force<A: Ask>(asking: &Asking<'_, A>, commits: &[Commit]) -> Result<InForce, DesignError> {
    let Moment { product, line, .. } = asking.moment;
    let none = || DesignError::NoConfiguration { product: product.clone(), line: line.clone() };
    let mut newest: BTreeMap<&str, &Commit> = BTreeMap::new();
    let mut first = None;
    for commit in commits.iter().filter(|commit| commit.said.configuration.is_some()) {
        first = first.or(Some(commit.said.repository.as_str()));
        newest.insert(&commit.said.repository, commit);
    }
    let mut home = first.ok_or_else(none)?;
    let mut read: BTreeMap<&str, Result<Config, SchemaError>> = BTreeMap::new();
    for (repository, commit) in &newest {
        let Some(blob) = &commit.said.configuration else { continue };
        let missing = || DesignError::Missing { what: "vouchsafe.toml", digest: blob.digest };
        let text = asking.blob(&blob.digest)?.ok_or_else(missing)?;
        read.insert(repository, Config::parse(&String::from_utf8_lossy(&text)));
    }
    let mut by_time: Vec<(&str, &Commit)> = newest.iter().map(|(name, commit)| (*name, *commit)).collect();
    by_time.sort_by_key(|(_, commit)| commit.index);
    for (repository, _) in by_time {
        let named = read.get(repository).and_then(|read| read.as_ref().ok()?.product.home.as_deref());
        if let Some((known, _)) = named.and_then(|named| newest.get_key_value(named)) {
            home = known;
        }
    }
    let unusable = |source: SchemaError| DesignError::Configuration {
        commit: newest.get(home).map_or_else(String::new, |commit| commit.said.commit.clone()),
        source,
    };
    let config = read.remove(home).ok_or_else(none)?.map_err(unusable)?;
    let mut setup = config.setup().map_err(unusable)?;
    let mut marked: BTreeSet<String> = config.code.iter().flat_map(|code| code.marked.clone()).collect();
    let mut others = Vec::new();
    for (repository, other) in read {
        let Ok(other) = other else {
            others.push(repository.to_owned());
            continue;
        };
        if other.rules_print() != config.rules_print() {
            others.push(repository.to_owned());
        }
        marked.extend(other.code.iter().flat_map(|code| code.marked.clone()));
        if let Ok(own) = other.setup() {
            let new =
                own.items.into_iter().filter(|item| !setup.items.iter().any(|known| known.name == item.name));
            let new: Vec<_> = new.collect();
            setup.items.extend(new);
        }
    }
    let must_sign = config.product.editorial == Editorial::Signed;
    Ok(InForce { setup, home: home.to_owned(), must_sign, others, marked: marked.into_iter().collect() })
}
