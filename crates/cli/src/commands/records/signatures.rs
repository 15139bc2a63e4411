//! Signatures that are kept in Git beside the records: their files, whose count, and which approvals they amount to.
//! The format is in `docs/records.md`. Not here: making them (`sign`), handing them to a log (`push`).

use std::fs;
use std::path::{Path, PathBuf};

use evidence::proof::ssh;
use evidence::statement::{self, MAX_STATEMENT, Meaning, Statement};
use evidence::{PublicKey, Time};
use records::config::{CONFIG_FILE, Config, SignaturesConfig};
use records::digest::Digest;
use records::facts::{self, Approval, Moment};

use crate::failure::Failure;
use crate::text;

/// Ending of the files.
pub(super) const ENDING: &str = "sig";
/// Most bytes of a file: a statement and an armoured signature.
const MAX_FILE: u64 = (MAX_STATEMENT + 8 * 1_024) as u64;
/// Most signatures that are read.
const MAX_SIGNATURES: usize = 500_000;
/// Most bytes of the file of allowed signers.
const MAX_ALLOWED: u64 = 4 << 20;
/// Where the armour begins in a file.
const ARMOUR: &str = "-----BEGIN SSH SIGNATURE-----";
/// A statement over `editorial/ID/OLD` says that the change from revision OLD to the signed one leaves the meaning alone.
const EDITORIAL: &str = "editorial/";

/// One signature file.
#[derive(Clone, Debug)]
pub(super) struct SignatureFile {
    /// Where it is, relative to the product file.
    pub(super) path: String,
    /// The text that was signed.
    pub(super) text: String,
    /// What it says.
    pub(super) statement: Statement,
    /// The SSHSIG blob.
    pub(super) blob: Vec<u8>,
    /// Why it does not count; `None` when it does.
    pub(super) doubt: Option<String>,
}

/// Someone whose signatures count.
#[derive(Clone, Debug)]
pub(super) struct Allowed {
    /// Names as printed: principals, and the comment.
    pub(super) names: Vec<String>,
    /// The key.
    pub(super) key: PublicKey,
    /// First moment, in the order of the scale of [`order`].
    after: Option<u64>,
    /// Last moment.
    before: Option<u64>,
}

/// A signature that counts, and where it lies.
#[derive(Clone, Debug)]
pub(super) struct SignaturePlace {
    /// Path relative to the product file.
    pub(super) path: String,
    /// Record.
    pub(super) record: String,
    /// Revision.
    pub(super) revision: Digest,
    /// Printed name.
    pub(super) name: String,
}

/// All signatures of a tree, by path; and files that are none, with the reason.
#[derive(Debug, Default)]
pub(super) struct Signatures {
    pub(super) files: Vec<SignatureFile>,
    pub(super) damaged: Vec<(String, String)>,
    pub(super) allowed: Vec<Allowed>,
}

impl Signatures {
    /// Reads and judges every signature of the tree. Costs one look into the file system when there are none.
    pub(super) fn of(root: &Path) -> Result<Self, Failure> {
        let config = config(root)?;
        let folder = root.join(&config.folder);
        let mut all = Self::default();
        if let Some(file) = &config.allowed_signers {
            all.allowed = allowed(&root.join(file))?;
        }
        if !folder.is_dir() {
            return Ok(all);
        }
        let mut paths = Vec::new();
        list(&folder, 0, &mut paths)?;
        paths.sort();
        if paths.len() > MAX_SIGNATURES {
            let many = format!("{} files; at most {MAX_SIGNATURES} are read", paths.len());
            return Err(Failure::input(format!("reading the signatures in {}", folder.display()), many));
        }
        for path in paths {
            let shown = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            match read(&path, &shown) {
                Ok(mut file) => {
                    file.doubt = doubt(&file, &all.allowed);
                    all.files.push(file);
                }
                Err(reason) => all.damaged.push((shown, reason)),
            }
        }
        Ok(all)
    }

    /// What the rules take for approvals: signatures that verify, by someone whose signatures count.
    pub(super) fn approvals(&self) -> Vec<Approval> {
        self.files.iter().filter(|file| file.doubt.is_none()).filter_map(approval).collect()
    }

