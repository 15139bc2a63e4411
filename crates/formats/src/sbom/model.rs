//! The one internal form of a bill of materials. Not here: any foreign format; the order and bytes of the canonical
//! form (see `canonical.rs`). Field names are alphabetical within each struct, so that the canonical JSON is sorted.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A bill of materials, whatever it was read from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sbom {
    /// Every component below the subject, flattened; a component stands after the one that holds it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
    /// What the document says of itself.
    #[serde(default)]
    pub metadata: Metadata,
    /// How components relate, sorted, without repetition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relationships: Vec<Relationship>,
    /// The product described, where the format names one apart from its components (CycloneDX).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Box<Component>>,
}

impl Sbom {
    /// The components that hold the one at `index`, outermost first, and itself last. O(depth).
    #[must_use]
    pub fn path(&self, index: usize) -> Vec<&Component> {
        let mut path = Vec::new();
        let mut next = Some(index);
        while let Some((at, component)) = next.and_then(|at| Some((at, self.components.get(at)?))) {
            path.push(component);
            next = None;
            match component.parent {
                Parent::Top => {}
                Parent::Subject => path.extend(self.subject.as_deref()),
                // A holder stands before what it holds; anything else is no normal form and ends the path.
                Parent::Component(holder) => next = Some(holder as usize).filter(|holder| *holder < at),
            }
        }
        path.reverse();
        path
    }
}

/// What holds a component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parent {
    /// The bill of materials itself.
    #[default]
    Top,
    /// The subject.
    Subject,
    /// The component at this index.
    Component(u32),
}

impl Parent {
    fn is_top(&self) -> bool {
        *self == Self::Top
    }
}

/// One thing the product is made of. Texts are kept verbatim; what is not stated is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Component {
    /// Who made it, as free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Box<str>>,
    /// What kind of thing it is.
    #[serde(default, skip_serializing_if = "Class::is_unstated")]
    pub class: Class,
    /// CPE names, verbatim.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cpes: Vec<Box<str>>,
    /// When support ends, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_of_support: Option<Box<str>>,
    /// It comes with the system but is not part of the delivery (CycloneDX 1.7 `isExternal`).
    #[serde(default, skip_serializing_if = "is_false")]
    pub external: bool,
    /// Namespace of the name: a Maven group, an npm scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Box<str>>,
    /// Hashes of the delivered file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hashes: Vec<Hash>,
    /// Licences stated, in document order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licences: Vec<Licence>,
    /// Who built it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<Party>,
    /// Its name; empty where the document gives none.
    pub name: Box<str>,
    /// What holds it.
    #[serde(default, skip_serializing_if = "Parent::is_top")]
    pub parent: Parent,
    /// Name-value pairs, in document order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Property>,
    /// Who published it, as free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher: Option<Box<str>>,
    /// Package URLs, verbatim and unparsed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purls: Vec<Box<str>>,
    /// Its identifier in the document (bom-ref, SPDXID); empty where it has none.
    #[serde(default, rename = "ref", skip_serializing_if = "is_empty")]
    pub reference: Arc<str>,
    /// Links to more about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
    /// Set where the product does not need it; "required" and nothing mean the same (CycloneDX `scope`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Who supplies it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<Party>,
    /// Level of support, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support: Option<Box<str>>,
    /// Tag identifier of its software identification tag (ISO/IEC 19770-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swid: Option<Box<str>>,
    /// Its version, verbatim; `None` where absent or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Box<str>>,
    /// A `vers` range, for an external component whose version is not fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_range: Option<Box<str>>,
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_empty(value: &Arc<str>) -> bool {
    value.is_empty()
}

/// Kinds of component: those of CycloneDX, and those SPDX adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words are those of CycloneDX `type` and SPDX `primaryPackagePurpose`")]
pub enum Class {
    /// The document does not say.
    #[default]
    Unstated,
    Application,
    Framework,
    Library,
    Container,
    Platform,
    OperatingSystem,
    Device,
    DeviceDriver,
    Firmware,
    File,
    MachineLearningModel,
    Data,
    CryptographicAsset,
    Source,
    Archive,
    Install,
    Other,
}

impl Class {
    fn is_unstated(&self) -> bool {
        *self == Self::Unstated
    }
}

/// That the product does not need a component (CycloneDX `scope`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// It works without.
    Optional,
    /// Present at build or test, not delivered.
    Excluded,
}

/// A hash, algorithm in CycloneDX spelling (`SHA-256`), value in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hash {
    /// Algorithm.
    #[serde(rename = "alg")]
    pub algorithm: Box<str>,
    /// Value.
    pub value: Box<str>,
}

/// A licence as stated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Licence {
    /// What the text is.
    pub form: LicenceForm,
    /// Who says so.
    pub role: LicenceRole,
    /// Identifier, name or expression, verbatim.
    pub text: Box<str>,
}

/// What the text of a [`Licence`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LicenceForm {
    /// An identifier of the SPDX licence list.
    Id,
    /// A free name.
    Name,
    /// An SPDX licence expression.
    Expression,
}

