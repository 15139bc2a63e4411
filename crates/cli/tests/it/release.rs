//! Releases of the example pump, made by the real binary: bound, repeated, refused, compared, withdrawn, exported.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Output;

use formats::sbom::{Limits, read, to_canonical};
use serde_json::Value;

use crate::kit::{House, err, text};

/// The example's folder.
fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/infusion-pump")
}

/// A log with somebody who may release and state results; their key is `recovery`.
pub(crate) fn house() -> House {
    let house = House::with_log();
    let roles = ["--role", "release", "--role", "ci", "--role", "security"];
    let signed = ["--key", "admin", "--passphrase-file", "pass"];
    house.ends(
        0,
        &[&["source", "enrol", "recovery.pub", "--name", "Release engineer"][..], &roles, &signed].concat(),
    );
    for (name, bytes) in [("pump.bin", &b"firmware"[..]), ("boot.bin", b"boot"), ("other.bin", b"other")] {
        std::fs::write(house.path(name), bytes).expect("written");
    }
    house
}

/// Runs in the example's folder, on the house's data, signed where it is authored.
fn run(house: &House, arguments: &[&str], signed: bool) -> Output {
    let path = |name: &str| house.path(name).to_string_lossy().into_owned();
    let (data, key, pass) = (path("vouchsafe-data"), path("recovery"), path("pass"));
    let mut all = arguments.to_vec();
    all.extend(["--data", &data]);
    if signed {
        all.extend(["--key", &key, "--passphrase-file", &pass]);
    }
    house.command(&all).current_dir(example()).output().expect("runs")
}

fn ends(house: &House, status: i32, arguments: &[&str], signed: bool) -> String {
    let out = run(house, arguments, signed);
    assert_eq!(out.status.code(), Some(status), "{arguments:?}\n{}\n{}", text(&out), err(&out));
    if status == 0 { text(&out) } else { format!("{}{}", text(&out), err(&out)) }
}

fn json(house: &House, arguments: &[&str], signed: bool) -> Value {
    let out = ends(house, 0, &[arguments, &["--format", "json"]].concat(), signed);
    serde_json::from_str(&out).expect("JSON")
}

fn make(house: &House, item: &str, version: &str, more: &[&str]) -> Value {
    let sbom = format!("sbom/{item}-{version}.cdx.json");
    json(house, &[&["release", "make", version, "--item", item, "--sbom", &sbom][..], more].concat(), true)
}

/// Entries of the log, and files below its blobs.
fn kept(house: &House) -> (u64, usize) {
    fn files(folder: &Path) -> usize {
        let entries = std::fs::read_dir(folder).expect("readable").map(|e| e.expect("an entry").path());
        entries.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
    }
    let size = house.json(&["log", "show", "--limit", "1"])["known"]["size"].as_u64().expect("a size");
    (size, files(&house.path("vouchsafe-data/blobs")))
}

