//! What each package type asks of its purls: one table, and its application. Types that are not in the table are
//! taken as they stand.
//!
//! The table follows the type definitions registered with purl-spec; cases of free text ("shall be lowercased") that
//! a flag cannot say are in [`special`].

use super::{Finding, Purl};

/// Whether a type takes a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Must be there.
    Required,
    /// May be there.
    Optional,
    /// Must not be there.
    Prohibited,
}

/// The rules of one package type.
#[derive(Debug, Clone, Copy)]
pub struct TypeRule {
    /// The type, lower case.
    pub ty: &'static str,
    /// Whether there is a namespace.
    pub namespace: Presence,
    /// Namespace is case-insensitive and written in lower case.
    pub fold_namespace: bool,
    /// Name is case-insensitive and written in lower case.
    pub fold_name: bool,
    /// Version is case-insensitive and written in lower case.
    pub fold_version: bool,
    /// A qualifier that must be there.
    pub required_qualifier: Option<&'static str>,
}

const fn rule(ty: &'static str, namespace: Presence) -> TypeRule {
    TypeRule {
        ty,
        namespace,
        fold_namespace: false,
        fold_name: false,
        fold_version: false,
        required_qualifier: None,
    }
}

impl TypeRule {
    const fn fold_namespace(mut self) -> Self {
        self.fold_namespace = true;
        self
    }

    const fn fold_name(mut self) -> Self {
        self.fold_name = true;
        self
    }

    const fn fold_version(mut self) -> Self {
        self.fold_version = true;
        self
    }

    const fn needs(mut self, qualifier: &'static str) -> Self {
        self.required_qualifier = Some(qualifier);
        self
    }
}

use Presence::{Optional, Prohibited, Required};

/// Sorted by type, so that a rule is found by binary search.
static RULES: [TypeRule; 42] = [
    rule("alpm", Required).fold_namespace().fold_name(),
    rule("apk", Required).fold_namespace().fold_name(),
    rule("bazel", Prohibited),
    rule("bitbucket", Required).fold_namespace().fold_name(),
    rule("bitnami", Prohibited).fold_name(),
    rule("brew", Optional).fold_namespace().fold_name(),
    rule("cargo", Prohibited),
    rule("chrome-extension", Prohibited).fold_name(),
    rule("cocoapods", Prohibited),
    rule("composer", Required).fold_namespace().fold_name(),
    rule("conan", Optional),
    rule("conda", Prohibited),
    rule("cpan", Optional),
    rule("cran", Prohibited),
    rule("deb", Required).fold_namespace().fold_name(),
    rule("docker", Optional),
    rule("gem", Prohibited),
    rule("generic", Optional),
    rule("git", Required),
    rule("github", Required).fold_namespace().fold_name(),
    rule("golang", Required),
    rule("hackage", Prohibited),
    rule("hex", Optional).fold_namespace().fold_name(),
    rule("huggingface", Required).fold_version(),
    rule("julia", Prohibited).needs("uuid"),
    rule("luarocks", Optional).fold_namespace().fold_name(),
    rule("maven", Required),
    rule("mlflow", Prohibited),
    rule("npm", Optional),
    rule("nuget", Prohibited),
    rule("oci", Prohibited).fold_name().fold_version(),
    rule("opam", Prohibited),
    rule("otp", Prohibited).fold_name(),
    rule("pub", Prohibited).fold_name(),
    rule("pypi", Prohibited).fold_name().fold_version(),
    rule("qpkg", Required).fold_namespace(),
    rule("rpm", Required).fold_namespace(),
    rule("swid", Optional).needs("tag_id"),
    rule("swift", Required),
    rule("vcpkg", Prohibited),
    rule("vscode-extension", Required).fold_namespace().fold_name().fold_version(),
    rule("yocto", Optional).fold_namespace(),
];

/// All registered types, sorted by name.
pub fn type_rules() -> &'static [TypeRule] {
    &RULES
}

/// The rules of a type given in lower case; `None` when the type is not registered.
pub fn rule_of(ty: &str) -> Option<&'static TypeRule> {
    let at = RULES.binary_search_by(|rule| rule.ty.cmp(ty)).ok()?;
    RULES.get(at)
}

/// Whether the name of this type is a path whose slashes are not encoded (`git`: the path on the host).
pub(super) fn name_is_path(ty: &str) -> bool {
    ty == "git"
}

/// Folds the components as the type asks and says which rules are broken.
pub(super) fn apply(purl: &mut Purl, findings: &mut Vec<Finding>) {
    let Some(rule) = rule_of(&purl.ty) else { return };
    match (rule.namespace, &purl.namespace) {
        (Required, None) => findings.push(Finding::NamespaceMissing),
        (Prohibited, Some(namespace)) => findings.push(Finding::NamespaceProhibited(namespace.clone())),
        _ => {}
    }
    if let Some(key) = rule.required_qualifier
        && !purl.qualifiers.contains_key(key)
    {
        findings.push(Finding::QualifierMissing(key));
    }
    if rule.fold_namespace {
        purl.namespace.as_mut().map(fold);
    }
    if rule.fold_name {
        fold(&mut purl.name);
    }
    if rule.fold_version {
        purl.version.as_mut().map(fold);
    }
    special(purl, findings);
}

fn special(purl: &mut Purl, findings: &mut Vec<Finding>) {
    match purl.ty.as_str() {
        "chrome-extension" => {
            if purl.name.len() != 32 || !purl.name.bytes().all(|b| matches!(b, b'a'..=b'p')) {
                refuse_name(purl, findings, "32 letters a to p");
            }
            let bad_version = purl.version.as_deref().filter(|version| !is_chrome_version(version));
            if let Some(version) = bad_version {
                let rule = "one to four numbers with dots between";
                findings.push(Finding::Version { version: version.to_owned(), rule });
            }
        }
        "cocoapods" if purl.name.starts_with('.') || purl.name.contains(is_space_or_plus) => {
            refuse_name(purl, findings, "no white space, no '+', no '.' in front");
        }
        "cpan" => {
            if purl.name.contains("::") {
                refuse_name(purl, findings, "a distribution name, not a module name with '::'");
            }
            if let Some(namespace) = &mut purl.namespace {
                namespace.make_ascii_uppercase();
            }
        }
        // Hosts that are themselves indifferent to case.
        "git" if matches!(purl.namespace.as_deref(), Some("github" | "github.com" | "bitbucket.org")) => {
            fold(&mut purl.name);
        }
        // Names are case-sensitive on some servers; Databricks is the one known not to be.
        "mlflow" if purl.qualifier("repository_url").is_some_and(|url| url.contains("databricks")) => {
            fold(&mut purl.name);
        }
        "pub" => {
            let keep = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '_' };
            purl.name = purl.name.chars().map(keep).collect();
        }
        "pypi" => purl.name = purl.name.replace('_', "-"),
        _ => {}
    }
}

fn is_space_or_plus(c: char) -> bool {
    c == '+' || c.is_whitespace()
}

fn refuse_name(purl: &Purl, findings: &mut Vec<Finding>, rule: &'static str) {
    findings.push(Finding::Name { name: purl.name.clone(), rule });
}

fn is_chrome_version(version: &str) -> bool {
    let mut segments = 0;
    version.split('.').all(|s| {
        segments += 1;
        !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit())
    }) && segments <= 4
}

/// Lower case, beyond ASCII too: purl-spec says "lowercased" without restricting the alphabet.
fn fold(text: &mut String) {
    if text.is_ascii() {
        text.make_ascii_lowercase();
    } else {
        *text = text.to_lowercase();
    }
}
