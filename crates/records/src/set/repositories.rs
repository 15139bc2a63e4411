//! Several repositories of one product: whose a record is, which ids two of them claim, and where their rules differ. The
//! repository at hand has index 0; in a set that a log gives, that is the one whose rules are in force.

use super::{Node, RecordSet};
use crate::problem::Problem;
use crate::record::Record;

/// An id that two repositories claim. One record stands; the other is left out and named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// The id.
    pub id: Box<str>,
    /// The repository whose record does not stand.
    pub repository: Box<str>,
}

impl RecordSet {
    /// The index of a repository by its name; entered when it is new. The first one is the one at hand.
    pub fn add_repository(&mut self, name: &str) -> u16 {
        let at = self.repositories.iter().position(|known| **known == *name).unwrap_or_else(|| {
            self.repositories.push(name.into());
            self.repositories.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    /// Name of a repository; empty when none was named.
    #[must_use]
    pub fn repository_name(&self, index: u16) -> &str {
        self.repositories.get(usize::from(index)).map_or("", |name| name)
    }

    /// Index of the repository of a record.
    #[must_use]
    pub fn repository(&self, node: Node) -> u16 {
        self.slot(node).map_or(0, |slot| slot.repository)
    }

    /// Says which repository a record is of.
    pub fn set_repository(&mut self, node: Node, repository: u16) {
        if let Some(slot) = self.slots.get_mut(node.0 as usize) {
            slot.repository = repository;
        }
    }

    /// Says of which item a record is, whatever its path says; an unknown item is none.
    pub fn set_item(&mut self, node: Node, item: Option<&str>) {
        let at = item.and_then(|item| self.items.iter().position(|known| known.name == item));
        if let Some(slot) = self.slots.get_mut(node.0 as usize) {
            slot.item = at.and_then(|at| u16::try_from(at).ok());
        }
    }

    /// Adds a record of another repository. What stands at hand stays: an id that both have is a claim.
    ///
    /// # Errors
    /// With a problem, when the set is full.
    pub fn insert_of(&mut self, record: Record, repository: u16) -> Result<Option<Node>, Box<Problem>> {
        if self.node(record.id()).is_some_and(|node| self.record(node).is_some()) {
            let repository = self.repository_name(repository).into();
            self.claims.push(Claim { id: record.id().into(), repository });
            return Ok(None);
        }
        let named = record.text_of("item").to_owned();
        let node = self.insert(record)?;
        self.set_repository(node, repository);
        self.set_item(node, Some(&named).filter(|named| !named.is_empty()).map(String::as_str));
        Ok(Some(node))
    }

    /// Checks only the records of the repository at hand from now on; those of others are there to be linked to.
    pub fn check_own_only(&mut self) {
        self.own_only = true;
    }

    /// Whether a record is checked: whether it is of the repository at hand, where only these are.
    #[must_use]
    pub fn is_checked(&self, node: Node) -> bool {
        !self.own_only || self.repository(node) == 0
    }

    /// Notes that a repository claims an id that another one's record has.
    pub fn add_claim(&mut self, claim: Claim) {
        self.claims.push(claim);
    }

    /// Ids that two repositories claim.
    #[must_use]
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// Notes that the rules of a repository are not those in force.
    pub fn add_differing(&mut self, repository: &str) {
        self.differing.push(repository.into());
    }

    /// Repositories whose rules are not those in force.
    #[must_use]
    pub fn differing(&self) -> &[Box<str>] {
        &self.differing
    }
}
