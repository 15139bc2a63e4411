//! Signatures of commits and tags: taken apart, verified, and whose key it is. Nobody is believed by the name in a commit: SSH
//! keys count when a source of the log has them, OpenPGP keys when they are in the keyring that `vouchsafe.toml` names. What is
//! an OpenPGP signature is left to `gpg`, in a home of its own that is gone afterwards.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64ct::{Base64Unpadded, Encoding as _};
use evidence::facts::design::{GitScheme, GitSignature, GitVerdict};
use evidence::proof::ssh;
use tlog::Hash;

use super::there::There;
use crate::clock;
use crate::failure::Failure;
use crate::session::Session;
use crate::text;

/// Namespace in which Git signs with SSH keys.
const NAMESPACE: &str = "git";
const SSH: &str = "-----BEGIN SSH SIGNATURE-----";
const PGP: &str = "-----BEGIN PGP SIGNATURE-----";
/// Most bytes of a keyring.
const MAX_KEYRING: u64 = 8 << 20;

/// What was found of a signature.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The SSH key, when it verifies.
    pub(super) signed_by: Option<Hash>,
    /// None when there is no signature.
    pub(super) signature: Option<GitSignature>,
    /// For people, when it does not count.
    pub(super) doubt: Option<String>,
}

/// What was signed, and the armoured signature, of a commit.
fn of_commit(raw: &[u8]) -> Option<(Vec<u8>, String)> {
    let (mut signed, mut armour) = (Vec::with_capacity(raw.len()), String::new());
    let (mut in_head, mut in_signature) = (true, false);
    for line in raw.split_inclusive(|b| *b == b'\n') {
        if in_head {
            let first = line.strip_prefix(b"gpgsig ").or_else(|| line.strip_prefix(b"gpgsig-sha256 "));
            in_signature = match first {
                Some(first) => {
                    armour.push_str(&String::from_utf8_lossy(first));
                    true
                }
                None if in_signature && line.starts_with(b" ") => {
                    armour.push_str(&String::from_utf8_lossy(line.get(1..)?));
                    true
                }
                None => false,
            };
            in_head = line != b"\n";
        } else {
            in_signature = false;
        }
        if !in_signature {
            signed.extend_from_slice(line);
        }
    }
    (!armour.is_empty()).then_some((signed, armour))
}

/// What was signed, and the armoured signature at its end, of a tag.
fn of_tag(raw: &[u8]) -> Option<(Vec<u8>, String)> {
    let mut at = 0;
    for line in raw.split_inclusive(|b| *b == b'\n') {
        if line.starts_with(SSH.as_bytes()) || line.starts_with(PGP.as_bytes()) {
            let (signed, armour) = raw.split_at(at);
            return Some((signed.to_vec(), String::from_utf8_lossy(armour).into_owned()));
        }
        at += line.len();
    }
    None
}

/// Judges signatures of one push.
pub(super) struct Judge<'a> {
    /// What the log holds: whose keys count.
    pub(super) there: &'a There,
    /// The keyring, when the configuration names one.
    pub(super) keyring: Option<PathBuf>,
}