    /// The signatures that count, with their files.
    pub(super) fn places(&self) -> Vec<SignaturePlace> {
        let counting = self.files.iter().filter(|file| file.doubt.is_none());
        let place = |file: &SignatureFile| SignaturePlace {
            path: file.path.clone(),
            record: file.statement.record.clone(),
            revision: Digest(file.statement.revision.0),
            name: file.statement.name.clone(),
        };
        counting.map(place).collect()
    }

    /// Changes that were signed as editorial by someone whose signatures count: record, revision before, revision after.
    pub(super) fn editorial(&self) -> Vec<(String, Digest, Digest)> {
        let counting = self.files.iter().filter(|file| file.doubt.is_none());
        let counting = counting.filter(|file| file.statement.meaning != Meaning::Reject);
        let change = |file: &SignatureFile| {
            let (id, old) = file.editorial()?;
            Some((id.to_owned(), old, Digest(file.statement.revision.0)))
        };
        counting.filter_map(change).collect()
    }

    /// The signatures about one record, editorial ones included.
    pub(super) fn about<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a SignatureFile> {
        self.files.iter().filter(move |file| file.record() == id)
    }

    /// Says on standard error which files are no signatures and which do not count.
    pub(super) fn warnings(&self) -> Vec<String> {
        let damaged = self.damaged.iter().map(|(path, reason)| format!("{path} is no signature: {reason}"));
        let doubtful = self.files.iter().filter_map(|file| {
            file.doubt.as_ref().map(|doubt| format!("{} does not count: {doubt}", file.path))
        });
        damaged.chain(doubtful).collect()
    }
}

impl SignatureFile {
    /// Record and old revision, when it is about an editorial change.
    pub(super) fn editorial(&self) -> Option<(&str, Digest)> {
        let (id, old) = self.statement.record.strip_prefix(EDITORIAL)?.split_once('/')?;
        Some((id, old.parse().ok()?))
    }

    /// The record it is about.
    pub(super) fn record(&self) -> &str {
        self.editorial().map_or(&self.statement.record, |(id, _)| id)
    }
}

/// What a statement about an editorial change is over.
pub(super) fn editorial_subject(id: &str, old: Digest) -> String {
    format!("{EDITORIAL}{id}/{old}")
}

/// What `vouchsafe.toml` says of signatures.
pub(super) fn config(root: &Path) -> Result<SignaturesConfig, Failure> {
    let path = root.join(CONFIG_FILE);
    let text = fs::read_to_string(&path).map_err(|e| Failure::file("reading", &path, &e))?;
    let config = Config::parse(&text).map_err(|e| Failure::input("reading the product file", e))?;
    let inside = |path: &str| {
        let path = Path::new(path);
        path.components().all(|c| matches!(c, std::path::Component::Normal(_) | std::path::Component::CurDir))
    };
    let signatures = config.signatures;
    let named =
        [Some(&signatures.folder), signatures.allowed_signers.as_ref(), signatures.gpg_keyring.as_ref()];
    if let Some(out) = named.into_iter().flatten().find(|path| !inside(path)) {
        let problem = format!("`{out}` leads out of the folder of {CONFIG_FILE}");
        return Err(Failure::input("reading [signatures]", problem).hint("name a path below it"));
    }
    Ok(signatures)
}

