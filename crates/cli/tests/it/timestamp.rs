//! Time stamps over checkpoints, with OpenSSL as the authority and as the second verifier.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::kit::{House, err, flip};

/// Runs OpenSSL in a directory; its output on standard output.
fn openssl(directory: &Path, arguments: &[&str]) -> String {
    let out = Command::new("openssl").args(arguments).current_dir(directory).output().expect("it runs");
    assert!(out.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// Whether there is an `openssl` that can answer requests. Fails under `CI`.
fn there_is_openssl() -> bool {
    let run = Command::new("openssl").arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if run.is_ok_and(|status| status.success()) {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "openssl is missing");
    eprintln!("SKIPPED: no openssl, so no time stamps were made or verified");
    false
}

/// An authority in `NAME/`: a root, and a certificate for time stamping (or for something else) under it.
fn authority(house: &House, name: &str, key: &[&str], usage: &str, certificate_ids: &str) {
    let directory = house.path(name);
    std::fs::create_dir(&directory).expect("a directory");
    let config = format!(
        "[req]\ndistinguished_name=dn\n[dn]\n\
         [root]\nbasicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n\
         [leaf]\nbasicConstraints=CA:false\nextendedKeyUsage=critical,{usage}\n\
         [tsa]\ndefault_tsa=stamper\n\
         [stamper]\nserial=serial\nsigner_digest=sha256\ndefault_policy=1.2.3.4.1\ndigests=sha256\n\
         accuracy=secs:1,millisecs:500\nordering=yes\ntsa_name=yes\ness_cert_id_chain=no\ness_cert_id_alg={certificate_ids}\n"
    );
    std::fs::write(directory.join("tsa.cnf"), config).expect("written");
    std::fs::write(directory.join("serial"), "01\n").expect("written");
    let run = |arguments: &[&str]| openssl(&directory, arguments);
    run(&[&["genpkey", "-out", "root.key"][..], key].concat());
    run(&[&["genpkey", "-out", "tsa.key"][..], key].concat());
    let subject = format!("/CN={name} root");
    run(&[
        "req",
        "-x509",
        "-new",
        "-key",
        "root.key",
        "-subj",
        &subject,
        "-days",
        "30",
        "-out",
        "root.pem",
        "-config",
        "tsa.cnf",
        "-extensions",
        "root",
    ]);
    run(&["req", "-new", "-key", "tsa.key", "-subj", "/CN=stamper", "-out", "tsa.csr", "-config", "tsa.cnf"]);
    run(&[
        "x509",
        "-req",
        "-in",
        "tsa.csr",
        "-CA",
        "root.pem",
        "-CAkey",
        "root.key",
        "-CAcreateserial",
        "-days",
        "20",
        "-out",
        "tsa.pem",
        "-extfile",
        "tsa.cnf",
        "-extensions",
        "leaf",
    ]);
}

/// The authority answers a request.
fn answered(house: &House, name: &str, request: &str, response: &str) {
    let (request, response) = (format!("../{request}"), format!("../{response}"));
    let directory = house.path(name);
    openssl(
        &directory,
        &[
            "ts",
            "-reply",
            "-queryfile",
            &request,
            "-signer",
            "tsa.pem",
            "-inkey",
            "tsa.key",
            "-config",
            "tsa.cnf",
            "-section",
            "stamper",
            "-out",
            &response,
        ],
    );
}

/// The content of an answer, signed anew by another certificate, as an answer.
fn signed_by(house: &House, name: &str, answer: &str, other: &str) {
    let directory = house.dir.path();
    let (signer, key) = (format!("{name}/tsa.pem"), format!("{name}/tsa.key"));
    openssl(directory, &["ts", "-reply", "-in", answer, "-token_out", "-out", "token.der"]);
    openssl(
        directory,
        &["cms", "-verify", "-noverify", "-inform", "DER", "-in", "token.der", "-out", "content.der"],
    );
    let sign =
        ["cms", "-sign", "-binary", "-nodetach", "-nosmimecap", "-cades", "-outform", "DER", "-md", "sha256"];
    let files = ["-signer", &signer, "-inkey", &key, "-in", "content.der", "-out", "token.der"];
    let kind = ["-econtent_type", "1.2.840.113549.1.9.16.1.4"];
    openssl(directory, &[&sign[..], &kind, &files].concat());
    let token = std::fs::read(house.path("token.der")).expect("signed");
    let length = u16::try_from(token.len() + 5).expect("small").to_be_bytes();
    let whole = [&[0x30, 0x82, length[0], length[1], 0x30, 3, 2, 1, 0][..], &token].concat();
    std::fs::write(house.path(other), whole).expect("written");
}

/// An authority that answers one request over HTTP; gives its URL.
fn listening(house: &House, name: &str) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/tsa", listener.local_addr().expect("an address"));
    let directory = house.path(name);
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut asked = Vec::new();
        // The body is 69 bytes behind the head: a request has one length.
        while asked.windows(4).position(|w| w == b"\r\n\r\n").is_none_or(|head| asked.len() < head + 4 + 69) {
            let mut piece = [0; 512];
            let n = stream.read(&mut piece).expect("more");
            asked.extend_from_slice(&piece[..n]);
        }
        let head = String::from_utf8_lossy(&asked).to_ascii_lowercase();
        assert!(head.contains("content-type: application/timestamp-query"), "{head}");
        std::fs::write(directory.join("asked.tsq"), &asked[asked.len() - 69..]).expect("written");
        openssl(
            &directory,
            &[
                "ts",
                "-reply",
                "-queryfile",
                "asked.tsq",
                "-signer",
                "tsa.pem",
                "-inkey",
                "tsa.key",
                "-config",
                "tsa.cnf",
                "-section",
                "stamper",
                "-out",
                "answer.tsr",
            ],
        );
        let answer = std::fs::read(directory.join("answer.tsr")).expect("an answer");
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/timestamp-reply\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            answer.len()
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer)).expect("sent");
    });
    url
}

