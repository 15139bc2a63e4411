//! SSH signatures against OpenSSH itself, both ways, in a temporary directory.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use evidence::entry::Proof;
use evidence::proof::ssh;
use evidence::types::Bytes;
use evidence::{Entry, statement};

use crate::golden::{revision, statement as example};
use crate::signers::{self, SshCall};

/// Whether `ssh-keygen` is here; if not, says so, and fails under `CI`.
fn tool() -> bool {
    let found =
        Command::new("ssh-keygen").arg("-?").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    assert!(found || std::env::var_os("CI").is_none(), "ssh-keygen is missing: install openssh-client");
    if !found {
        eprintln!("SKIPPED: ssh-keygen is missing; install openssh-client");
    }
    found
}

fn keygen(folder: &Path, args: &[&str], stdin: &[u8]) -> (bool, String) {
    let mut child = Command::new("ssh-keygen")
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ssh-keygen starts");
    child.stdin.take().expect("a pipe").write_all(stdin).expect("ssh-keygen reads");
    let output = child.wait_with_output().expect("ssh-keygen ends");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.success(), said)
}

#[test]
fn what_ssh_keygen_signs_we_verify() {
    if !tool() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let text = example().text().expect("a statement");
    std::fs::write(folder.path().join("statement"), &text).expect("written");
    for kind in ["ed25519", "ecdsa"] {
        let (made, said) = keygen(
            folder.path(),
            &["-q", "-t", kind, "-b", "256", "-N", "", "-C", "approver", "-f", kind],
            b"",
        );
        assert!(made, "{said}");
        let line =
            std::fs::read_to_string(folder.path().join(format!("{kind}.pub"))).expect("the public key");
        let key = ssh::read_public_line(&line).expect("a key we know");
        assert_eq!(key.check(), Ok(()));
        assert!(
            line.starts_with(&ssh::write_public_line(&key).expect("an SSH key")),
            "written as it was read"
        );

        // A statement, with the hash that OpenSSH uses by itself and with the other one.
        for hash in ["sha512", "sha256"] {
            let option = format!("hashalg={hash}");
            let (signed, said) = keygen(
                folder.path(),
                &["-Y", "sign", "-O", &option, "-n", ssh::RECORD_NAMESPACE, "-f", kind, "statement"],
                b"",
            );
            assert!(signed, "{said}");
            let file = folder.path().join("statement.sig");
            let armour = std::fs::read_to_string(&file).expect("the signature");
            std::fs::remove_file(&file).expect("removed");
            let blob = ssh::unarmour(&armour).expect("an armoured signature");
            assert_eq!(ssh::armour(&blob), armour, "armour has one form");
            assert_eq!(ssh::key_of(&blob), Ok(key.clone()));
            assert_eq!(statement::verify(&key, &text, &blob), Ok(example()));
            let changed = text.replace("approve", "reject");
            assert!(statement::verify(&key, &changed, &blob).is_err());
        }

        // An entry: the message is the 32 bytes of its hash.
        let mut signer = signers::named("ssh-ed25519");
        signer.public = key.clone();
        let body = revision(&signer);
        let hash = evidence::Body::hash(&body.encode());
        std::fs::write(folder.path().join("hash"), hash.0).expect("written");
        let args = ["-Y", "sign", "-n", ssh::ENTRY_NAMESPACE, "-f", kind, "hash"];
        let (signed, said) = keygen(folder.path(), &args, b"");
        assert!(signed, "{said}");
        let file = folder.path().join("hash.sig");
        let blob = ssh::unarmour(&std::fs::read_to_string(&file).expect("the signature")).expect("armoured");
        std::fs::remove_file(&file).expect("removed");
        let entry = Entry::new(body, Proof::Ssh { blob: Bytes(blob) }).expect("an entry");
        assert!(entry.hints_at(&key.id(), &key));
        assert_eq!(entry.verify(&key), Ok(()));
    }
}

#[test]
fn what_we_sign_ssh_keygen_verifies() {
    if !tool() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let text = example().text().expect("a statement");
    // Verification needs no authenticator, so OpenSSH also judges the simulated security keys.
    for signer in signers::all().iter().filter(|s| ssh::write_key(&s.public).is_some()) {
        let line = ssh::write_public_line(&signer.public).expect("an SSH key");
        std::fs::write(folder.path().join("allowed"), format!("approver {line}\n")).expect("written");
        let check = |namespace: &str, blob: &[u8], message: &[u8]| {
            std::fs::write(folder.path().join("sig"), ssh::armour(blob)).expect("written");
            let args = ["-Y", "verify", "-f", "allowed", "-I", "approver", "-n", namespace, "-s", "sig"];
            keygen(folder.path(), &args, message)
        };
        for (namespace, message) in
            [(ssh::RECORD_NAMESPACE, text.as_bytes()), (ssh::ENTRY_NAMESPACE, &[0xa5; 32][..])]
        {
            for hash in ["sha512", "sha256"] {
                let blob = signer.ssh_blob(&SshCall { hash, ..SshCall::new(namespace) }, message);
                let (holds, said) = check(namespace, &blob, message);
                assert!(holds, "{}: {said}", signer.name);
                assert!(ssh::verify(&signer.public, namespace, message, &blob).is_ok(), "{}", signer.name);
                assert!(!check("another@v1", &blob, message).0, "another namespace");
                assert!(!check(namespace, &blob, b"another message").0, "another message");
            }
        }
        // Without a touch we refuse; `ssh-keygen -Y verify` does not ask (OpenSSH's server does).
        if signer.public.scope.is_some() {
            let blob = signer.ssh_blob(&SshCall { flags: 0, ..SshCall::new("a@v1") }, b"message");
            assert!(check("a@v1", &blob, b"message").0, "the signature itself is sound");
            let ours = ssh::verify(&signer.public, "a@v1", b"message", &blob);
            assert_eq!(ours, Err(evidence::proof::BadProof::NotPresent));
        }
    }
}

#[test]
fn the_librarys_own_blob_is_the_one_openssh_writes() {
    let signer = signers::named("ssh-ed25519");
    let signature = signer.raw(&ssh::signed_data("a@v1", b"message"));
    let blob = ssh::blob(&signer.public, "a@v1", &signature).expect("an SSH Ed25519 key");
    assert_eq!(blob, signer.ssh_blob(&SshCall::new("a@v1"), b"message"));
}

#[test]
fn a_security_key_says_what_it_saw() {
    for name in ["sk-ssh-ed25519", "sk-ecdsa"] {
        let signer = signers::named(name);
        for (flags, verified) in [(1, false), (5, true)] {
            let blob = signer.ssh_blob(&SshCall { flags, ..SshCall::new("a@v1") }, b"message");
            let seen = ssh::SecurityKey { user_present: true, user_verified: verified, counter: 9 };
            assert_eq!(ssh::verify(&signer.public, "a@v1", b"message", &blob), Ok(seen), "{name}");
        }
        // The same point as a plain key, or under another application, is another key.
        let mut plain = signer.public.clone();
        (plain.purpose, plain.scope) = (evidence::keys::KeyUse::Ssh, None);
        let mut elsewhere = signer.public.clone();
        elsewhere.scope = Some("ssh:elsewhere".into());
        let blob = signer.ssh_blob(&SshCall::new("a@v1"), b"message");
        for other in [plain, elsewhere] {
            let refused = ssh::verify(&other, "a@v1", b"message", &blob);
            assert_eq!(refused, Err(evidence::proof::BadProof::OtherKey), "{name}");
        }
    }
}