/// Files below a folder, two levels deep; symbolic links are not followed.
fn list(folder: &Path, depth: u8, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let fail = |e: &std::io::Error| Failure::file("listing the signatures in", folder, e);
    for entry in fs::read_dir(folder).map_err(|e| fail(&e))? {
        let entry = entry.map_err(|e| fail(&e))?;
        let kind = entry.file_type().map_err(|e| fail(&e))?;
        let path = entry.path();
        if kind.is_dir() && depth < 2 {
            list(&path, depth + 1, found)?;
        } else if kind.is_file() && path.extension().is_some_and(|e| e == ENDING) {
            found.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path, shown: &str) -> Result<SignatureFile, String> {
    let length = fs::metadata(path).map_err(|e| e.to_string())?.len();
    if length > MAX_FILE {
        return Err(format!("{length} bytes, at most {MAX_FILE} are read"));
    }
    // A checkout may have turned line ends; what was signed has none of the other kind.
    let text = fs::read_to_string(path).map_err(|e| e.to_string())?.replace("\r\n", "\n");
    let at = text.find(ARMOUR).ok_or("there is no SSH signature in it")?;
    let (said, armour) = text.split_at(at);
    let statement = Statement::parse(said).map_err(|e| e.to_string())?;
    let blob = ssh::unarmour(armour).map_err(|e| e.to_string())?;
    Ok(SignatureFile { path: shown.to_owned(), text: said.to_owned(), statement, blob, doubt: None })
}

/// The text of a file.
pub(super) fn file_text(statement: &str, blob: &[u8]) -> String {
    format!("{statement}{}", ssh::armour(blob))
}

/// Why a signature does not count.
fn doubt(file: &SignatureFile, allowed: &[Allowed]) -> Option<String> {
    let key = match ssh::key_of(&file.blob) {
        Ok(key) => key,
        Err(e) => return Some(e.to_string()),
    };
    if let Err(e) = statement::verify(&key, &file.text, &file.blob) {
        return Some(e.to_string());
    }
    let mut known = allowed.iter().filter(|a| a.key == key).peekable();
    if known.peek().is_none() {
        return Some(if allowed.is_empty() {
            format!("{CONFIG_FILE} names no file of allowed signers ([signatures] allowed-signers)")
        } else {
            "its key is not among the allowed signers".to_owned()
        });
    }
    let name = &file.statement.name;
    let mut named = known.filter(|a| a.names.iter().any(|n| n == name)).peekable();
    if named.peek().is_none() {
        return Some(format!("the allowed signers do not know this key by the printed name `{name}`"));
    }
    let at = order(file.statement.time);
    let in_time = |a: &Allowed| a.after.is_none_or(|from| from <= at) && a.before.is_none_or(|to| at <= to);
    if named.any(in_time) { None } else { Some("it was made outside the time of its key".to_owned()) }
}

/// A moment on the scale of the rules: `YYYYMMDDhhmmss`.
pub(crate) fn order(time: Time) -> u64 {
    let digits: String = time.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    digits.parse().unwrap_or(0)
}

/// A statement's meaning as rules know it; others are shown and decide nothing.
pub(crate) const fn meaning(meaning: Meaning) -> Option<facts::Meaning> {
    Some(match meaning {
        Meaning::Author => facts::Meaning::Author,
        Meaning::Review => facts::Meaning::Review,
        Meaning::Approve => facts::Meaning::Approve,
        Meaning::Reject => facts::Meaning::Reject,
        Meaning::Responsible | Meaning::Witness | Meaning::Release => return None,
    })
}

fn approval(file: &SignatureFile) -> Option<Approval> {
    Some(Approval {
        record: file.statement.record.as_str().into(),
        revision: Digest(file.statement.revision.0),
        meaning: meaning(file.statement.meaning)?,
        name: file.statement.name.as_str().into(),
        // The signer's own word: nobody witnessed it.
        at: Moment { order: order(file.statement.time), claimed: true },
    })
}

/// Reads a file in the form of `allowed_signers` (ssh-keygen(1)). Certificate authorities are passed over: certificates are
/// not taken. Lines for other namespaces are passed over.
fn allowed(path: &Path) -> Result<Vec<Allowed>, Failure> {
    let fail = |e: &std::io::Error| Failure::file("reading the allowed signers in", path, e);
    let length = fs::metadata(path).map_err(|e| fail(&e))?.len();
    let doing = format!("reading the allowed signers in {}", path.display());
    if length > MAX_ALLOWED {
        return Err(Failure::input(doing, format!("{length} bytes are too many")));
    }
    let text = fs::read_to_string(path).map_err(|e| fail(&e))?;
    let mut all = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let read = allowed_line(line).map_err(|reason| {
            let excerpt = text::printable(line, 120);
            Failure::input(&doing, format!("line {number}: {reason}\n  {excerpt}"))
                .hint("a line is: \"PRINTED NAME\" ssh-ed25519 AAAA…; see ssh-keygen(1), ALLOWED SIGNERS")
        })?;
        all.extend(read);
    }
    Ok(all)
}

/// Splits at white space outside quotes.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut quoted) = (None, false);
    for (at, c) in line.char_indices() {
        if c == '"' {
            quoted = !quoted;
        }
        if c.is_ascii_whitespace() && !quoted {
            words.extend(start.take().and_then(|start: usize| line.get(start..at)));
        } else if start.is_none() {
            start = Some(at);
        }
    }
    words.extend(start.and_then(|start| line.get(start..)));
    words
}

