//! The version schemes, and which scheme an ecosystem's name stands for. A name that is not in a table gives `None`:
//! the caller then knows that nothing can be said, instead of comparing by a guess.

use std::fmt;

/// A way of ordering versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// Semantic Versioning 2.0.
    Semver,
    /// node-semver.
    Npm,
    /// Cargo: Semantic Versioning with 64-bit numbers.
    Cargo,
    /// Go modules: Semantic Versioning with a leading `v`.
    Golang,
    /// Python: PEP 440, older versions before all others.
    Pypi,
    /// Maven: the version order of its POM reference.
    Maven,
    /// NuGet: Semantic Versioning with up to four numbers, case ignored.
    Nuget,
    /// RubyGems.
    Gem,
    /// Debian and its kin: deb-version(7).
    Debian,
    /// RPM: epoch, version, release by rpmvercmp.
    Rpm,
    /// Alpine's apk, and its kin.
    Alpine,
    /// OpenSSL: letters after the third number before 3.0, Semantic Versioning since.
    Openssl,
    /// Numbers and well-known words; what it cannot tell it does not order.
    Generic,
    /// RFC 3339 date and time, by instant.
    Datetime,
    /// Byte order.
    Lexicographic,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: [Self; 15] = [
        Self::Semver,
        Self::Npm,
        Self::Cargo,
        Self::Golang,
        Self::Pypi,
        Self::Maven,
        Self::Nuget,
        Self::Gem,
        Self::Debian,
        Self::Rpm,
        Self::Alpine,
        Self::Openssl,
        Self::Generic,
        Self::Datetime,
        Self::Lexicographic,
    ];

    /// The name in a `vers` string.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Semver => "semver",
            Self::Npm => "npm",
            Self::Cargo => "cargo",
            Self::Golang => "golang",
            Self::Pypi => "pypi",
            Self::Maven => "maven",
            Self::Nuget => "nuget",
            Self::Gem => "gem",
            Self::Debian => "deb",
            Self::Rpm => "rpm",
            Self::Alpine => "apk",
            Self::Openssl => "openssl",
            Self::Generic => "generic",
            Self::Datetime => "datetime",
            Self::Lexicographic => "lexicographic",
        }
    }

    /// The scheme of a `vers` string's name; takes `alpine`, `debian` and `go` besides the registered names.
    pub fn from_vers(name: &str) -> Option<Self> {
        match name {
            "alpine" => Some(Self::Alpine),
            "debian" => Some(Self::Debian),
            "go" => Some(Self::Golang),
            _ => Self::ALL.into_iter().find(|scheme| scheme.name() == name),
        }
    }

    /// The scheme that packages of a purl type use. `generic` is only the type's default: a C component may have a
    /// scheme of its own (see [`Scheme::of_component`]).
    pub fn from_purl_type(ty: &str) -> Option<Self> {
        match ty {
            "npm" => Some(Self::Npm),
            "cargo" => Some(Self::Cargo),
            "golang" => Some(Self::Golang),
            "pypi" => Some(Self::Pypi),
            "maven" => Some(Self::Maven),
            "nuget" => Some(Self::Nuget),
            "gem" => Some(Self::Gem),
            "deb" => Some(Self::Debian),
            "rpm" => Some(Self::Rpm),
            "apk" => Some(Self::Alpine),
            "hex" | "swift" => Some(Self::Semver),
            "generic" | "github" | "gitlab" | "bitbucket" | "conan" | "vcpkg" | "yocto" => {
                Some(Self::Generic)
            }
            _ => None,
        }
    }

    /// The scheme of a component known by name only: OpenSSL has one of its own.
    pub fn of_component(name: &str) -> Self {
        if name.eq_ignore_ascii_case("openssl") { Self::Openssl } else { Self::Generic }
    }

    /// The scheme of an OSV ecosystem, with or without a `:release` suffix (OSV schema 1.7, "Defined ecosystems").
    pub fn from_osv_ecosystem(ecosystem: &str) -> Option<Self> {
        let name = ecosystem.split_once(':').map_or(ecosystem, |(name, _)| name);
        match name {
            "npm" => Some(Self::Npm),
            "crates.io" => Some(Self::Cargo),
            "Go" => Some(Self::Golang),
            "PyPI" => Some(Self::Pypi),
            "Maven" => Some(Self::Maven),
            "NuGet" => Some(Self::Nuget),
            "RubyGems" => Some(Self::Gem),
            "Debian" | "Ubuntu" | "Echo" => Some(Self::Debian),
            "Red Hat" | "Rocky Linux" | "AlmaLinux" | "openSUSE" | "SUSE" | "openEuler" | "Mageia"
            | "Photon OS" => Some(Self::Rpm),
            "Alpine" | "Alpaquita" | "BellSoft Hardened Containers" | "Chainguard" | "MinimOS" | "Wolfi" => {
                Some(Self::Alpine)
            }
            // Not Pub, where build metadata counts, nor Bitnami, whose "-1" comes after and not before.
            "Hex" | "SwiftURL" | "GitHub Actions" => Some(Self::Semver),
            _ => None,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
