//! Statements of persons: one text, signed under SSH or WebAuthn, and nothing that only looks like it.

use evidence::Hash;
use evidence::keys::KeyUse;
use evidence::proof::{BadProof, ssh};
use evidence::statement::{self, Statement};
use sha2::{Digest, Sha256};

use crate::golden::statement;
use crate::signers::{self, Browser, Signer, SshCall};

/// Signs a text as the fact `Signed` carries it.
pub(crate) fn sign(signer: &Signer, text: &str) -> Vec<u8> {
    if signer.public.purpose == KeyUse::WebAuthn {
        let challenge = Hash(Sha256::digest(text.as_bytes()).into());
        return signer.assert(&challenge, &Browser::default()).encode();
    }
    signer.ssh_blob(&SshCall::new(ssh::RECORD_NAMESPACE), text.as_bytes())
}

#[test]
fn a_signature_holds_for_its_text_key_and_purpose_only() {
    let text = statement().text().expect("a statement");
    let other = Statement { name: "Somebody else".into(), ..statement() }.text().expect("a statement");
    for signer in signers::all() {
        if signer.public.purpose == KeyUse::Cose {
            assert_eq!(statement::verify(&signer.public, &text, b""), Err(BadProof::OtherKey));
            continue;
        }
        let signature = sign(&signer, &text);
        assert_eq!(statement::verify(&signer.public, &text, &signature), Ok(statement()), "{}", signer.name);
        assert!(statement::verify(&signer.public, &other, &signature).is_err(), "{}", signer.name);
        for elsewhere in signers::all().iter().filter(|s| s.name != signer.name) {
            assert!(statement::verify(&elsewhere.public, &text, &signature).is_err());
        }
        // A signature over any other text is none over a statement, whatever the key.
        let free = sign(&signer, "just a text");
        assert!(matches!(statement::verify(&signer.public, "just a text", &free), Err(BadProof::Purpose(_))));
        for at in 0..signature.len() {
            let mut bad = signature.clone();
            bad[at] ^= 0x10;
            assert!(statement::verify(&signer.public, &text, &bad).is_err(), "{}: byte {at}", signer.name);
        }
    }
    // The namespace of entries is another one.
    let signer = signers::named("ssh-ed25519");
    let blob = signer.ssh_blob(&SshCall::new(ssh::ENTRY_NAMESPACE), text.as_bytes());
    assert_eq!(statement::verify(&signer.public, &text, &blob), Err(BadProof::Purpose("the namespace")));
}

#[test]
fn text_has_one_form() {
    let text = statement().text().expect("a statement");
    assert_eq!(Statement::parse(&text), Ok(statement()));
    let line = |text: &str| Statement::parse(text).expect_err("must be refused").line;
    assert_eq!(line(&text.replace("@v1", "@v2")), 1);
    assert_eq!(line(&text.replace("record ", "Record ")), 2);
    assert_eq!(line(&text.replace("sha256:8", "sha256:G")), 3);
    assert_eq!(line(&text.replace("approve", "Approve")), 4);
    assert_eq!(line(&text.replace("name ", "name")), 5);
    assert_eq!(line(&text.replace("name ", "name  ")), 5);
    assert_eq!(line(&text.replace("12:00:00Z", "12:00:00+00:00")), 6);
    assert_eq!(line(&text[..text.len() - 1]), 7, "no line feed at the end");
    assert_eq!(line(&format!("{text}\n")), 7, "one line feed too many");
    assert_eq!(line(&text.replace('\n', "\r\n")), 1);
    assert_eq!(line("vouchsafe-record@v1\nrecord R\n"), 3);
    assert_eq!(line(&"x".repeat(statement::MAX_STATEMENT + 1)), 1);
}

#[test]
fn names_that_look_like_others_are_refused() {
    for name in
        ["", " A", "A ", "A\nB", "A\tB", "A\u{202e}B", "A\u{200b}B", "A\u{2028}B", "A\u{ad}B", "A\u{e0041}B"]
    {
        let of = |record: &str, name: &str| {
            Statement { record: record.into(), name: name.into(), ..statement() }.text().map_err(|e| e.line)
        };
        assert_eq!(of("SWR-012", name), Err(5), "{name:?}");
        assert_eq!(of(name, "A B"), Err(2), "{name:?}");
    }
    for name in ["Ærøskøbing Å", "王小明", "O'Brien-Łuczak, Dr. med."] {
        let text = Statement { name: name.into(), ..statement() }.text().expect("a name as people have it");
        assert_eq!(Statement::parse(&text).map(|s| s.name).as_deref(), Ok(name));
    }
    let long = "x".repeat(statement::MAX_FIELD);
    assert!(Statement { name: long.clone(), ..statement() }.text().is_ok());
    assert!(Statement { name: long + "x", ..statement() }.text().is_err());
}
