//! What an entry may change: which devices, whether what they run is called otherwise, whether documents or what is known
//! of them changed.

use std::collections::BTreeSet;

use evidence::{Entry, Fact, SourceKind};
use ledger::Ledger;
use world::fleet::Subject;

/// What some entries may have changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Touched {
    /// These devices.
    pub(super) subjects: BTreeSet<Subject>,
    /// Every device.
    pub(super) all: bool,
    /// Which releases measurements and words lead to.
    pub(super) releases: bool,
    /// There are documents to read.
    pub(super) documents: bool,
    /// What is known of releases, documents, decisions and settings.
    pub(super) knowledge: bool,
}

impl Touched {
    /// Whatever there is.
    pub(super) fn everything() -> Self {
        Self { subjects: BTreeSet::new(), all: true, releases: true, documents: true, knowledge: true }
    }

    /// Adds what an entry touches.
    pub(super) fn by(&mut self, entry: &Entry, ledger: &Ledger) {
        match &entry.body().fact {
            // What is taken back is touched as when it was said.
            Fact::Corrected(f) => self.again(f.entry.index, ledger),
            Fact::Voided(f) => self.again(f.entry.index, ledger),
            _ => self.directly(entry, ledger),
        }
    }

    fn again(&mut self, index: u64, ledger: &Ledger) {
        match ledger.entry(index) {
            Ok((entry, _)) => match &entry.body().fact {
                // Taking back a correction brings back what it was about, which may be anything.
                Fact::Corrected(_) | Fact::Voided(_) => {
                    *self = Self { documents: self.documents, ..Self::everything() }
                }
                _ => self.directly(&entry, ledger),
            },
            Err(e) => {
                tracing::error!(index, error = %e, "what was taken back cannot be read; everything is looked at anew");
                *self = Self { documents: self.documents, ..Self::everything() };
            }
        }
    }

    fn directly(&mut self, entry: &Entry, ledger: &Ledger) {
        let body = entry.body();
        match &body.fact {
            Fact::Attested(_) | Fact::GapReported(_) | Fact::StreamKeyChanged(_) | Fact::StreamClosed(_)
                if body.source.kind() == SourceKind::Device =>
            {
                self.subjects.insert(Subject::Device(body.source));
            }
            Fact::DeviceEnrolled(f) => {
                self.subjects.insert(Subject::Device(f.device));
            }
            Fact::DeviceDeclared(f) => self.asset(&f.asset, ledger),
            Fact::DeviceAttached(f) => {
                self.subjects.insert(Subject::Device(f.device));
                self.subjects.insert(Subject::Asset(f.asset.clone()));
            }
            Fact::DeviceReported(f) => {
                self.subjects.extend(f.device.map(Subject::Device));
                f.asset.iter().for_each(|asset| self.asset(asset, ledger));
            }
            Fact::DeviceMoved(f) => {
                self.subjects.extend(f.device.map(Subject::Device));
                f.asset.iter().for_each(|asset| self.asset(asset, ledger));
            }
            Fact::ReportingSet(_) => self.all = true,
            Fact::ReferenceListSet(_) => self.releases = true,
            Fact::ReleaseMade(_) => {
                (self.releases, self.documents, self.knowledge) = (true, true, true);
            }
            Fact::ReleaseWithdrawn(_) => (self.releases, self.knowledge) = (true, true),
            Fact::AdvisoryTaken(_) | Fact::VexTaken(_) => {
                (self.documents, self.knowledge) = (true, true);
            }
            Fact::VulnerabilityDecided(_) | Fact::Configured(_) | Fact::SourceRenamed(_) => {
                self.knowledge = true;
            }
            _ => {}
        }
    }

    /// A declared device, and the enrolled one that it is.
    fn asset(&mut self, asset: &str, ledger: &Ledger) {
        let subject = Subject::Asset(asset.to_owned());
        self.subjects.extend(ledger.read().fleet().attachment(&subject));
        self.subjects.insert(subject);
    }
}
