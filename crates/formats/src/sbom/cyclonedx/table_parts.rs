//! What CycloneDX allows inside its larger objects: hashes, licences, organisations, pedigree, links, properties.

use super::table::{COMPONENT, TEXT};
use crate::sbom::check::Check;
use crate::sbom::error::Problem;
use crate::sbom::grammar::{At, Field, Items, Kind, List, Object, Seen, Ty, field};

const BOM_REF: Field = field("bom-ref", Ty::Text(Check::Define)).attribute();

const fn object(kind: Kind, name: &'static str, fields: &'static [Field]) -> Object {
    Object { kind, name, fields, open_below: 0, rule: None }
}

pub(super) static TEXTS: List = List { item: TEXT, xml: Items::Repeated };

pub(super) static HASHES: List =
    List { item: Ty::Obj(&HASH), xml: Items::Wrapped(&[("hash", Ty::Obj(&HASH))]) };

pub(super) const ALGORITHMS: Check = Check::OneOf(
    &[
        ("MD5", 0),
        ("SHA-1", 0),
        ("SHA-256", 0),
        ("SHA-384", 0),
        ("SHA-512", 0),
        ("SHA3-256", 0),
        ("SHA3-384", 12),
        ("SHA3-512", 0),
        ("BLAKE2b-256", 12),
        ("BLAKE2b-384", 12),
        ("BLAKE2b-512", 12),
        ("BLAKE3", 12),
        ("Streebog-256", 17),
        ("Streebog-512", 17),
    ],
    "a hash algorithm of this version",
);

static HASH: Object = object(
    Kind::Hash,
    "a hash",
    &[
        field("alg", Ty::Text(ALGORITHMS)).attribute().must(),
        field("content", Ty::Text(Check::HashValue)).at(At::Text).must(),
    ],
);

pub(super) static PROPERTIES: List =
    List { item: Ty::Obj(&PROPERTY), xml: Items::Wrapped(&[("property", Ty::Obj(&PROPERTY))]) };

static PROPERTY: Object = Object {
    kind: Kind::Property,
    name: "a property",
    open_below: 16,
    rule: None,
    fields: &[field("name", TEXT).attribute().must_in(16, u8::MAX), field("value", TEXT).at(At::Text)],
};

pub(super) static CONTACTS: List =
    List { item: Ty::Obj(&CONTACT), xml: Items::Wrapped(&[("author", Ty::Obj(&CONTACT))]) };

static CONTACT: Object = object(
    Kind::Contact,
    "a contact",
    &[BOM_REF.since(15), field("name", TEXT), field("email", TEXT), field("phone", TEXT)],
);

static CONTACT_REPEATED: List = List { item: Ty::Obj(&CONTACT), xml: Items::Repeated };

pub(super) static ORGANISATION: Object = object(
    Kind::Organisation,
    "an organisation",
    &[
        BOM_REF.since(15),
        field("name", TEXT),
        field("address", Ty::Any).since(16),
        field("url", Ty::List(&TEXTS)),
        field("contact", Ty::List(&CONTACT_REPEATED)),
    ],
);

pub(super) static SWID: Object = object(
    Kind::Swid,
    "a SWID tag",
    &[
        field("tagId", TEXT).attribute().must(),
        field("name", TEXT).attribute().must(),
        field("version", TEXT).attribute(),
        field("tagVersion", Ty::Int(i64::MIN)).attribute(),
        field("patch", Ty::Bool).attribute(),
        field("text", Ty::Obj(&ATTACHMENT)),
        field("url", TEXT),
    ],
);

static ATTACHMENT: Object = object(
    Kind::Dropped,
    "an attached text",
    &[
        field("contentType", TEXT).at(At::Attribute("content-type")),
        field("encoding", Ty::Text(Check::OneOf(&[("base64", 0)], "base64"))).attribute(),
        field("content", TEXT).at(At::Text).must(),
    ],
);

