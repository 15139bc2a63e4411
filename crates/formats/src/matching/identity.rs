//! Whether an advisory's product is a component: by purl, by package of an ecosystem, by CPE, by vendor and name.

use super::{Component, Coordinate};
use crate::advisory::Coordinates;
use crate::purl::Purl;

/// How a product relates to a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Relation {
    Same(Coordinate),
    Other(String),
    Unclear { reason: String, settle: &'static str },
}

pub(super) fn relate(component: &Component<'_>, product: &Coordinates) -> Relation {
    if let Err(reason) = product.usable() {
        let settle = "an assessment by a person, with evidence,";
        return Relation::Unclear { reason: format!("the advisory gives {reason}"), settle };
    }
    // The strongest coordinate that both sides have decides; a CPE or name is asked only where no package can be.
    if let (Some(own), Some(ecosystem), Some(name)) =
        (component.purl, product.ecosystem.as_deref(), product.name.as_deref())
        && let Some(relation) = by_package(own, ecosystem, name)
    {
        return relation;
    }
    if let (Some(own), Some(theirs)) = (component.purl, &product.purl)
        && (own.ty() == theirs.ty() || !(is_nameless(own.ty()) || is_nameless(theirs.ty())))
    {
        return by_purl(own, theirs);
    }
    if product.cpes.is_empty() || component.cpes.is_empty() {
        return by_name(component, product);
    }
    // CPE names are given by hand and moved between vendors: a difference excludes only where the names differ too.
    match (by_cpe(component.cpes, &product.cpes), by_name(component, product)) {
        (Relation::Other(_), Relation::Same(_)) => Relation::Unclear {
            reason: "the names agree, but the CPE names do not".to_owned(),
            settle: "a purl, or the CPE name that the advisory uses",
        },
        (Relation::Other(_), unclear @ Relation::Unclear { .. }) => unclear,
        (relation, _) => relation,
    }
}

/// Types that say nothing about where a package comes from, so that a difference of type excludes nothing.
fn is_nameless(ty: &str) -> bool {
    matches!(ty, "generic" | "github" | "gitlab" | "bitbucket" | "git" | "conan" | "vcpkg" | "yocto" | "swid")
}

fn by_purl(own: &Purl, theirs: &Purl) -> Relation {
    if own.ty() != theirs.ty() {
        return Relation::Other(format!("type {} is not {}", theirs.ty(), own.ty()));
    }
    if own.name() != theirs.name() {
        return Relation::Other(format!("name {:?} is not {:?}", theirs.name(), own.name()));
    }
    match (own.namespace(), theirs.namespace()) {
        (own, theirs) if own == theirs => Relation::Same(Coordinate::Purl),
        (Some(own), Some(theirs)) => Relation::Other(format!("namespace {theirs:?} is not {own:?}")),
        _ => Relation::Unclear {
            reason: "only one side names a namespace".to_owned(),
            settle: "the namespace in the component's purl",
        },
    }
}

/// A package of an OSV ecosystem against a purl; `None` where the ecosystem has no purl type of its own.
fn by_package(own: &Purl, ecosystem: &str, name: &str) -> Option<Relation> {
    let (base, release) =
        ecosystem.split_once(':').map_or((ecosystem, None), |(base, rest)| (base, Some(rest)));
    let (ty, namespace) = match base {
        "npm" => ("npm", None),
        "crates.io" => ("cargo", None),
        "Go" => ("golang", None),
        "PyPI" => ("pypi", None),
        "Maven" => ("maven", None),
        "NuGet" => ("nuget", None),
        "RubyGems" => ("gem", None),
        "Packagist" => ("composer", None),
        "Hex" => ("hex", None),
        "Pub" => ("pub", None),
        "Debian" => ("deb", Some("debian")),
        "Ubuntu" => ("deb", Some("ubuntu")),
        "Alpine" => ("apk", Some("alpine")),
        "Wolfi" => ("apk", Some("wolfi")),
        "Chainguard" => ("apk", Some("chainguard")),
        "Red Hat" => ("rpm", Some("redhat")),
        "Rocky Linux" => ("rpm", Some("rocky-linux")),
        "AlmaLinux" => ("rpm", Some("almalinux")),
        "openSUSE" => ("rpm", Some("opensuse")),
        "SUSE" => ("rpm", Some("suse")),
        _ => return None,
    };
    if is_nameless(own.ty()) {
        return None;
    }
    let other = |what: &str, theirs: &str, own: &str| {
        Some(Relation::Other(format!("{what} {theirs:?} is not {own:?}")))
    };
    if own.ty() != ty {
        return other("type", ty, own.ty());
    }
    let Some(namespace) = namespace else {
        let theirs = match (ty, name.rsplit_once(if ty == "maven" { ':' } else { '/' })) {
            ("npm" | "golang" | "maven" | "composer", Some((namespace, name))) => (Some(namespace), name),
            _ => (None, name),
        };
        let fold = |text: &str| {
            if ty == "pypi" { text.to_lowercase().replace(['_', '.'], "-") } else { text.to_owned() }
        };
        let same = own.namespace() == theirs.0 && fold(own.name()) == fold(theirs.1);
        return if same {
            Some(Relation::Same(Coordinate::Package))
        } else {
            other("package", name, own.name())
        };
    };
    // Distributions publish by source package; a binary package says in a qualifier what it was built from.
    let source = own.qualifier("upstream").or_else(|| own.qualifier("source"));
    let source = source.map(|source| source.split(['@', ' ']).next().unwrap_or(source));
    if own.name() != name && source != Some(name) {
        return other("package", name, source.unwrap_or(own.name()));
    }
    match own.namespace() {
        None => {
            return Some(Relation::Unclear {
                reason: format!("the component does not say whether it comes from {base}"),
                settle: "the namespace in the component's purl",
            });
        }
        Some(own) if own != namespace => return other("distribution", namespace, own),
        Some(_) => {}
    }
    let Some(release) = release else { return Some(Relation::Same(Coordinate::Package)) };
    let Some(distro) = own.qualifier("distro") else {
        return Some(Relation::Unclear {
            reason: format!("the component does not say which release of {base} it is from"),
            settle: "the distro qualifier in the component's purl",
        });
    };
    match release_number(distro) {
        None => Some(Relation::Unclear {
            reason: format!("{distro:?} is not a release that this program knows"),
            settle: "a release number in the distro qualifier",
        }),
        Some(number) if same_release(&number, release) => Some(Relation::Same(Coordinate::Package)),
        Some(number) => other("release", release, &number),
    }
}

