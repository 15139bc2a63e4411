//! What SPDX 2.2 and 2.3 say where, in JSON, YAML and XML alike (in XML a list is a repeated element). Objects are
//! open: a field not listed here is passed over, as most producers add some. Source: SPDX 2.3, clauses 6 to 12.

use crate::sbom::check::Check;
use crate::sbom::grammar::{Field, Items, Kind, List, Object, Ty, field};
use crate::sbom::model::RelationKind;

const TEXT: Ty = Ty::Text(Check::Any);

const fn object(kind: Kind, name: &'static str, fields: &'static [Field]) -> Object {
    Object { kind, name, fields, open_below: 0, rule: None }
}

const fn repeated(item: Ty) -> List {
    List { item, xml: Items::Repeated }
}

static TEXTS: List = repeated(TEXT);

/// The root.
pub(crate) static DOCUMENT: Object = object(
    Kind::Document,
    "the document",
    &[
        field("SPDXID", Ty::Text(Check::OneOf(&[("SPDXRef-DOCUMENT", 0)], "SPDXRef-DOCUMENT"))).must(),
        field("spdxVersion", TEXT).must(),
        field("dataLicense", TEXT).must(),
        field("name", TEXT).must(),
        field("documentNamespace", Ty::Text(Check::NotEmpty)).must(),
        field("comment", TEXT),
        field("creationInfo", Ty::Obj(&CREATION)).must(),
        field("documentDescribes", Ty::List(&TEXTS)),
        field("packages", Ty::List(&PACKAGES)),
        field("files", Ty::List(&FILES)),
        field("relationships", Ty::List(&RELATIONSHIPS)),
        field("annotations", Ty::List(&ANNOTATIONS)),
    ],
);

static CREATION: Object = object(
    Kind::Creation,
    "creationInfo",
    &[field("created", Ty::Text(Check::TimeOrEmpty)), field("creators", Ty::List(&TEXTS))],
);

static PACKAGES: List = repeated(Ty::Obj(&PACKAGE));

static PACKAGE: Object = object(
    Kind::Package,
    "a package",
    &[
        field("SPDXID", TEXT),
        field("name", TEXT),
        field("versionInfo", TEXT),
        field("supplier", TEXT),
        field("originator", TEXT),
        field("downloadLocation", TEXT),
        field("homepage", TEXT),
        field("filesAnalyzed", Ty::Bool),
        field("checksums", Ty::List(&CHECKSUMS)),
        field("licenseConcluded", TEXT),
        field("licenseDeclared", TEXT),
        field("primaryPackagePurpose", TEXT),
        field("validUntilDate", Ty::Text(Check::TimeOrEmpty)),
        field("externalRefs", Ty::List(&EXTERNAL_REFS)),
        field("hasFiles", Ty::List(&TEXTS)),
        field("annotations", Ty::List(&ANNOTATIONS)),
    ],
);

static FILES: List = repeated(Ty::Obj(&FILE));

static FILE: Object = object(
    Kind::File,
    "a file",
    &[
        field("SPDXID", TEXT),
        field("fileName", TEXT),
        field("checksums", Ty::List(&CHECKSUMS)),
        field("licenseConcluded", TEXT),
    ],
);

static CHECKSUMS: List = repeated(Ty::Obj(&CHECKSUM));

static CHECKSUM: Object = object(
    Kind::Checksum,
    "a checksum",
    &[
        field(
            "algorithm",
            Ty::Text(Check::OneOf(super::names::ALGORITHM_VALUES, "a checksum algorithm of SPDX")),
        )
        .must(),
        field("checksumValue", Ty::Text(Check::NotEmpty)).must(),
    ],
);

static EXTERNAL_REFS: List = repeated(Ty::Obj(&EXTERNAL_REF));

static EXTERNAL_REF: Object = object(
    Kind::ExternalRef,
    "an external reference",
    &[
        field("referenceCategory", TEXT).must(),
        field("referenceType", TEXT).must(),
        field("referenceLocator", TEXT).must(),
    ],
);

static RELATIONSHIPS: List = repeated(Ty::Obj(&RELATIONSHIP));

static RELATIONSHIP: Object = object(
    Kind::Relationship,
    "a relationship",
    &[
        field("spdxElementId", TEXT),
        field("relationshipType", TEXT).must(),
        field("relatedSpdxElement", TEXT),
    ],
);

static ANNOTATIONS: List = repeated(Ty::Obj(&ANNOTATION));

static ANNOTATION: Object =
    object(Kind::Annotation, "an annotation", &[field("annotator", TEXT), field("comment", TEXT)]);

/// The kind of relationship of this name. `PROVIDES` is CycloneDX's and no word of SPDX.
pub(super) fn relation(name: &str) -> Option<RelationKind> {
    RelationKind::from_name(name).filter(|kind| *kind != RelationKind::PROVIDES)
}