pub(super) static LICENCES: List = List {
    item: Ty::Obj(&CHOICE),
    xml: Items::Wrapped(&[
        ("license", Ty::Obj(&LICENCE)),
        ("expression", Ty::Obj(&EXPRESSION)),
        ("expression-detailed", Ty::Obj(&DETAILED)),
    ]),
};

const ACKNOWLEDGEMENT: Field = field(
    "acknowledgement",
    Ty::Text(Check::OneOf(&[("declared", 0), ("concluded", 0)], "declared or concluded")),
)
.attribute()
.since(16);

static CHOICE: Object = Object {
    kind: Kind::Choice,
    name: "a licence choice",
    open_below: 0,
    rule: Some(licence_or_expression),
    fields: &[
        field("license", Ty::Obj(&LICENCE)),
        field("expression", TEXT),
        BOM_REF.since(15),
        ACKNOWLEDGEMENT,
        field("expressionDetails", Ty::Any).since(17),
        field("licensing", Ty::Any).since(17),
        field("properties", Ty::List(&PROPERTIES)).since(17),
    ],
};

fn licence_or_expression(seen: &Seen<'_>) -> Result<(), Problem> {
    if seen.has("license") == seen.has("expression") {
        return Err(Problem::Rule("a licence choice is either a licence or an expression"));
    }
    Ok(())
}

static EXPRESSION: Object = object(
    Kind::Choice,
    "a licence expression",
    &[field("expression", TEXT).at(At::Text), BOM_REF.since(15), ACKNOWLEDGEMENT],
);

static DETAILED: Object = object(
    Kind::Choice,
    "a detailed licence expression",
    &[
        field("expression", TEXT).attribute().must(),
        BOM_REF,
        ACKNOWLEDGEMENT,
        field("details", Ty::Any),
        field("licensing", Ty::Any),
        field("properties", Ty::List(&PROPERTIES)),
    ],
);

static LICENCE: Object = Object {
    kind: Kind::Licence,
    name: "a licence",
    open_below: 0,
    rule: Some(id_or_name),
    fields: &[
        BOM_REF.since(15),
        field("id", Ty::Text(Check::LicenceId)),
        field("name", TEXT),
        ACKNOWLEDGEMENT,
        field("text", Ty::Obj(&ATTACHMENT)),
        field("url", TEXT),
        field("licensing", Ty::Any).since(15),
        field("properties", Ty::List(&PROPERTIES)).since(15),
    ],
};

fn id_or_name(seen: &Seen<'_>) -> Result<(), Problem> {
    if seen.has("id") == seen.has("name") {
        return Err(Problem::Rule("a licence has either an identifier or a name"));
    }
    Ok(())
}

pub(super) static PEDIGREE: Object = object(
    Kind::Dropped,
    "a pedigree",
    &[
        field("ancestors", Ty::List(&RELATIVES)),
        field("descendants", Ty::List(&RELATIVES)),
        field("variants", Ty::List(&RELATIVES)),
        field("commits", Ty::List(&COMMITS)),
        field("patches", Ty::List(&PATCHES)),
        field("notes", TEXT),
    ],
);

static RELATIVES: List =
    List { item: Ty::Obj(&COMPONENT), xml: Items::Wrapped(&[("component", Ty::Obj(&COMPONENT))]) };

static COMMITS: List = List { item: Ty::Obj(&COMMIT), xml: Items::Wrapped(&[("commit", Ty::Obj(&COMMIT))]) };

static COMMIT: Object = object(
    Kind::Dropped,
    "a commit",
    &[
        field("uid", TEXT),
        field("url", TEXT),
        field("author", Ty::Obj(&ACTION)),
        field("committer", Ty::Obj(&ACTION)),
        field("message", TEXT),
    ],
);

static ACTION: Object = object(
    Kind::Dropped,
    "an action",
    &[field("timestamp", Ty::Text(Check::Time)), field("name", TEXT), field("email", TEXT)],
);