/// The number in `debian-12`, `alpine-3.18.4` or `22.04`, or of a release known by name.
fn release_number(distro: &str) -> Option<String> {
    const NAMES: [(&str, &str); 11] = [
        ("buster", "10"),
        ("bullseye", "11"),
        ("bookworm", "12"),
        ("trixie", "13"),
        ("forky", "14"),
        ("bionic", "18.04"),
        ("focal", "20.04"),
        ("jammy", "22.04"),
        ("noble", "24.04"),
        ("stretch", "9"),
        ("jessie", "8"),
    ];
    let last = distro.rsplit('-').next().unwrap_or(distro);
    let known = NAMES.iter().find(|(name, _)| last.eq_ignore_ascii_case(name)).map(|(_, number)| *number);
    let number = known.unwrap_or_else(|| last.trim_start_matches('v'));
    if number.starts_with(|c: char| c.is_ascii_digit()) { Some(number.to_owned()) } else { None }
}

/// `12` and `12.5` are one release of Debian, `3.18` and `3.18.4` one of Alpine; `22.04:LTS` names its kind behind.
fn same_release(own: &str, theirs: &str) -> bool {
    let theirs =
        theirs.split(':').find(|part| part.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()));
    let Some(theirs) = theirs.map(|part| part.trim_start_matches('v')) else { return false };
    let (mut own, mut theirs) = (own.split('.'), theirs.split('.'));
    theirs.all(|number| own.next() == Some(number))
}

/// Part, vendor and product of a CPE 2.2 or 2.3 name, lower case, escapes taken off.
pub(super) fn cpe_parts(cpe: &str) -> Option<[String; 3]> {
    let lower = cpe.to_lowercase();
    let body = lower.strip_prefix("cpe:2.3:").or_else(|| lower.strip_prefix("cpe:/"))?;
    let mut parts = vec![String::new()];
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        match (c, parts.last_mut()) {
            (':', _) => parts.push(String::new()),
            ('\\', Some(part)) => part.extend(chars.next()),
            (c, Some(part)) => part.push(c),
            (_, None) => {}
        }
    }
    let mut parts = parts.into_iter();
    Some([parts.next()?, parts.next()?, parts.next()?])
}

fn by_cpe(own: &[String], theirs: &[String]) -> Relation {
    let (mut readable, mut reason) = (false, String::new());
    for (own, theirs) in own.iter().flat_map(|own| theirs.iter().map(move |theirs| (own, theirs))) {
        let (Some(own), Some(theirs)) = (cpe_parts(own), cpe_parts(theirs)) else { continue };
        let [_, _, product] = &theirs;
        if matches!(product.as_str(), "" | "*" | "-") {
            continue;
        }
        readable = true;
        let any = |text: &str| matches!(text, "" | "*");
        let fits = |(own, theirs): (&String, &String)| own == theirs || any(own) || any(theirs);
        if own[2] == theirs[2] && own.iter().zip(&theirs).all(fits) {
            return Relation::Same(Coordinate::Cpe);
        }
        if own[2] == theirs[2] {
            reason = format!("the CPE names agree in the product {product:?} only");
        }
    }
    if !reason.is_empty() {
        return Relation::Unclear { reason, settle: "a purl, or the CPE name that the advisory uses" };
    }
    if readable {
        return Relation::Other(format!("CPE {} is none of the component's", theirs.join(", ")));
    }
    let settle = "a CPE 2.2 or 2.3 name with a product";
    Relation::Unclear { reason: "the CPE names cannot be read".to_owned(), settle }
}