fn allowed_line(line: &str) -> Result<Option<Allowed>, String> {
    let words = words(line);
    let key_at =
        words.iter().position(|w| w.starts_with("ssh-") || w.starts_with("sk-") || w.starts_with("ecdsa-"));
    let (Some(principals), Some(key_at)) = (words.first(), key_at.filter(|at| *at > 0)) else {
        return Err("there is no key in it".to_owned());
    };
    let options = words.get(1..key_at).unwrap_or_default().join(",");
    let mut allowed = Allowed {
        names: principals.split(',').map(|name| name.trim_matches('"').to_owned()).collect(),
        key: ssh::read_public_line(&words.get(key_at..).unwrap_or_default().join(" "))
            .map_err(|e| e.to_string())?,
        after: None,
        before: None,
    };
    allowed.names.extend(words.get(key_at + 2..).filter(|c| !c.is_empty()).map(|comment| comment.join(" ")));
    for option in split_options(&options) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let value = value.trim_matches('"');
        match name.to_ascii_lowercase().as_str() {
            "cert-authority" => return Ok(None),
            "namespaces" if !value.split(',').any(|n| n == ssh::RECORD_NAMESPACE || n == "*") => {
                return Ok(None);
            }
            "namespaces" => {}
            "valid-after" => allowed.after = Some(moment(value, '0')?),
            "valid-before" => allowed.before = Some(moment(value, '9')?),
            "" => {}
            other => return Err(format!("the option `{other}` is not known")),
        }
    }
    Ok(Some(allowed))
}

/// Splits at commas outside quotes.
fn split_options(options: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    options.split(move |c| {
        if c == '"' {
            quoted = !quoted;
        }
        c == ',' && !quoted
    })
}

/// `YYYYMMDD[hhmm[ss]][Z]`, filled up to the scale of the rules. Without Z OpenSSH means local time; here it is UTC.
fn moment(text: &str, fill: char) -> Result<u64, String> {
    let digits = text.strip_suffix('Z').unwrap_or(text);
    let fine = matches!(digits.len(), 8 | 12 | 14) && digits.bytes().all(|b| b.is_ascii_digit());
    let mut filled = digits.to_owned();
    while filled.len() < 14 {
        filled.push(fill);
    }
    fine.then(|| filled.parse().ok())
        .flatten()
        .ok_or_else(|| format!("`{text}` is not YYYYMMDD[hhmm[ss]][Z]"))
}

#[cfg(test)]
mod tests {
    use super::{allowed_line, words};

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIICEoDgEBfDquSs+q96yvTP587IKxrTMt9QBxDVGVfOt";

    #[test]
    fn quotes_keep_words_together() {
        assert_eq!(words("\"Quality lead\" a=\"b c\" d"), ["\"Quality lead\"", "a=\"b c\"", "d"]);
    }

    #[test]
    fn a_line_says_who_may_sign_what_and_when() {
        let line = format!(
            "\"Quality lead\",q@x namespaces=\"git,vouchsafe-record@v1\",valid-after=\"20260102Z\" {KEY} Lead of quality"
        );
        let read = allowed_line(&line).expect("a line").expect("it counts");
        assert_eq!(read.names, ["Quality lead\"", "q@x", "Lead of quality"].map(|n| n.trim_matches('"')));
        assert_eq!((read.after, read.before), (Some(20_260_102_000_000), None));
        assert!(allowed_line(&format!("x namespaces=\"git\" {KEY}")).expect("a line").is_none());
        assert!(allowed_line(&format!("x cert-authority {KEY}")).expect("a line").is_none());
        for bad in [
            "x",
            KEY,
            &format!("x frobnicate {KEY}"),
            &format!("x valid-after=\"2026\" {KEY}"),
            "x ssh-ed25519 AAAA",
        ] {
            assert!(allowed_line(bad).is_err(), "{bad}");
        }
    }
}