static PATCHES: List = List { item: Ty::Obj(&PATCH), xml: Items::Wrapped(&[("patch", Ty::Obj(&PATCH))]) };

static PATCH: Object = object(
    Kind::Dropped,
    "a patch",
    &[
        field(
            "type",
            Ty::Text(Check::OneOf(
                &[("unofficial", 0), ("monkey", 0), ("backport", 0), ("cherry-pick", 0)],
                "unofficial, monkey, backport or cherry-pick",
            )),
        )
        .attribute()
        .must(),
        field("diff", Ty::Obj(&DIFF)),
        field("resolves", Ty::List(&ISSUES)),
    ],
);

static DIFF: Object =
    object(Kind::Dropped, "a diff", &[field("text", Ty::Obj(&ATTACHMENT)), field("url", TEXT)]);

static ISSUES: List = List { item: Ty::Obj(&ISSUE), xml: Items::Wrapped(&[("issue", Ty::Obj(&ISSUE))]) };

static ISSUE: Object = object(
    Kind::Dropped,
    "an issue",
    &[
        field(
            "type",
            Ty::Text(Check::OneOf(
                &[("defect", 0), ("enhancement", 0), ("security", 0)],
                "defect, enhancement or security",
            )),
        )
        .attribute()
        .must(),
        field("id", TEXT),
        field("name", TEXT),
        field("description", TEXT),
        field("source", Ty::Obj(&SOURCE)),
        field("references", Ty::List(&URLS)),
    ],
);

static SOURCE: Object = object(Kind::Dropped, "a source", &[field("name", TEXT), field("url", TEXT)]);
static URLS: List = List { item: TEXT, xml: Items::Wrapped(&[("url", TEXT)]) };

pub(super) static REFERENCES: List =
    List { item: Ty::Obj(&REFERENCE), xml: Items::Wrapped(&[("reference", Ty::Obj(&REFERENCE))]) };

static REFERENCE: Object = object(
    Kind::Reference,
    "an external reference",
    &[
        field("type", Ty::Text(REFERENCE_TYPES)).attribute().must(),
        field("url", TEXT).must(),
        field("comment", TEXT),
        field("hashes", Ty::List(&HASHES)).since(13),
        field("properties", Ty::List(&PROPERTIES)).since(17),
    ],
);

pub(super) const REFERENCE_TYPES: Check = Check::OneOf(
    &[
        ("vcs", 0),
        ("issue-tracker", 0),
        ("website", 0),
        ("advisories", 0),
        ("bom", 0),
        ("mailing-list", 0),
        ("social", 0),
        ("chat", 0),
        ("documentation", 0),
        ("support", 0),
        ("distribution", 0),
        ("license", 0),
        ("build-meta", 0),
        ("build-system", 0),
        ("other", 0),
        ("release-notes", 14),
        ("adversary-model", 15),
        ("attestation", 15),
        ("certification-report", 15),
        ("codified-infrastructure", 15),
        ("component-analysis-report", 15),
        ("configuration", 15),
        ("distribution-intake", 15),
        ("dynamic-analysis-report", 15),
        ("evidence", 15),
        ("exploitability-statement", 15),
        ("formulation", 15),
        ("log", 15),
        ("maturity-report", 15),
        ("model-card", 15),
        ("pentest-report", 15),
        ("poam", 15),
        ("quality-metrics", 15),
        ("risk-assessment", 15),
        ("runtime-analysis-report", 15),
        ("security-contact", 15),
        ("static-analysis-report", 15),
        ("threat-model", 15),
        ("vulnerability-assertion", 15),
        ("digital-signature", 16),
        ("electronic-signature", 16),
        ("rfc-9116", 16),
        ("source-distribution", 16),
        ("citation", 17),
        ("patent", 17),
        ("patent-assertion", 17),
        ("patent-family", 17),
    ],
    "an external reference type of this version",
);
