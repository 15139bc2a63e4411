//! `init`: writes a configuration and the first record.

use super::{CommandError, Status, usage};
use crate::config::{CONFIG_FILE, Config};
use crate::profiles::PROFILES;
use crate::tree::{TreeError, write_text};
use std::io::Write;
use std::path::PathBuf;

/// What to begin with.
#[derive(Debug)]
pub struct Init {
    /// Folder to write into.
    pub root: PathBuf,
    /// Name of the product.
    pub name: String,
    /// Profiles; default: all but Part 11.
    pub profiles: Option<Vec<String>>,
}

/// Writes `vouchsafe.toml` and a product record. Never overwrites.
///
/// # Errors
/// When there is a configuration already, a profile is unknown, or writing fails.
pub fn init(options: &Init, out: &mut dyn Write) -> Result<Status, CommandError> {
    let path = options.root.join(CONFIG_FILE);
    if path.exists() {
        return Err(usage(format!("{} is there already", path.display()), "edit it instead"));
    }
    let default =
        || PROFILES.iter().map(|(name, _)| *name).filter(|name| !matches!(*name, "core" | "part11"));
    let profiles = options.profiles.clone().unwrap_or_else(|| default().map(str::to_owned).collect());
    let list: Vec<String> = profiles.iter().map(|name| format!("{name:?}")).collect();
    let name = serde_json::Value::from(options.name.trim()).to_string();
    let text = format!(
        "# What the product is, and which rules its records follow. `vouchsafe explain rules` lists them.\n\
         [product]\nname = {name}\n\
         # concept, development, verification, release, maintenance: rules switch on by stage\n\
         stage = \"concept\"\nprofiles = [{}]\nrecords = [\"records\"]\n\n\
         # Items: parts with a software system, line and stage of their own.\n\
         # [items.firmware]\n# kind = \"firmware\"\n# paths = [\"records/firmware\"]\n\n\
         # Who may sign, as OpenSSH's allowed_signers: a name and a key a line. Without it a signature counts for nothing.\n\
         # [signatures]\n# allowed-signers = \"allowed_signers\"\n\n\
         # Approvals as electronic signatures under 21 CFR Part 11: add \"part11\" to the profiles.\n\n\
         # A rule can be changed, with the reason why.\n\
         # [rules.\"62304-5.1.8\"]\n# severity = \"off\"\n# reason = \"…\"\n",
        list.join(", ")
    );
    let parsed = Config::parse(&text).and_then(|config| config.setup());
    parsed.map_err(|error| CommandError::Tree(TreeError::Config(error)))?;
    let records = options.root.join("records");
    let io = |source| CommandError::Tree(TreeError::Io { doing: "making", path: records.clone(), source });
    std::fs::create_dir_all(&records).map_err(io)?;
    let product = records.join("PROD-001.md");
    if !product.exists() {
        let title = super::fmt::scalar(options.name.trim(), false);
        let text = format!(
            "---\nid: PROD-001\nkind: product\ntitle: {title}\n---\n\nWhat the device is and does.\n"
        );
        write_text(&product, &text).map_err(CommandError::Tree)?;
    }
    write_text(&path, &text).map_err(CommandError::Tree)?;
    writeln!(out, "{}\n{}\nnext: vouchsafe check", path.display(), product.display())
        .map_err(CommandError::Output)?;
    Ok(Status::Holds)
}
