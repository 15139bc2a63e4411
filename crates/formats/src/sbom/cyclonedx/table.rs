//! What CycloneDX 1.0 to 1.7 allow where: document, metadata, components, services, dependencies, citations.
//! Source: ECMA-424 and the schemas of each version. `evidence`, `releaseNotes`, `modelCard`, `data`,
//! `cryptoProperties`, `patentAssertions`, `compositions`, `vulnerabilities`, `annotations`, `formulation`,
//! `declarations`, `definitions` and signatures are checked for form, bounds and identifiers only.

use super::table_parts::{
    CONTACTS, HASHES, LICENCES, ORGANISATION, PEDIGREE, PROPERTIES, REFERENCES, SWID, TEXTS,
};
use crate::sbom::check::Check;
use crate::sbom::error::Problem;
use crate::sbom::grammar::{At, Field, Items, Kind, List, Object, Seen, Ty, field};

pub(super) const TEXT: Ty = Ty::Text(Check::Any);
const NEVER_OPEN: u8 = 0;

/// The root.
pub(crate) static BOM: Object = Object {
    kind: Kind::Bom,
    name: "the document",
    open_below: NEVER_OPEN,
    rule: None,
    fields: &[
        field("$schema", TEXT).json_only(),
        field("bomFormat", Ty::Text(Check::OneOf(&[("CycloneDX", 0)], "CycloneDX"))).json_only(),
        field("specVersion", TEXT).json_only(),
        field("serialNumber", Ty::Text(Check::SerialNumber)).attribute(),
        field("version", Ty::Int(1)).attribute(),
        field("metadata", Ty::Obj(&METADATA)).since(12),
        field("components", Ty::List(&COMPONENTS)),
        field("services", Ty::List(&SERVICES)).since(12),
        field("externalReferences", Ty::List(&REFERENCES)).since(11),
        field("dependencies", Ty::List(&DEPENDENCIES)).since(12),
        field("compositions", Ty::Any).since(13),
        field("vulnerabilities", Ty::Any).since(14),
        field("annotations", Ty::Any).since(15),
        field("formulation", Ty::Any).since(15),
        field("declarations", Ty::Any).since(16),
        field("definitions", Ty::Any).since(16),
        field("citations", Ty::List(&CITATIONS)).since(17),
        field("properties", Ty::List(&PROPERTIES)).since(13).xml_only(),
        field("properties", Ty::List(&PROPERTIES)).since(15).json_only(),
        field("signature", Ty::Any).since(14).json_only(),
    ],
};

static METADATA: Object = Object {
    kind: Kind::Metadata,
    name: "metadata",
    open_below: NEVER_OPEN,
    rule: None,
    fields: &[
        field("timestamp", Ty::Text(Check::Time)),
        field("lifecycles", Ty::Any).since(15),
        field("tools", Ty::Either(&TOOL_LIST, &TOOLS)),
        field("authors", Ty::List(&CONTACTS)),
        field("component", Ty::Obj(&COMPONENT)),
        field("manufacture", Ty::Obj(&ORGANISATION)),
        field("manufacturer", Ty::Obj(&ORGANISATION)).since(16),
        field("supplier", Ty::Obj(&ORGANISATION)),
        field("licenses", Ty::List(&LICENCES)).since(13),
        field("properties", Ty::List(&PROPERTIES)).since(13),
        field("distributionConstraints", Ty::Obj(&DISTRIBUTION)).since(17),
    ],
};

static DISTRIBUTION: Object = Object {
    kind: Kind::Dropped,
    name: "distributionConstraints",
    open_below: NEVER_OPEN,
    rule: None,
    fields: &[field(
        "tlp",
        Ty::Text(Check::OneOf(
            &[("CLEAR", 0), ("GREEN", 0), ("AMBER", 0), ("AMBER_AND_STRICT", 0), ("RED", 0)],
            "a Traffic Light Protocol label",
        )),
    )],
};

static TOOL_LIST: List = List { item: Ty::Obj(&TOOL), xml: Items::Repeated };

static TOOLS: Object = Object {
    kind: Kind::Tools,
    name: "tools",
    open_below: NEVER_OPEN,
    rule: None,
    fields: &[
        field("tool", Ty::List(&TOOL_LIST)).xml_only(),
        field("components", Ty::List(&COMPONENTS)).since(15),
        field("services", Ty::List(&SERVICES)).since(15),
    ],
};