#[test]
fn an_authority_is_asked_over_http() {
    if !there_is_openssl() {
        return;
    }
    let house = House::with_log();
    authority(&house, "north", &RSA, "timeStamping", "sha256");
    // Without roots nobody is asked.
    let out = house.run(&["log", "timestamp", "--tsa", "http://127.0.0.1:9/"]);
    assert_eq!(out.status.code(), Some(2), "{}", err(&out));
    let url = listening(&house, "north");
    let taken = house.json(&["log", "timestamp", "--tsa", &url, "--roots", "north/root.pem"]);
    assert_eq!(taken["size"], 1, "{taken}");
    assert!(order(&house, "0").contains("time-stamped (RFC 3161)"));
}

const P256: [&str; 4] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const RSA: [&str; 4] = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const SIGNED: [&str; 4] = ["--key", "admin", "--passphrase-file", "pass"];

fn order(house: &House, index: &str) -> String {
    let proven = house.json(&["log", "prove", index]);
    let properties = proven["properties"].as_array().expect("properties").clone();
    let order = properties.iter().find(|p| p["name"] == "Temporal order").expect("it is there");
    order["evidence"].as_str().expect("evidence").to_owned()
}

#[test]
fn a_checkpoint_is_stamped_and_bounds_what_it_holds() {
    if !there_is_openssl() {
        return;
    }
    let house = House::with_log();
    authority(&house, "north", &P256, "timeStamping", "sha256");
    assert!(order(&house, "0").contains("Not after: not proven"));
    house.ends(2, &["log", "timestamp"]);
    house.ends(0, &["log", "timestamp", "--request", "a.tsq"]);
    let asked = openssl(house.dir.path(), &["ts", "-query", "-in", "a.tsq", "-text"]);
    assert!(asked.contains("sha256") && asked.contains("Certificate required: yes"), "{asked}");
    answered(&house, "north", "a.tsq", "a.tsr");

    // Whom to trust must be said; another root, another answer and a changed one are refused.
    let refused = |arguments: &[&str], why: &str| {
        let out = house.run(&[&["log", "timestamp"][..], arguments].concat());
        assert_eq!(out.status.code(), Some(2), "{arguments:?}: {}", err(&out));
        assert!(err(&out).contains(why), "{arguments:?}: {}", err(&out));
    };
    refused(&["--response", "a.tsr"], "no roots");
    authority(&house, "south", &P256, "timeStamping", "sha256");
    refused(&["--response", "a.tsr", "--roots", "south/root.pem"], "does not lead to a root given");
    refused(&["--response", "a.tsq", "--roots", "north/root.pem"], "expected");
    openssl(house.dir.path(), &["ts", "-query", "-data", "pass", "-sha256", "-cert", "-out", "b.tsq"]);
    answered(&house, "north", "b.tsq", "b.tsr");
    refused(&["--response", "b.tsr"], "answers no request that was made here");
    let length = std::fs::read(house.path("a.tsr")).expect("there").len();
    std::fs::copy(house.path("a.tsr"), house.path("whole.tsr")).expect("copied");
    for back in [5, 40, 70] {
        std::fs::copy(house.path("whole.tsr"), house.path("a.tsr")).expect("copied");
        flip(&house.path("a.tsr"), length - back);
        assert_eq!(house.run(&["log", "timestamp", "--response", "a.tsr"]).status.code(), Some(2), "{back}");
    }
    assert!(order(&house, "0").contains("Not after: not proven"));
    std::fs::copy(house.path("whole.tsr"), house.path("a.tsr")).expect("copied");
    let taken = house.json(&["log", "timestamp", "--response", "a.tsr"]);
    let size = taken["size"].as_u64().expect("a size");
    let said = order(&house, "0");
    let bound =
        format!("Not after {}: time-stamped (RFC 3161)", taken["not_after"].as_str().expect("a time"));
    assert!(said.contains(&bound), "{said}");

    // The same files satisfy OpenSSL.
    let (data, answer) =
        (format!("vouchsafe-data/stamps/{size}.checkpoint"), format!("vouchsafe-data/stamps/{size}.tsr"));
    let verify = ["ts", "-verify", "-data", &data, "-in", &answer, "-CAfile", "north/root.pem"];
    openssl(house.dir.path(), &verify);

    // It bounds what it holds, not what came later; a second one is for a log that has grown.
    refused(&["--request", "c.tsq"], "stamped already");
    let list = house.json(&["source", "list"]);
    let mut persons =
        list["sources"].as_array().expect("sources").iter().filter_map(|s| s["source"].as_str());
    let person = persons.rfind(|s| s.starts_with("person")).expect("a person").to_owned();
    let token = house.json(&[&["token", "issue", &person, "--label", "a test"][..], &SIGNED].concat());
    let late = token["index"].as_u64().expect("an index").to_string();
    assert!(order(&house, &late).contains("Not after: not proven"));
    house.ends(0, &["log", "timestamp", "--request", "c.tsq"]);

    // The same statement by one whose certificate is for something else, although its root is trusted. OpenSSL does not answer
    // with such a certificate, so its CMS signs; that the way there is right, a fitting certificate shows.
    authority(&house, "web", &P256, "serverAuth", "sha256");
    answered(&house, "north", "c.tsq", "c.tsr");
    for (name, code) in [("web", 2), ("south", 0)] {
        signed_by(&house, name, "c.tsr", "d.tsr");
        let roots = format!("{name}/root.pem");
        let out = house.run(&["log", "timestamp", "--response", "d.tsr", "--roots", &roots]);
        assert_eq!(out.status.code(), Some(code), "{}", err(&out));
        assert_eq!(code == 2, err(&out).contains("for time stamping at the time it states"), "{}", err(&out));
    }
    assert!(order(&house, &late).contains("time-stamped (RFC 3161)"));
    // RSA, and the older kind of certificate identifier.
    authority(&house, "east", &RSA, "timeStamping", "sha1");
    let token = house.json(&[&["token", "issue", &person, "--label", "another"][..], &SIGNED].concat());
    let later = token["index"].as_u64().expect("an index").to_string();
    house.ends(0, &["log", "timestamp", "--request", "e.tsq"]);
    answered(&house, "east", "e.tsq", "e.tsr");
    house.ends(0, &["log", "timestamp", "--response", "e.tsr", "--roots", "east/root.pem"]);
    assert!(order(&house, &later).contains("time-stamped (RFC 3161)"));

    assert!(order(&house, "0").contains(&bound), "the first one still holds, under its own root");

    // A backup takes them along; a changed checkpoint bounds nothing.
    house.ends(0, &["log", "backup", "copy"]);
    assert!(house.path(&format!("copy/stamps/{size}.tsr")).exists());
    for stamped in std::fs::read_dir(house.path("vouchsafe-data/stamps")).expect("there") {
        let path = stamped.expect("a file").path();
        if path.extension().is_some_and(|ending| ending == "checkpoint") {
            flip(&path, 3);
        }
    }
    assert!(order(&house, "0").contains("Not after: not proven"));
}
