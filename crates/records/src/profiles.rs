//! The built-in profiles: data in `profiles/*.toml`, part of the program.

use crate::problem::meant;
use crate::schema::SchemaError;
use crate::schema::file::ProfileFile;

/// Name and text of every built-in profile.
pub const PROFILES: [(&str, &str); 6] = [
    ("core", include_str!("../profiles/core.toml")),
    ("iso13485", include_str!("../profiles/iso13485.toml")),
    ("iec62304", include_str!("../profiles/iec62304.toml")),
    ("iso14971", include_str!("../profiles/iso14971.toml")),
    ("cybersecurity", include_str!("../profiles/cybersecurity.toml")),
    ("part11", include_str!("../profiles/part11.toml")),
];

/// Reads the named profiles, the core first, with what they use, each once.
///
/// # Errors
/// When a name is not that of a built-in profile.
pub fn load(names: &[String]) -> Result<Vec<ProfileFile>, SchemaError> {
    let mut wanted = vec!["core".to_owned()];
    wanted.extend(names.iter().cloned());
    let mut files: Vec<ProfileFile> = Vec::new();
    let mut at = 0;
    while let Some(name) = wanted.get(at).cloned() {
        at += 1;
        if files.iter().any(|file| file.name == name) {
            continue;
        }
        let Some((_, text)) = PROFILES.iter().find(|(known, _)| *known == name) else {
            let hint = meant(&name, PROFILES.iter().map(|(known, _)| *known));
            return Err(SchemaError::UnknownProfile { name, hint });
        };
        let file: ProfileFile = toml::from_str(text).map_err(|error| SchemaError::Toml {
            place: format!("profile {name}"),
            reason: error.to_string(),
        })?;
        wanted.extend(file.uses.iter().cloned());
        files.push(file);
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