static TOOL: Object = Object {
    kind: Kind::Tool,
    name: "a tool",
    open_below: NEVER_OPEN,
    rule: None,
    fields: &[
        field("vendor", TEXT),
        field("name", TEXT),
        field("version", TEXT),
        field("hashes", Ty::List(&HASHES)),
        field("externalReferences", Ty::List(&REFERENCES)).since(14),
    ],
};

static COMPONENTS: List =
    List { item: Ty::Obj(&COMPONENT), xml: Items::Wrapped(&[("component", Ty::Obj(&COMPONENT))]) };

const COMPONENT_TYPES: Check = Check::OneOf(
    &[
        ("application", 0),
        ("framework", 0),
        ("library", 0),
        ("operating-system", 0),
        ("device", 0),
        ("file", 11),
        ("container", 12),
        ("firmware", 12),
        ("platform", 15),
        ("device-driver", 15),
        ("machine-learning-model", 15),
        ("data", 15),
        ("cryptographic-asset", 16),
    ],
    "a component type of this version",
);

pub(super) static COMPONENT: Object = Object {
    kind: Kind::Component,
    name: "a component",
    open_below: NEVER_OPEN,
    rule: Some(version_or_range),
    fields: &[
        field("type", Ty::Text(COMPONENT_TYPES)).attribute().must(),
        field("mime-type", TEXT).attribute(),
        field("bom-ref", Ty::Text(Check::Define)).attribute().since(11),
        field("supplier", Ty::Obj(&ORGANISATION)).since(12),
        field("manufacturer", Ty::Obj(&ORGANISATION)).since(16),
        field("authors", Ty::List(&CONTACTS)).since(16),
        field("author", TEXT).since(12),
        field("publisher", TEXT),
        field("group", TEXT),
        field("name", TEXT).must(),
        field("version", TEXT).must_in(0, 13),
        field("versionRange", TEXT).since(17),
        field("isExternal", Ty::Bool).attribute().since(17),
        field("description", TEXT),
        field(
            "scope",
            Ty::Text(Check::OneOf(
                &[("required", 0), ("optional", 0), ("excluded", 12)],
                "required, optional or excluded",
            )),
        ),
        field("hashes", Ty::List(&HASHES)),
        field("licenses", Ty::List(&LICENCES)),
        field("copyright", TEXT),
        field("patentAssertions", Ty::Any).since(17),
        field("cpe", TEXT),
        field("purl", TEXT),
        field("omniborId", Ty::List(&TEXTS)).since(16),
        field("swhid", Ty::List(&TEXTS)).since(16),
        field("swid", Ty::Obj(&SWID)).since(12),
        field("modified", Ty::Bool),
        field("pedigree", Ty::Obj(&PEDIGREE)).since(11),
        field("externalReferences", Ty::List(&REFERENCES)).since(11),
        field("components", Ty::List(&COMPONENTS)),
        field("evidence", Ty::Any).since(13),
        field("releaseNotes", Ty::Any).since(14),
        field("modelCard", Ty::Any).since(15),
        field("data", Ty::Any).since(15),
        field("cryptoProperties", Ty::Any).since(16),
        field("properties", Ty::List(&PROPERTIES)).since(13),
        field("tags", Ty::Any).since(16),
        field("signature", Ty::Any).json_only().since(14),
    ],
};

fn version_or_range(seen: &Seen<'_>) -> Result<(), Problem> {
    if seen.has("version") && seen.has("versionRange") {
        return Err(Problem::Rule("a component has either a version or a range of versions"));
    }
    if seen.has("versionRange") && !seen.has("isExternal") {
        return Err(Problem::Rule("only an external component may have a range of versions"));
    }
    Ok(())
}

static SERVICES: List =
    List { item: Ty::Obj(&SERVICE), xml: Items::Wrapped(&[("service", Ty::Obj(&SERVICE))]) };

static SERVICE: Object = Object {
    kind: Kind::Dropped,
    name: "a service",
    open_below: NEVER_OPEN,
    rule: None,
    fields: &[
        field("bom-ref", Ty::Text(Check::Define)).attribute(),
        field("provider", Ty::Obj(&ORGANISATION)),
        field("group", TEXT),
        field("name", TEXT).must(),
        field("version", TEXT),
        field("description", TEXT),
        field("endpoints", Ty::List(&ENDPOINTS)),
        field("authenticated", Ty::Bool),
        field("x-trust-boundary", Ty::Bool),
        field("trustZone", TEXT).since(15),
        field("data", Ty::List(&SERVICE_DATA)),
        field("licenses", Ty::List(&LICENCES)),
        field("patentAssertions", Ty::Any).since(17),
        field("externalReferences", Ty::List(&REFERENCES)),
        field("services", Ty::List(&SERVICES)),
        field("releaseNotes", Ty::Any).since(14),
        field("properties", Ty::List(&PROPERTIES)).since(13),
        field("tags", Ty::Any).since(16),
        field("signature", Ty::Any).json_only().since(14),
    ],
};

