//! `config.toml` in the data directory: written with comments by `log init`, read strictly.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::failure::Failure;

/// Most bytes of a configuration.
const MAX_BYTES: u64 = 1 << 20;

/// The configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// What the operator calls this installation.
    #[serde(default = "default_title")]
    pub(crate) title: String,
    /// Where the fork guard is kept.
    pub(crate) guard: PathBuf,
    /// Feeds of advisories that `advisories watch` asks.
    #[serde(default)]
    pub(crate) feed: Vec<FeedConfig>,
}

/// A feed of advisories.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeedConfig {
    /// Its name in the log.
    pub(crate) name: String,
    /// Its address.
    pub(crate) url: String,
    /// Time between two answers, such as `6h`.
    pub(crate) every: Option<String>,
}

fn default_title() -> String {
    "Vouchsafe".into()
}

impl Config {
    /// Reads a configuration.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let length = std::fs::metadata(path).map_err(|e| Failure::file("reading", path, &e))?.len();
        let doing = format!("reading {}", path.display());
        if length > MAX_BYTES {
            return Err(Failure::input(doing, format!("{length} bytes are no configuration")));
        }
        let text = std::fs::read_to_string(path).map_err(|e| Failure::file("reading", path, &e))?;
        toml::from_str(&text).map_err(|e| Failure::input(doing, e))
    }

    /// The text that `log init` writes.
    pub(crate) fn template(origin: &str, guard: &Path) -> String {
        let quoted = |text: &str| toml::Value::String(text.into()).to_string();
        format!(
            "# Vouchsafe: configuration of this data directory. docs/cli.md explains each setting.\n\
             \n\
             # What this installation is called on its pages.\n\
             title = {}\n\
             \n\
             # The fork guard: the newest head that this log has signed. Keep it where a restored backup of this directory\n\
             # does not bring back an old one. Without it, or when it is ahead of the log, the log is read-only.\n\
             guard = {}\n\
             \n\
             # Feeds of advisories for `vouchsafe advisories watch`, as many as there are; `every` is 6h unless it is said.\n\
             # [[feed]]\n\
             # name = \"osv\"\n\
             # url = \"https://example.org/all.zip\"\n\
             # every = \"6h\"\n",
            quoted(origin),
            quoted(&guard.to_string_lossy()),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Config;

    #[test]
    fn the_template_is_a_configuration() {
        let text = Config::template("log.example/\"pumps\"", Path::new("/var/lib/a \\ b.guard"));
        let config: Config = toml::from_str(&text).expect("reads");
        assert_eq!(config.title, "log.example/\"pumps\"");
        assert_eq!(config.guard, Path::new("/var/lib/a \\ b.guard"));
        assert!(toml::from_str::<Config>("guard = 'x'\nguad = 'y'").is_err());
        let commented = text.replace("# [[", "[[").replace("# name", "name").replace("# url", "url");
        let config: Config = toml::from_str(&commented.replace("# every", "every")).expect("reads");
        assert_eq!((config.feed.len(), config.feed[0].every.as_deref()), (1, Some("6h")));
    }
}
