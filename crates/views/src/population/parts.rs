//! Components, each once however many releases carry it, and which releases do, along which path.
//!
//! Not here: advisories (`documents`), verdicts (`judge`), devices (`present`).

use std::collections::BTreeMap;

use formats::matching::{self, Keys};
use formats::purl::Purl;
use formats::sbom::{Component, Parent, Sbom, Scope};

/// Most parts of one path that an answer repeats.
pub const MAX_PATH: usize = 32;
/// Most paths of one component in one release that an answer repeats.
pub const MAX_PATHS: usize = 8;

/// A component, apart from where it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// Its name; empty where the bill of materials gives none.
    pub name: Box<str>,
    /// Its version.
    pub version: Option<Box<str>>,
    /// Who supplies, makes or publishes it.
    pub vendor: Option<Box<str>>,
    /// Package URLs that could be read.
    pub purls: Vec<Purl>,
    /// CPE names.
    pub cpes: Vec<String>,
}

impl Part {
    fn of(component: &Component) -> Self {
        let party = component.supplier.as_ref().or(component.manufacturer.as_ref()).map(|party| &party.name);
        let vendor = party.or(component.publisher.as_ref()).or(component.author.as_ref());
        let mut purls: Vec<Purl> =
            component.purls.iter().filter_map(|text| Purl::read(text).ok()).map(|(purl, _)| purl).collect();
        purls.sort();
        purls.dedup();
        Self {
            name: component.name.clone(),
            version: component.version.clone(),
            vendor: vendor.filter(|vendor| !vendor.is_empty()).cloned(),
            purls,
            cpes: component.cpes.iter().map(ToString::to_string).collect(),
        }
    }

    /// What matching is asked about: once a package URL, at least once.
    pub fn faces(&self) -> impl Iterator<Item = matching::Component<'_>> {
        let purls = self.purls.iter().map(Some).chain(self.purls.is_empty().then_some(None));
        purls.map(|purl| matching::Component {
            name: Some(&*self.name).filter(|name| !name.is_empty()),
            version: self.version.as_deref(),
            vendor: self.vendor.as_deref(),
            purl,
            cpes: &self.cpes,
        })
    }

    /// Its version, or that of its package URL.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        let purl = || self.purls.iter().find_map(Purl::version);
        self.version.as_deref().or_else(purl).map(str::trim).filter(|version| !version.is_empty())
    }

    /// What it is called: its package URL, else name and version.
    #[must_use]
    pub fn label(&self) -> String {
        match (self.purls.first(), self.version()) {
            (Some(purl), _) => purl.to_string(),
            (None, Some(version)) => format!("{} {version}", self.name),
            (None, None) => self.name.to_string(),
        }
    }

    /// Name and version, for a path.
    fn step(&self) -> String {
        let name = if self.name.is_empty() { "(no name)" } else { &*self.name };
        self.version().map_or_else(|| name.to_owned(), |version| format!("{name} {version}"))
    }
}

/// A component in one bill of materials.
#[derive(Clone, Copy, Debug)]
struct Place {
    part: u32,
    /// The place that holds it; [`u32::MAX`] at the top.
    holder: u32,
    /// It is said to be absent from what is delivered (CycloneDX `excluded`).
    excluded: bool,
}

/// What a release is made of, of all its bills of materials together.
#[derive(Clone, Debug, Default)]
pub struct Bill {
    places: Vec<Place>,
    /// Bills of materials that were read.
    pub read: usize,
    /// Why others could not be.
    pub unread: Vec<String>,
}

impl Bill {
    /// Number of components.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether no component is known of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Why nobody can say what the release is made of, if so.
    #[must_use]
    pub fn open(&self) -> Option<String> {
        if self.read == 0 && self.unread.is_empty() {
            return Some("the release was made without a bill of materials; one that names its components would settle it".into());
        }
        if let Some(reason) = self.unread.first() {
            return Some(format!("a bill of materials of the release cannot be read: {reason}"));
        }
        self.places.is_empty().then(|| "the bill of materials of the release names no component".into())
    }
}

/// Every component of every release. Grows only.
#[derive(Debug, Default)]
pub struct Parts {
    parts: Vec<Part>,
    numbers: BTreeMap<Part, u32>,
    by_key: BTreeMap<Box<str>, Vec<u32>>,
    nameless: Vec<u32>,
    /// By release: what it is made of.
    bills: BTreeMap<u64, Bill>,
    /// By part: release and place.
    carriers: Vec<Vec<(u64, u32)>>,
}

impl Parts {
    /// Number of distinct components.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// A component.
    #[must_use]
    pub fn get(&self, part: u32) -> Option<&Part> {
        self.parts.get(part as usize)
    }

    /// What a release is made of.
    #[must_use]
    pub fn bill(&self, release: u64) -> Option<&Bill> {
        self.bills.get(&release)
    }