/// Who states a [`Licence`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LicenceRole {
    /// The document does not say.
    Unstated,
    /// The component's authors.
    Declared,
    /// Who wrote the bill of materials.
    Concluded,
}

/// An organisation or person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Party {
    /// Which of them.
    pub kind: PartyKind,
    /// Name, verbatim.
    pub name: Box<str>,
}

/// What a [`Party`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartyKind {
    /// An organisation.
    Organization,
    /// A person.
    Person,
}

/// A name-value pair.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Property {
    /// Name.
    pub name: Box<str>,
    /// Value; empty where none is given.
    pub value: Box<str>,
}

/// A link to more about a component.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reference {
    /// CycloneDX external reference type, or `CATEGORY TYPE` of SPDX.
    pub kind: Box<str>,
    /// Where.
    pub url: Box<str>,
}

/// What a document says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Metadata {
    /// Who and what wrote it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub creators: Vec<Creator>,
    /// Serial number or namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Box<str>>,
    /// Who made the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<Party>,
    /// Name of the document (SPDX).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Box<str>>,
    /// Name-value pairs, in document order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Property>,
    /// Who supplies the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<Party>,
    /// When it was written: RFC 3339 in UTC, whole seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Box<str>>,
    /// Revision of the document under the same identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

/// Who or what wrote a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Creator {
    /// Which of them.
    pub kind: CreatorKind,
    /// Name; of a tool, `NAME-VERSION`.
    pub name: Box<str>,
}

/// What a [`Creator`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreatorKind {
    /// An organisation.
    Organization,
    /// A person.
    Person,
    /// A program.
    Tool,
}

/// That one element relates to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Relationship {
    /// Identifier of the element it is said of; `SPDXRef-DOCUMENT` is the document.
    pub from: Arc<str>,
    /// How it relates.
    pub kind: RelationKind,
    /// To what.
    pub to: Target,
}

/// How elements relate: the relationship types of SPDX 2.3, and `PROVIDES` of CycloneDX 1.6, by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RelationKind(pub(crate) &'static str);

/// The other end of a [`Relationship`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// Explicitly nothing: the component is known to have no such relation.
    None,
    /// Explicitly not said.
    NoAssertion,
    /// An element, by identifier; it may stand in another document.
    Ref(Arc<str>),
}

/// Relationship types, sorted (SPDX 2.3 clause 11.1, and CycloneDX 1.6 `provides`).
const KINDS: &[&str] = &[
    "AMENDS",
    "ANCESTOR_OF",
    "BUILD_DEPENDENCY_OF",
    "BUILD_TOOL_OF",
    "CONTAINED_BY",
    "CONTAINS",
    "COPY_OF",
    "DATA_FILE_OF",
    "DEPENDENCY_MANIFEST_OF",
    "DEPENDENCY_OF",
    "DEPENDS_ON",
    "DESCENDANT_OF",
    "DESCRIBED_BY",
    "DESCRIBES",
    "DEV_DEPENDENCY_OF",
    "DEV_TOOL_OF",
    "DISTRIBUTION_ARTIFACT",
    "DOCUMENTATION_OF",
    "DYNAMIC_LINK",
    "EXAMPLE_OF",
    "EXPANDED_FROM_ARCHIVE",
    "FILE_ADDED",
    "FILE_DELETED",
    "FILE_MODIFIED",
    "GENERATED_FROM",
    "GENERATES",
    "HAS_PREREQUISITE",
    "METAFILE_OF",
    "OPTIONAL_COMPONENT_OF",
    "OPTIONAL_DEPENDENCY_OF",
    "OTHER",
    "PACKAGE_OF",
    "PATCH_APPLIED",
    "PATCH_FOR",
    "PREREQUISITE_FOR",
    "PROVIDED_DEPENDENCY_OF",
    "PROVIDES",
    "REQUIREMENT_DESCRIPTION_FOR",
    "RUNTIME_DEPENDENCY_OF",
    "SPECIFICATION_FOR",
    "STATIC_LINK",
    "TEST_CASE_OF",
    "TEST_DEPENDENCY_OF",
    "TEST_OF",
    "TEST_TOOL_OF",
    "VARIANT_OF",
];

impl RelationKind {
    /// The element needs the target.
    pub const DEPENDS_ON: Self = Self("DEPENDS_ON");
    /// The element holds the target.
    pub const CONTAINS: Self = Self("CONTAINS");
    /// The document is about the target.
    pub const DESCRIBES: Self = Self("DESCRIBES");
    /// The element implements the target (CycloneDX 1.6).
    pub const PROVIDES: Self = Self("PROVIDES");

    /// The kind of this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        KINDS.binary_search(&name).ok().and_then(|i| KINDS.get(i)).map(|name| Self(name))
    }

    /// Its name, as SPDX writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0
    }
}

impl Serialize for RelationKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for RelationKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| serde::de::Error::custom("an unknown relationship type"))
    }
}