/// Names as they are compared: lower case, letters and digits only.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// One part of the first CPE name that can be read: 1 is the vendor, 2 the product.
pub(super) fn cpe_of(cpes: &[String], at: usize) -> Option<String> {
    cpes.iter().find_map(|cpe| cpe_parts(cpe)?.get(at).cloned())
}

/// The name that an advisory gives its product, as names are compared.
pub(super) fn plain_name(product: &Coordinates) -> Option<String> {
    let name = product.product.clone().or_else(|| product.name.clone()).or_else(|| cpe_of(&product.cpes, 2));
    let name = name.or_else(|| product.purl.as_ref().map(|purl| purl.name().to_owned()));
    name.map(|name| plain(&name)).filter(|name| !name.is_empty())
}

/// The names that a component goes by, as names are compared.
pub(super) fn plain_names(component: &Component<'_>) -> Vec<String> {
    [component.name.map(str::to_owned), component.purl.map(|purl| purl.name().to_owned())]
        .into_iter()
        .flatten()
        .chain(cpe_of(component.cpes, 2))
        .map(|name| plain(&name))
        .filter(|name| !name.is_empty())
        .collect()
}

fn by_name(component: &Component<'_>, product: &Coordinates) -> Relation {
    let own = plain_names(component);
    let Some(theirs) = plain_name(product) else {
        let settle = "an assessment by a person, with evidence,";
        return Relation::Unclear { reason: "the advisory names no product".to_owned(), settle };
    };
    if own.is_empty() {
        let settle = "a name, purl or CPE of the component";
        return Relation::Unclear { reason: "the component has no name".to_owned(), settle };
    }
    if !own.contains(&theirs) {
        // One maker's "FreeRTOS" and "FreeRTOS Kernel" may be one thing; the names alone do not exclude it.
        let alike = |own: &String| own.starts_with(&theirs) || theirs.starts_with(own.as_str());
        let maker =
            |vendor: Option<String>| vendor.map(|vendor| plain(&vendor)).filter(|vendor| !vendor.is_empty());
        let theirs_by = maker(product.vendor.clone().or_else(|| cpe_of(&product.cpes, 1)));
        let own_by = maker(component.vendor.map(str::to_owned).or_else(|| cpe_of(component.cpes, 1)));
        if own.iter().any(alike) && own_by.is_some() && own_by == theirs_by {
            return Relation::Unclear {
                reason: format!(
                    "the vendor is the same, and the names {theirs:?} and {:?} are alike",
                    own.join(", ")
                ),
                settle: "a CPE or purl of the component",
            };
        }
        return Relation::Other(format!("name {theirs:?} is not {:?}", own.join(", ")));
    }
    if let Some(purl) = component.purl.filter(|purl| !is_nameless(purl.ty())) {
        // npm has an "openssl" too, and a distribution's carries fixes without changing the version.
        return Relation::Unclear {
            reason: format!(
                "a {} package has the name of a product that is named outside of its ecosystem",
                purl.ty()
            ),
            settle: "an advisory of the ecosystem, or a CPE of the component",
        };
    }
    let vendor = product.vendor.clone().or_else(|| cpe_of(&product.cpes, 1)).map(|vendor| plain(&vendor));
    let own = component
        .vendor
        .map(str::to_owned)
        .or_else(|| cpe_of(component.cpes, 1))
        .map(|vendor| plain(&vendor));
    match (own, vendor) {
        // "Amazon" and "Amazon Web Services" are one vendor; two that share nothing may still be, so that is no exclusion.
        (Some(own), Some(theirs)) if own.starts_with(&theirs) || theirs.starts_with(&own) => {
            Relation::Same(Coordinate::VendorProduct)
        }
        // A project that is its own vendor, as OpenSSL is.
        (None, Some(vendor)) if vendor == theirs => Relation::Same(Coordinate::VendorProduct),
        (own, vendor) => match (own, vendor) {
            (Some(own), Some(vendor)) => Relation::Unclear {
                reason: format!("the names agree, but vendor {vendor:?} is not {own:?}"),
                settle: "a CPE or purl of the component",
            },
            _ => Relation::Same(Coordinate::NameOnly),
        },
    }
}