impl Judge<'_> {
    /// Of a commit as Git keeps it.
    pub(super) fn commit(&self, session: &Session, raw: &[u8]) -> Result<Found, Failure> {
        of_commit(raw)
            .map_or_else(|| Ok(Found::default()), |(signed, armour)| self.judge(session, &signed, &armour))
    }

    /// Of a tag as Git keeps it.
    pub(super) fn tag(&self, session: &Session, raw: &[u8]) -> Result<Found, Failure> {
        of_tag(raw)
            .map_or_else(|| Ok(Found::default()), |(signed, armour)| self.judge(session, &signed, &armour))
    }

    fn judge(&self, session: &Session, signed: &[u8], armour: &str) -> Result<Found, Failure> {
        if armour.trim_start().starts_with(SSH) {
            Ok(self.ssh(signed, armour))
        } else {
            self.pgp(session, signed, armour)
        }
    }

    fn ssh(&self, signed: &[u8], armour: &str) -> Found {
        let bad = |why: String| Found {
            signed_by: None,
            signature: Some(signature(GitScheme::Ssh, GitVerdict::Bad, String::new())),
            doubt: Some(why),
        };
        let read = ssh::unarmour(armour).and_then(|blob| Ok((ssh::key_of(&blob)?, blob)));
        let (key, blob) = match read {
            Ok(read) => read,
            Err(e) => return bad(e.to_string()),
        };
        if let Err(e) = ssh::verify(&key, NAMESPACE, signed, &blob) {
            return bad(e.to_string());
        }
        let print = ssh::write_key(&key).map(|raw| Hash::of(&raw).0).unwrap_or_default();
        let print = format!("SHA256:{}", Base64Unpadded::encode_string(&print));
        let own = self.there.signers.iter().find(|signer| signer.keys.contains(&key));
        let verdict = if own.is_some() { GitVerdict::Good } else { GitVerdict::UnknownKey };
        let doubt = own.is_none().then(|| format!("{print} is nobody's key in the log"));
        let signature = GitSignature {
            name: own.map(|own| own.name.clone()),
            signer: own.map(|own| own.source),
            ..signature(GitScheme::Ssh, verdict, print)
        };
        Found { signed_by: Some(key.id()), signature: Some(signature), doubt }
    }

    fn pgp(&self, session: &Session, signed: &[u8], armour: &str) -> Result<Found, Failure> {
        let of = |verdict, key, doubt: &str| Found {
            signed_by: None,
            signature: Some(signature(GitScheme::OpenPgp, verdict, key)),
            doubt: (!doubt.is_empty()).then(|| doubt.to_owned()),
        };
        let Some(path) = &self.keyring else {
            let doubt = "vouchsafe.toml names no keyring ([signatures] gpg-keyring)";
            return Ok(of(GitVerdict::UnknownKey, String::new(), doubt));
        };
        let keyring = read_keyring(path)?;
        let Some(status) = gpg(&keyring, signed, armour)? else {
            let doubt = "there is no `gpg` here to check it with";
            return Ok(of(GitVerdict::Unchecked, String::new(), doubt));
        };
        let Judged { verdict, key, name } = judged(&status);
        let doubt = match verdict {
            GitVerdict::Good => "",
            GitVerdict::UnknownKey => "its key is not in the keyring",
            GitVerdict::Bad => "it does not verify, or its key is revoked or has expired",
            GitVerdict::Unchecked => "`gpg` does not say how it stands",
        };
        let mut found = of(verdict, key, doubt);
        if let Some(signature) = &mut found.signature {
            signature.name = name;
            signature.keyring = Some(session.put_blob(&keyring, "application/pgp-keys")?);
        }
        Ok(found)
    }
}

fn signature(scheme: GitScheme, verdict: GitVerdict, key: String) -> GitSignature {
    GitSignature { scheme, verdict, key, name: None, keyring: None, signer: None }
}

fn read_keyring(path: &Path) -> Result<Vec<u8>, Failure> {
    let doing = "reading the keyring";
    let length = fs::metadata(path).map_err(|e| Failure::file(doing, path, &e))?.len();
    if length > MAX_KEYRING {
        return Err(Failure::input(
            doing,
            format!("{} has {length} bytes, at most {MAX_KEYRING}", path.display()),
        ));
    }
    fs::read(path).map_err(|e| Failure::file(doing, path, &e))
}

/// What `gpg` says, on its status lines.
struct Judged {
    verdict: GitVerdict,
    key: String,
    name: Option<String>,
}

fn judged(status: &str) -> Judged {
    let says = |word: &str| {
        let mut lines = status.lines().filter_map(|line| line.strip_prefix("[GNUPG:] "));
        lines.find_map(|line| line.strip_prefix(word)?.strip_prefix(' ').map(str::to_owned))
    };
    let good = says("GOODSIG");
    let print = says("VALIDSIG").and_then(|line| line.split(' ').next().map(str::to_owned));
    let bad = ["BADSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG"].iter().find_map(|word| says(word));
    let missing = says("NO_PUBKEY").or_else(|| says("ERRSIG"));
    let id = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    let name = |line: &str| line.split_once(' ').map(|(_, name)| text::printable(name, 200));
    match (good, print, bad, missing) {
        (Some(good), Some(print), None, _) => {
            Judged { verdict: GitVerdict::Good, key: print, name: name(&good) }
        }
        (_, print, Some(bad), _) => {
            Judged { verdict: GitVerdict::Bad, key: print.unwrap_or_else(|| id(&bad)), name: name(&bad) }
        }
        (_, _, None, Some(missing)) => {
            Judged { verdict: GitVerdict::UnknownKey, key: id(&missing), name: None }
        }
        _ => Judged { verdict: GitVerdict::Unchecked, key: String::new(), name: None },
    }
}