#[test]
fn the_example_is_released() {
    let house = house();
    let (pump, boot) = (house.path("pump.bin"), house.path("boot.bin"));
    let (pump, boot) = (pump.to_str().expect("text"), boot.to_str().expect("text"));
    let measured = [format!("main=@{pump}"), format!("boot=@{boot}")];
    let commit = "a".repeat(40);
    let full = [
        "--artefact",
        pump,
        boot,
        "--measurement",
        &measured[0],
        &measured[1],
        "--commit",
        &commit,
        "--anomaly",
        "PR-003",
        "--results",
        "results/2.1.1/unit-gtest.xml",
    ];
    make(&house, "firmware", "2.0.0", &[]);
    let before = make(&house, "firmware", "2.1.0", &["--results", "results/2.1.0/unit-gtest.xml"]);
    let made = make(&house, "firmware", "2.1.1", &full);
    make(&house, "app", "1.6.2", &[]);
    make(&house, "cloud", "3.4.0", &[]);
    let release = &made["release"];
    assert_eq!(
        (&release["product"], &release["line"]),
        (&"9506000IP2PUMPPY".into(), &"2.1".into()),
        "{made}"
    );
    let digest = tlog::Hash::of(b"firmware").to_string();
    assert_eq!(release["measurements"][1]["digest"], digest.as_str());
    assert_eq!(release["artefacts"][1]["length"], 8);
    assert_eq!(release["anomalies"][0]["record"], "PR-003");
    let raw = std::fs::read(example().join("sbom/firmware-2.1.1.cdx.json")).expect("reads");
    assert_eq!(release["sboms"][0]["raw"]["digest"], tlog::Hash::of(&raw).to_string().as_str());
    // What is not named is said, with the clause: here the baseline alone; before, what devices measure as well.
    let lacks = |made: &Value| {
        let all = made["findings"]["release"].as_array().expect("a list").clone();
        all.iter().map(|l| l["lacks"].as_str().expect("a word").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(lacks(&made), ["baseline"]);
    assert_eq!(lacks(&before), ["baseline", "commit", "artefact", "measurement"]);
    let gaps = made["findings"]["sboms"][0]["gaps"].as_array().expect("a list");
    assert!(gaps.iter().all(|g| g["count"].as_u64().is_some_and(|n| n > 0)), "{gaps:?}");

    // The same again changes nothing; another one under the version is refused and says in what it differs.
    let (size, blobs) = kept(&house);
    let again = make(&house, "firmware", "2.1.1", &full);
    assert_eq!((&again["repeated"], &again["index"]), (&true.into(), &made["index"]));
    let sbom = ["release", "make", "2.1.1", "--item", "firmware", "--sbom", "sbom/firmware-2.1.0.cdx.json"];
    let refused = ends(&house, 2, &[&sbom[..], &full].concat(), true);
    assert!(refused.contains("with other SBOMs"), "{refused}");
    let slip = ends(&house, 2, &["release", "make", "1", "--item", "firmwar"], true);
    assert!(slip.contains("vouchsafe.toml has no item `firmwar`"), "{slip}");
    assert_eq!(kept(&house), (size, blobs));

    // From one to the next: the fix of the story.
    let diff = json(&house, &["release", "diff", "firmware@2.1.0", "firmware@2.1.1"], false);
    let changed = diff["components"]["changed"].as_array().expect("a list");
    let tls: Vec<&Value> =
        changed.iter().filter(|c| c["name"].as_str().is_some_and(|n| n.contains("mbedtls"))).collect();
    assert!(!tls.is_empty(), "{diff}");
    for change in tls {
        let version =
            |side: &str| change[side][0].as_str().expect("a version").trim_start_matches('v').to_owned();
        assert_eq!((version("before").as_str(), version("after").as_str()), ("3.6.2", "3.6.5"));
    }
    assert_eq!(diff["measurements"]["added"].as_array().map(Vec::len), Some(2));
    assert_eq!(diff["anomalies"]["added"][0]["name"], "PR-003");
    assert_eq!(diff["results"]["compared"], true);

    systems(&house);
    moments(&house, made["index"].as_u64().expect("an index"));
    exported(&house, &raw);
}

fn systems(house: &House) {
    let items = ["--item", "firmware=2.1.1", "app=1.6.2", "cloud=3.4.0"];
    let system = [&["release", "system", "2.1.1"][..], &items].concat();
    let made = json(house, &system, true);
    assert_eq!(json(house, &system, true)["index"], made["index"], "the same again");
    let other = ["release", "system", "2.1.1", "--item", "firmware=2.1.0"];
    assert!(ends(house, 2, &other, true).contains("with other items"));
    assert!(
        ends(house, 2, &["release", "withdraw", "firmware@2.1.0"], true).contains("give `--reason TEXT`")
    );
    let reason = ["--reason", "the host name is not checked"];
    ends(house, 0, &[&["release", "withdraw", "firmware@2.1.0"][..], &reason].concat(), true);
    assert!(
        ends(house, 2, &[&["release", "withdraw", "firmware@2.1.0"][..], &reason].concat(), true)
            .contains("already")
    );
    let withdrawn = ["release", "system", "2.1.0", "--item", "firmware=2.1.0"];
    assert!(ends(house, 2, &withdrawn, true).contains("was withdrawn by entry"));
    let again = ["release", "make", "2.1.0", "--item", "firmware", "--sbom", "sbom/firmware-2.1.0.cdx.json"];
    let results = ["--results", "results/2.1.0/unit-gtest.xml"];
    assert!(ends(house, 2, &[&again[..], &results].concat(), true).contains("was withdrawn by entry"));
    ends(
        house,
        0,
        &["release", "support", "2.0.0", "--item", "firmware", "--until", "2031-12-31T23:59:59Z"],
        true,
    );
    let drugs = format!("drugs=sha256:{}", "ab".repeat(32));
    ends(
        house,
        0,
        &["release", "reference-list", "drug library", "--site", "north", "--accept", &drugs],
        true,
    );
}

fn moments(house: &House, made: u64) {
    let list = json(house, &["release", "list"], false);
    assert_eq!((&list["count"], list["systems"].as_array().map(Vec::len)), (&5.into(), Some(1)));
    let known = made.to_string();
    let then = json(house, &["release", "list", "--known", &known], false);
    assert_eq!(then["count"], 2, "before it was made there were two");
    assert_eq!(then["known"]["size"], made);
    let show = |more: &[&str]| {
        json(house, &[&["release", "show", "2.1.0", "--item", "firmware"][..], more].concat(), false)
    };
    assert!(show(&[])["withdrawn"]["index"].as_u64().is_some());
    assert_eq!(show(&["--known", &known])["withdrawn"], Value::Null);
    let components = show(&["--components"])["components"].as_array().expect("a list").clone();
    assert!(
        components
            .iter()
            .any(|c| c["name"] == "mbedtls" && c["path"].as_array().is_some_and(|p| p.len() == 1)),
        "{components:?}"
    );
    assert_eq!(
        json(house, &["release", "show", "firmware@2.0.0"], false)["supported_until"],
        "2031-12-31T23:59:59Z"
    );
    ends(house, 2, &["release", "show", "2.1.1", "--item", "firmware", "--known", &known], false);
    let shown = ends(house, 0, &["release", "show", "2.1.1", "--item", "firmware"], false);
    assert!(shown.contains("Release engineer") && shown.contains("PR-003"), "{shown}");
    let early = json(house, &["release", "list", "--at", "2020-01-01T00:00:00Z"], false);
    assert_eq!(early["count"], 0);
}

fn exported(house: &House, raw: &[u8]) {
    let written = read(Cursor::new(raw), &Limits::default()).expect("reads").sbom;
    for form in ["cyclonedx", "cyclonedx-xml", "spdx", "spdx-tag-value"] {
        let out = ends(house, 0, &["sbom", "export", "--release", "firmware@2.1.1", "--as", form], false);
        let again = read(Cursor::new(out.as_bytes()), &Limits::default()).expect("reads").sbom;
        assert_eq!(to_canonical(&again), to_canonical(&written), "{form}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_and_nothing_is_kept() {
    let house = house();
    let before = kept(&house);
    let cases: [(&str, &[u8], &str); 5] = [
        ("cut.json", br#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library""#, "line 1"),
        ("mislabelled.json", b"<html><body>Sign in</body></html>", "not an SBOM"),
        ("latin1.json", b"{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[{\"type\":\"library\",\"name\":\"caf\xe9\"}]}", "decode"),
        ("deep.json", b"", "levels of nesting"),
        ("empty.json", b"", "SBOM"),
    ];
    for (name, bytes, reason) in cases {
        let mut bytes = bytes.to_vec();
        if name == "deep.json" {
            bytes = br#"{"bomFormat":"CycloneDX","specVersion":"1.6","formulation":"#.to_vec();
            bytes.extend(b"[".repeat(100_000));
        }
        std::fs::write(house.path(name), bytes).expect("written");
        let path = house.path(name);
        // A good one before it: it is not kept either.
        let sboms = ["--sbom", "sbom/app-1.6.2.cdx.json", path.to_str().expect("text")];
        let refused =
            ends(&house, 2, &[&["release", "make", "9", "--item", "app"][..], &sboms].concat(), true);
        assert!(refused.contains(name) && refused.contains(reason), "{refused}");
    }
    let twice = house.path("other.bin");
    let twice = twice.to_str().expect("text");
    let refused =
        ends(&house, 2, &["release", "make", "9", "--item", "app", "--artefact", twice, twice], true);
    assert!(refused.contains("two files are called"), "{refused}");
    for wrong in ["main", "main=xyz", "=00", "main=@no-such-file"] {
        ends(&house, 2, &["release", "make", "9", "--item", "app", "--measurement", wrong], true);
    }
    ends(&house, 2, &["release", "make", "9", "--item", "app", "--anomaly", "PR-999"], true);
    ends(&house, 2, &["release", "make", "9", "--item", "app", "--baseline", "0"], true);
    assert_eq!(kept(&house), before);
}

/// What the example's README says of CVE-2023-45853 and others, decided and stated.
#[test]
fn what_is_decided_is_stated_as_openvex_and_csaf() {
    use formats::advisory::{Document, Status, csaf, read as read_advisory};

    let house = house();
    for (item, version) in
        [("firmware", "2.0.0"), ("firmware", "2.1.0"), ("firmware", "2.1.1"), ("cloud", "3.4.0")]
    {
        make(&house, item, version, &[]);
    }
    let export = |form: &str, out: &str, more: &[&str]| {
        let path = house.path(out);
        let base =
            ["vex", "export", "--as", form, "--author", "Pump maker", "--out", path.to_str().expect("text")];
        json(&house, &[&base[..], more].concat(), false);
        std::fs::read(path).expect("reads")
    };
    let nothing = ["vex", "export", "--as", "openvex", "--author", "Pump maker"];
    assert!(ends(&house, 2, &nothing, false).contains("there is nothing to state"));
    ends(&house, 0, &["advisories", "add", "advisories"], true);
    let said = |bytes: &[u8], name: &str| -> Vec<(String, Status, Option<String>, usize)> {
        let contents = read_advisory(bytes).expect("reads");
        let all = contents.statements.into_iter().filter(|s| s.vulnerability == name);
        all.map(|s| (s.vulnerability, s.status, s.justification, s.products.len())).collect()
    };
    // Before anybody decided: affected by rule is under investigation; fixed by rule is fixed.
    let open = export("openvex", "open.json", &[]);
    assert_eq!(
        said(&open, "CVE-2025-27809").iter().map(|s| s.1).collect::<Vec<_>>(),
        [Status::Fixed, Status::UnderInvestigation]
    );
    assert_eq!(said(&open, "CVE-2024-45338").len(), 1, "the cloud's part");
    let decide = |name: &str, component: &str, more: &[&str]| {
        let base = ["decide", name, "--component", component, "--statement", "looked at it"];
        let decided = json(&house, &[&base[..], more].concat(), true);
        decided["index"].as_u64().expect("an index").to_string()
    };
    let not = ["--status", "not_affected", "--justification", "vulnerable_code_not_present"];
    let before = decide(
        "CVE-2023-45853",
        "pkg:generic/zlib@1.2.13",
        &[&not[..], &["--release", "firmware@2.0.0"]].concat(),
    );
    let action = ["--status", "affected", "--action", "update to 2.1.1", "--release", "firmware@2.1.0"];
    decide("CVE-2025-27809", "pkg:github/mbed-tls/mbedtls@v3.6.2", &action);
    for (form, out) in [("openvex", "vex.json"), ("csaf", "csaf.json")] {
        let key = house.path("recovery");
        let pass = house.path("pass");
        let sign = ["--sign", key.to_str().expect("text"), "--passphrase-file", pass.to_str().expect("text")];
        let bytes = export(form, out, &sign);
        if form == "csaf" {
            assert_eq!(csaf::mandatory(Document::parse(&bytes).expect("reads").value()), vec![]);
        }
        let zlib = said(&bytes, "CVE-2023-45853");
        let not: Vec<_> = zlib.iter().filter(|s| s.1 == Status::NotAffected).collect();
        assert_eq!(not.len(), 1, "{form}: {zlib:?}");
        assert_eq!(not[0].2.as_deref(), Some("vulnerable_code_not_present"));
        let affected = said(&bytes, "CVE-2025-27809");
        assert_eq!(affected.iter().filter(|s| s.1 == Status::Affected).count(), 1, "{form}: {affected:?}");
        // 2.0.0 has another version of it: nobody looked at that one.
        assert_eq!(
            affected.iter().filter(|s| s.1 == Status::UnderInvestigation).count(),
            1,
            "{form}: {affected:?}"
        );
        let text = String::from_utf8(bytes.clone()).expect("text");
        assert!(text.contains("update to 2.1.1") && text.contains("the log log.example/test"), "{text}");
        // OpenSSH agrees with the signature.
        let public = std::fs::read_to_string(house.path("recovery.pub")).expect("reads");
        std::fs::write(house.path("signers"), format!("maker {public}")).expect("written");
        let signature = format!("{out}.sig");
        let verify = ["-Y", "verify", "-f", "signers", "-I", "maker", "-n", "file", "-s", &signature];
        let verified = std::process::Command::new("ssh-keygen")
            .args(verify)
            .current_dir(house.dir.path())
            .stdin(std::fs::File::open(house.path(out)).expect("there"))
            .output();
        if let Ok(verified) = verified {
            assert!(verified.status.success(), "{}", err(&verified));
        } else {
            println!("SKIPPED: there is no ssh-keygen");
        }
    }
    // The same moments give the same bytes; before the decision, what was so before it.
    let again = export("openvex", "again.json", &[]);
    assert!(again == std::fs::read(house.path("vex.json")).expect("reads"));
    let then = export("openvex", "before.json", &["--known", &before]);
    for name in ["CVE-2023-45853", "CVE-2025-27809", "CVE-2020-22283"] {
        assert_eq!(said(&then, name), said(&open, name));
    }
    // Customers' tools read it; so does this one.
    let taken =
        house.json(&["advisories", "add", "vex.json", "--key", "recovery", "--passphrase-file", "pass"]);
    assert_eq!(taken["vex"], 1);
}

#[test]
fn a_device_has_the_sbom_of_what_it_runs() {
    let house = house();
    make(&house, "firmware", "2.1.1", &["--measurement", &format!("main={}", "ab".repeat(32))]);
    let none = ends(&house, 2, &["sbom", "export", "--device", "asset:none", "--as", "spdx"], false);
    assert!(none.contains("no such device"), "{none}");
}

#[test]
fn releases_are_made_through_a_server_without_the_data_at_hand() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    struct Server(std::process::Child);
    impl Drop for Server {
        fn drop(&mut self) {
            // It has ended already when all went well.
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    let house = house();
    let signed = ["--key", "admin", "--passphrase-file", "pass"];
    let source = house.json(&["source", "list"]);
    let engineer =
        source["sources"].as_array().expect("a list").iter().find(|s| s["name"] == "Release engineer");
    let engineer = engineer.expect("there")["source"].as_str().expect("a source").to_owned();
    let issue = ["token", "issue", &engineer, "--label", "ci", "--scope", "read", "--scope", "write"];
    let token = house.json(&[&issue[..], &signed].concat());
    std::fs::write(house.path("token"), token["token"].as_str().expect("a token")).expect("written");
    let child = house.command(&["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn();
    let mut server = Server(child.expect("runs"));
    let stderr = server.0.stderr.take().expect("piped");
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    let url = lines.find_map(|l| l.strip_prefix("Serving ").map(str::to_owned)).expect("an address");
    let elsewhere = house.path("elsewhere");
    let (elsewhere, key) = (elsewhere.to_str().expect("text"), house.path("recovery"));
    let (token, pass) = (house.path("token"), house.path("pass"));
    let there = [
        "--data",
        elsewhere,
        "--server",
        &url,
        "--token-file",
        token.to_str().expect("text"),
        "--key",
        key.to_str().expect("text"),
        "--passphrase-file",
        pass.to_str().expect("text"),
        "--as",
        &engineer,
        "--format",
        "json",
    ];
    let run = |status: i32, arguments: &[&str]| -> Value {
        let out = house.command(&[arguments, &there].concat()).current_dir(example()).output().expect("runs");
        assert_eq!(out.status.code(), Some(status), "{arguments:?}\n{}\n{}", text(&out), err(&out));
        serde_json::from_slice(&out.stdout).unwrap_or_default()
    };
    let sbom = ["--sbom", "sbom/app-1.6.2.cdx.json", "--results", "results/2.1.1/app-surefire.xml"];
    let app = [&["release", "make", "1.6.2", "--item", "app"][..], &sbom].concat();
    let made = run(0, &app);
    assert_eq!(run(0, &app)["index"], made["index"], "the same again");
    run(2, &[&app[..], &["--commit", &"a".repeat(40)]].concat());
    run(0, &["release", "system", "2.1.1", "--item", "app=1.6.2"]);
    run(0, &["release", "withdraw", "app@1.6.2", "--reason", "a test"]);
    let shown = house.json(&["release", "show", "app@1.6.2"]);
    assert_eq!((&shown["index"], shown["withdrawn"]["index"].is_u64()), (&made["index"], true));
}

/// Runs a program in a folder and demands success.
fn tool(folder: &Path, program: &str, arguments: &[&str]) {
    let out = std::process::Command::new(program).args(arguments).current_dir(folder).output().expect("runs");
    assert!(out.status.success(), "{program} {arguments:?}: {}", err(&out));
}

#[test]
fn releases_of_two_baselines_differ_in_their_records() {
    let house = house();
    let folder = house.path("pump");
    let (from, to) = (example(), folder.to_str().expect("text").to_owned());
    tool(house.dir.path(), "cp", &["-r", from.to_str().expect("text"), &to]);
    tool(&folder, "git", &["init", "-q", "."]);
    let commit = |what: &str| {
        tool(&folder, "git", &["add", "-A"]);
        let who =
            ["-c", "user.name=release", "-c", "user.email=release@example.org", "-c", "commit.gpgsign=false"];
        tool(&folder, "git", &[&who[..], &["commit", "-q", "-m", what]].concat());
    };
    let (data, key, pass) = (house.path("vouchsafe-data"), house.path("recovery"), house.path("pass"));
    let [data, key, pass] = [&data, &key, &pass].map(|path| path.to_str().expect("text"));
    let run = |status: i32, arguments: &[&str]| {
        let signed = ["--data", data, "--key", key, "--passphrase-file", pass];
        let out = house.command(&[arguments, &signed].concat()).current_dir(&folder).output().expect("runs");
        assert_eq!(out.status.code(), Some(status), "{arguments:?}\n{}\n{}", text(&out), err(&out));
    };
    let roles = ["source", "roles"];
    let source = house.json(&["source", "list"]);
    let engineer =
        source["sources"].as_array().expect("a list").iter().find(|s| s["name"] == "Release engineer");
    let engineer = engineer.expect("there")["source"].as_str().expect("a source").to_owned();
    let admin = ["--key", "admin", "--passphrase-file", "pass"];
    house.ends(0, &[&roles[..], &[&engineer, "release", "ci", "quality", "engineer"], &admin].concat());
    commit("first");
    run(0, &["push", "--baseline", "B1"]);
    run(2, &["release", "make", "1", "--item", "firmware", "--baseline", "B2"]);
    run(0, &["release", "make", "1", "--item", "firmware", "--baseline", "B1", "--commit", "HEAD"]);
    let risks = folder.join("records/risk/risks.csv");
    let before = std::fs::read_to_string(&risks).expect("reads");
    std::fs::write(&risks, before.replace("Overdose by the drive", "Overdose by the motor"))
        .expect("written");
    commit("second");
    run(0, &["push", "--baseline", "B2"]);
    run(0, &["release", "make", "2", "--item", "firmware", "--baseline", "B2", "--commit", "HEAD"]);
    let diff = house.json(&["release", "diff", "firmware@1", "firmware@2"]);
    assert_eq!(
        (&diff["records"]["compared"], diff["records"]["changed"].as_array().map(Vec::len)),
        (&true.into(), Some(0))
    );
    let changed = diff["risks"]["changed"].as_array().expect("a list");
    assert_eq!((changed.len(), &changed[0]["name"]), (1, &"risk RISK-001".into()));
}