    /// The releases that carry a component, ascending, each once.
    pub fn carriers(&self, part: u32) -> impl Iterator<Item = u64> {
        let mut last = None;
        let all = self.carriers.get(part as usize).into_iter().flatten();
        all.map(|(release, _)| *release).filter(move |release| last.replace(*release) != Some(*release))
    }

    /// Components that may meet a product with these keys.
    pub fn meeting(&self, keys: &Keys, into: &mut std::collections::BTreeSet<u32>) {
        if keys.every {
            into.extend(0..u32::try_from(self.parts.len()).unwrap_or(u32::MAX));
            return;
        }
        into.extend(&self.nameless);
        for key in &keys.keys {
            into.extend(self.by_key.get(key.as_str()).into_iter().flatten());
        }
    }

    /// The places of a component in a release. Logarithmic in the places it has in all.
    fn places(&self, part: u32, release: u64) -> &[(u64, u32)] {
        let all = self.carriers.get(part as usize).map_or(&[][..], Vec::as_slice);
        let from = all.partition_point(|(r, _)| *r < release);
        let here = all.get(from..).unwrap_or_default();
        here.get(..here.partition_point(|(r, _)| *r == release)).unwrap_or_default()
    }

    /// Where a component stands in a release: for each place the names from the outside in, and whether the bill of
    /// materials says that it is not delivered. At most [`MAX_PATHS`], and how many there are.
    #[must_use]
    pub fn paths(&self, part: u32, release: u64) -> (Vec<(Vec<String>, bool)>, usize) {
        let here = self.places(part, release);
        let Some(bill) = self.bills.get(&release) else { return (Vec::new(), 0) };
        let path = |place: u32| {
            let (mut names, mut at) = (Vec::new(), place);
            let excluded = bill.places.get(place as usize).is_some_and(|p| p.excluded);
            // A holder stands before what it holds, so this ends.
            while let Some(place) = bill.places.get(at as usize).filter(|_| names.len() < MAX_PATH) {
                names.extend(self.get(place.part).map(Part::step));
                at = place.holder;
            }
            names.reverse();
            (names, excluded)
        };
        (here.iter().take(MAX_PATHS).map(|(_, place)| path(*place)).collect(), here.len())
    }

    /// Whether every place of a component in a release is one that is not delivered.
    #[must_use]
    pub fn excluded(&self, part: u32, release: u64) -> bool {
        let here = self.places(part, release);
        let Some(bill) = self.bills.get(&release) else { return false };
        !here.is_empty() && here.iter().all(|(_, p)| bill.places.get(*p as usize).is_some_and(|p| p.excluded))
    }

    /// Takes in what a release is made of; releases come in the order of their entries. Says which components are new.
    pub(super) fn add(&mut self, release: u64, sboms: &[Result<Sbom, String>]) -> Vec<u32> {
        let mut bill = Bill::default();
        let first_new = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        for sbom in sboms {
            match sbom {
                Ok(sbom) => {
                    bill.read += 1;
                    self.add_bill(&mut bill, sbom);
                }
                Err(reason) => bill.unread.push(reason.clone()),
            }
        }
        for (at, place) in (0u32..).zip(&bill.places) {
            if let Some(carriers) = self.carriers.get_mut(place.part as usize) {
                carriers.push((release, at));
            }
        }
        self.bills.insert(release, bill);
        (first_new..u32::try_from(self.parts.len()).unwrap_or(u32::MAX)).collect()
    }

    fn add_bill(&mut self, bill: &mut Bill, sbom: &Sbom) {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let subject = sbom.subject.as_deref().map(|subject| {
            let at = place(bill.places.len());
            let part = self.number(Part::of(subject));
            bill.places.push(Place { part, holder: u32::MAX, excluded: false });
            at
        });
        let first = place(bill.places.len());
        for component in &sbom.components {
            let holder = match component.parent {
                Parent::Top => subject.unwrap_or(u32::MAX),
                Parent::Subject => subject.unwrap_or(u32::MAX),
                Parent::Component(holder) => first.saturating_add(holder),
            };
            let part = self.number(Part::of(component));
            let holder = if holder < place(bill.places.len()) { holder } else { u32::MAX };
            bill.places.push(Place { part, holder, excluded: component.scope == Some(Scope::Excluded) });
        }
    }

    fn number(&mut self, part: Part) -> u32 {
        if let Some(number) = self.numbers.get(&part) {
            return *number;
        }
        let number = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        let mut nameless = false;
        let mut keys = std::collections::BTreeSet::new();
        for face in part.faces() {
            let found = Keys::of_component(&face);
            nameless |= found.every;
            keys.extend(found.keys);
        }
        for key in keys {
            self.by_key.entry(key.into()).or_default().push(number);
        }
        if nameless {
            self.nameless.push(number);
        }
        self.numbers.insert(part.clone(), number);
        self.parts.push(part);
        self.carriers.push(Vec::new());
        number
    }
}
