//! Components and documents together, kept up with the log. Grows only; what counts at a moment is for
//! [`super::Knowledge`] to say.

use evidence::facts::vulnerability::{AdvisoryTaken, VexTaken};
use evidence::types::Interpreted;
use formats::advisory::Contents;
use formats::kev;
use formats::sbom::{Sbom, from_canonical};
use ledger::ports::Blobs;
use world::World;
use world::vulnerability::Taken;

use super::documents::{Documents, blob, contents};
use super::parts::Parts;

/// Parser of CISA's catalogue of known exploited vulnerabilities.
const KEV: &str = "kev";

/// Every component of every release, and every document about vulnerabilities.
#[derive(Default)]
pub struct Catalogue {
    /// Components and who carries them.
    pub parts: Parts,
    /// Advisories and statements.
    pub documents: Documents,
    seen: u64,
}

/// A document that the log has and the catalogue has not.
#[derive(Clone, Debug)]
pub enum Doc {
    /// The bills of materials of a release.
    Release(u64, Vec<Interpreted>),
    /// A state of an advisory.
    Advisory(Taken<AdvisoryTaken>),
    /// Another party's VEX document.
    Vex(Taken<VexTaken>),
    /// A state of the catalogue of exploited vulnerabilities.
    Exploited(Taken<AdvisoryTaken>),
}

/// A document as it was read. One that cannot be read is kept as such: what depends on it is undetermined.
pub enum Loaded {
    /// The bills of materials of a release.
    Release(u64, Vec<Result<Sbom, String>>),
    /// A state of an advisory.
    Advisory(Taken<AdvisoryTaken>, Result<(Contents, usize), String>),
    /// Another party's VEX document.
    Vex(Taken<VexTaken>, Result<(Contents, usize), String>),
    /// A state of the catalogue of exploited vulnerabilities.
    Exploited(Taken<AdvisoryTaken>, Result<kev::Catalogue, String>),
}

impl Doc {
    /// Reads it from the blobs.
    #[must_use]
    pub fn read(&self, blobs: &dyn Blobs) -> Loaded {
        match self {
            Self::Release(release, sboms) => {
                let read = |sbom: &Interpreted| {
                    let bytes = blob(blobs, &sbom.normalised.digest)?;
                    from_canonical(&bytes).map_err(|e| e.to_string())
                };
                Loaded::Release(*release, sboms.iter().map(read).collect())
            }
            Self::Advisory(taken) => Loaded::Advisory(taken.clone(), contents(blobs, &taken.fact.document)),
            Self::Vex(taken) => Loaded::Vex(taken.clone(), contents(blobs, &taken.fact.document)),
            Self::Exploited(taken) => {
                let bytes = blob(blobs, &taken.fact.document.normalised.digest);
                let read = bytes.and_then(|bytes| kev::from_canonical(&bytes).map_err(|e| e.to_string()));
                Loaded::Exploited(taken.clone(), read)
            }
        }
    }
}

impl Catalogue {
    /// Number of entries it knows of.
    #[must_use]
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// The documents that the first `size` entries have beyond those it knows of, releases first. Entries that were
    /// corrected or void since are news too: at past moments they count.
    #[must_use]
    pub fn news(&self, world: &World, size: u64) -> Vec<Doc> {
        let fresh = self.seen..size.min(world.size()).max(self.seen);
        let vulnerabilities = world.vulnerabilities();
        let releases = world.releases().made(fresh.clone());
        let advisories = vulnerabilities.advisories_taken(fresh.clone()).cloned();
        let vex = vulnerabilities.statements_taken(fresh.clone()).cloned();
        releases
            .map(|r| Doc::Release(r.entry.index, r.made.sboms.clone()))
            .chain(
                advisories.map(|a| {
                    if a.fact.document.parser == KEV { Doc::Exploited(a) } else { Doc::Advisory(a) }
                }),
            )
            .chain(vex.map(Doc::Vex))
            .collect()
    }

    /// Takes in a document. Documents of a kind come in the order of their entries. Says which notices are new.
    pub fn add(&mut self, loaded: Loaded) -> Vec<u32> {
        match loaded {
            Loaded::Release(release, sboms) => {
                self.parts.add(release, &sboms);
                Vec::new()
            }
            Loaded::Advisory(taken, read) => self.documents.add_advisory(&taken, read),
            Loaded::Vex(taken, read) => {
                self.documents.add_statements(&taken, read);
                Vec::new()
            }
            Loaded::Exploited(taken, read) => {
                self.documents.add_exploited(&taken, read);
                Vec::new()
            }
        }
    }

    /// Says that the documents of the first `size` entries are in.
    pub fn complete(&mut self, size: u64) {
        self.seen = self.seen.max(size);
    }

    /// Everything that the first `size` entries of a world have, calling `progress` after each document of how many.
    #[must_use]
    pub fn load(world: &World, size: u64, blobs: &dyn Blobs, progress: &mut dyn FnMut(usize)) -> Self {
        let mut catalogue = Self::default();
        let news = catalogue.news(world, size);
        for doc in &news {
            catalogue.add(doc.read(blobs));
            progress(news.len());
        }
        catalogue.complete(size);
        catalogue
    }
}