static ENDPOINTS: List = List { item: TEXT, xml: Items::Wrapped(&[("endpoint", TEXT)]) };

static SERVICE_DATA: List = List {
    item: Ty::Obj(&DATA_FLOW),
    xml: Items::Wrapped(&[("classification", Ty::Obj(&CLASSIFICATION)), ("dataflow", Ty::Any)]),
};

const FLOW: Field = field(
    "flow",
    Ty::Text(Check::OneOf(
        &[("inbound", 0), ("outbound", 0), ("bi-directional", 0), ("unknown", 0)],
        "inbound, outbound, bi-directional or unknown",
    )),
)
.attribute()
.must();

static DATA_FLOW: Object = Object {
    kind: Kind::Dropped,
    name: "a data flow",
    open_below: NEVER_OPEN,
    rule: None,
    fields: &[
        FLOW,
        field("classification", TEXT).must(),
        field("name", TEXT).since(15),
        field("description", TEXT).since(15),
        field("governance", Ty::Any).since(15),
        field("source", Ty::Any).since(15),
        field("destination", Ty::Any).since(15),
    ],
};

static CLASSIFICATION: Object = Object {
    kind: Kind::Dropped,
    name: "a data classification",
    open_below: NEVER_OPEN,
    rule: None,
    fields: &[FLOW, field("classification", TEXT).at(At::Text)],
};

static DEPENDENCIES: List =
    List { item: Ty::Obj(&DEPENDENCY), xml: Items::Wrapped(&[("dependency", Ty::Obj(&DEPENDENCY))]) };

static DEPENDENCY: Object = Object {
    kind: Kind::Dependency,
    name: "a dependency",
    open_below: NEVER_OPEN,
    rule: None,
    fields: &[
        field("ref", Ty::Text(Check::Refer)).attribute().must(),
        field("dependsOn", Ty::List(&LINKS)).json_only(),
        field("provides", Ty::List(&LINKS)).json_only().since(16),
        field("dependency", Ty::List(&NESTED)).xml_only(),
        field("provides", Ty::List(&PROVIDED)).xml_only().since(16),
    ],
};

static LINKS: List = List { item: Ty::Text(Check::Refer), xml: Items::Repeated };
static NESTED: List = List { item: Ty::Obj(&DEPENDENCY), xml: Items::Repeated };
static PROVIDED: List = List { item: Ty::Obj(&PROVIDES), xml: Items::Repeated };

static PROVIDES: Object = Object {
    kind: Kind::Provides,
    name: "provides",
    open_below: NEVER_OPEN,
    rule: None,
    fields: &[field("ref", Ty::Text(Check::Refer)).attribute().must()],
};

static CITATIONS: List =
    List { item: Ty::Obj(&CITATION), xml: Items::Wrapped(&[("citation", Ty::Obj(&CITATION))]) };

static CITATION: Object = Object {
    kind: Kind::Dropped,
    name: "a citation",
    open_below: NEVER_OPEN,
    rule: Some(cites_one_way),
    fields: &[
        field("bom-ref", Ty::Text(Check::Define)).attribute(),
        field("pointers", Ty::List(&POINTERS)),
        field("expressions", Ty::List(&EXPRESSIONS)),
        field("timestamp", Ty::Text(Check::Time)).must(),
        field("attributedTo", Ty::Text(Check::Refer)),
        field("process", Ty::Text(Check::Refer)),
        field("note", TEXT),
        field("signature", Ty::Any).json_only(),
    ],
};

static POINTERS: List = List { item: TEXT, xml: Items::Wrapped(&[("pointer", TEXT)]) };
static EXPRESSIONS: List = List { item: TEXT, xml: Items::Wrapped(&[("expression", TEXT)]) };

fn cites_one_way(seen: &Seen<'_>) -> Result<(), Problem> {
    if seen.has("pointers") == seen.has("expressions") {
        return Err(Problem::Rule("a citation has either pointers or expressions"));
    }
    if !seen.has("attributedTo") && !seen.has("process") {
        return Err(Problem::Rule(
            "a citation says to whom it is attributed or by which process it was made",
        ));
    }
    Ok(())
}