/// A folder that is gone when it is dropped.
struct Home(PathBuf);

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Asks `gpg` with this keyring and nothing else; none when there is no `gpg`.
fn gpg(keyring: &[u8], signed: &[u8], armour: &str) -> Result<Option<String>, Failure> {
    let doing = "checking an OpenPGP signature";
    let fail = |e: std::io::Error| Failure::environment(doing, e);
    let name: String = clock::random::<8>()?.iter().map(|byte| format!("{byte:02x}")).collect();
    let home = Home(std::env::temp_dir().join(format!("vouchsafe-gpg-{name}")));
    fs::DirBuilder::new().mode(0o700).create(&home.0).map_err(fail)?;
    let write = |name: &str, bytes: &[u8]| {
        let path = home.0.join(name);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(bytes).map(|()| path)
    };
    let keys = write("keys", keyring).map_err(fail)?;
    let signed = write("signed", signed).map_err(fail)?;
    let armour = write("signature", armour.as_bytes()).map_err(fail)?;
    let run = |arguments: &[&Path]| {
        Command::new("gpg")
            .arg("--homedir")
            .arg(&home.0)
            .args(["--batch", "--no-tty", "--quiet", "--no-options", "--no-autostart"])
            .args(["--no-auto-key-retrieve", "--trust-model", "always", "--status-fd", "1"])
            .args(arguments)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
    };
    match run(&[Path::new("--import"), &keys]) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(fail(e)),
        Ok(_) => {}
    }
    let said = run(&[Path::new("--verify"), &armour, &signed]).map_err(fail)?;
    Ok(Some(String::from_utf8_lossy(&said.stdout).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commit_and_tag_are_taken_apart() {
        let commit = b"tree 1\nauthor A <a@x> 1 +0000\ngpgsig -----BEGIN SSH SIGNATURE-----\n abc\n -----END SSH SIGNATURE-----\n\nText\n gpgsig no\n";
        let (signed, armour) = of_commit(commit).expect("signed");
        assert_eq!(signed, b"tree 1\nauthor A <a@x> 1 +0000\n\nText\n gpgsig no\n");
        assert_eq!(armour, "-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n");
        let tag = b"object 1\n\nText\n-----BEGIN PGP SIGNATURE-----\nx\n-----END PGP SIGNATURE-----\n";
        let (signed, armour) = of_tag(tag).expect("signed");
        assert_eq!((signed, armour.starts_with(PGP)), (b"object 1\n\nText\n".to_vec(), true));
        assert!(of_commit(b"tree 1\n\nText\n").is_none() && of_tag(b"object 1\n\nText\n").is_none());
    }

    #[test]
    fn what_gpg_says_is_judged() {
        let of = |status: &str| {
            let Judged { verdict, key, name } = judged(status);
            (verdict, key, name.unwrap_or_default())
        };
        let good =
            "[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 0123 A Name <a@x>\n[GNUPG:] VALIDSIG ABCD 2026-01-01 1\n";
        assert_eq!(of(good), (GitVerdict::Good, "ABCD".into(), "A Name <a@x>".into()));
        let expired = "[GNUPG:] EXPKEYSIG 0123 A Name\n[GNUPG:] VALIDSIG ABCD 2026-01-01 1\n";
        assert_eq!(of(expired), (GitVerdict::Bad, "ABCD".into(), "A Name".into()));
        assert_eq!(of("[GNUPG:] BADSIG 0123 A Name\n").0, GitVerdict::Bad);
        assert_eq!(
            of("[GNUPG:] ERRSIG 0123 1 8 00 1 9\n[GNUPG:] NO_PUBKEY 0123\n").0,
            GitVerdict::UnknownKey
        );
        // A good signature without a valid one is none.
        assert_eq!(of("[GNUPG:] GOODSIG 0123 A Name\n").0, GitVerdict::Unchecked);
        assert_eq!(of("GOODSIG 0123 A Name\nVALIDSIG ABCD\n").0, GitVerdict::Unchecked);
    }
}
