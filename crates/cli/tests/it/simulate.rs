//! `vouchsafe fleet simulate` against a server as a process: everything goes wrong that can, and in the end the server knows each
//! device that says what it measures for what it runs.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use evidence::SourceKind;
use evidence::facts::release::ReleaseMade;
use evidence::types::NamedDigest;
use serde_json::Value;
use testkit::Author;
use tlog::Hash;

use crate::fleet::ssh_file;
use crate::kit::{House, err};

const SIGNED: [&str; 4] = ["--key", "recovery", "--passphrase-file", "pass"];
const ADMIN: [&str; 4] = ["--key", "admin", "--passphrase-file", "pass"];

/// A server that is killed if the test fails.
struct Server(Child, String);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(house: &House) -> Server {
    let child = house.command(&["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("runs");
    let stderr = child.stderr.take().expect("piped");
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    let serving = lines.find(|l| l.starts_with("Serving ")).expect("an address");
    // Somebody must go on reading, or the server waits for it.
    std::thread::spawn(move || lines.for_each(drop));
    Server(child, serving.trim_start_matches("Serving ").to_owned())
}

/// A log with a station whose key is `recovery`, and a token that reads.
fn house(origin: &str) -> House {
    let house = House::new();
    let keys =
        ["--new-administrator-key", "admin", "--new-recovery-key", "recovery", "--passphrase-file", "pass"];
    house.ends(0, &[&["log", "init", "--origin", origin][..], &keys].concat());
    let roles = ["--role", "station", "--role", "field"];
    house.json(&[&["source", "enrol", "recovery.pub", "--name", "Station"][..], &roles, &ADMIN].concat());
    let list = house.json(&["source", "list"]);
    let sources = list["sources"].as_array().expect("sources");
    let station = sources.iter().find(|s| s["name"] == "Station").expect("enrolled");
    let station = station["source"].as_str().expect("an identifier");
    let token = house.json(&[&["token", "issue", station, "--label", "a test"][..], &ADMIN].concat());
    std::fs::write(house.path("token"), token["token"].as_str().expect("a token")).expect("written");
    house
}

/// Three releases of the firmware, stated by a pipeline.
fn release(house: &House) {
    let mut ci = Author::new(SourceKind::Ci, 60);
    std::fs::write(house.path("ci.pub"), ssh_file(&ci)).expect("written");
    let enrol = ["source", "enrol", "ci.pub", "--kind", "ci", "--name", "Pipeline", "--role", "ci"];
    house.json(&[&enrol[..], &ADMIN].concat());
    let mut made = Vec::new();
    for version in ["1.0", "1.1", "2.0"] {
        let digest = |name: &str| NamedDigest {
            name: name.into(),
            digest: Hash::of(format!("{name} {version}").as_bytes()),
        };
        let fact = ReleaseMade {
            product: "pump".into(),
            item: "firmware".into(),
            line: "main".into(),
            version: version.into(),
            baseline: None,
            commit: None,
            artefacts: Vec::new(),
            sboms: Vec::new(),
            measurements: vec![digest("main"), digest("boot")],
            verified: Vec::new(),
            anomalies: Vec::new(),
            signatures: Vec::new(),
        };
        made.extend_from_slice(&ci.state(fact));
    }
    std::fs::write(house.path("releases"), made).expect("written");
    let taken = house.json(&["evidence", "import", "releases"]);
    assert_eq!(taken["accepted"], 3, "{taken}");
}

fn simulate(house: &House, status: i32, server: &Server, more: &[&str]) -> Value {
    let there = ["fleet", "simulate", "--server", &server.1, "--token-file", "token", "--format", "json"];
    let out = house.ends(status, &[&there[..], &SIGNED, more].concat());
    serde_json::from_str(&out).unwrap_or_default()
}

#[test]
fn a_simulated_fleet_with_every_fault_reports_and_is_known_for_what_it_is() {
    let house = house("log.example/test");
    release(&house);
    let server = serve(&house);
    let size = ["--devices", "40", "--sites", "4", "--rounds", "8", "--seed", "5", "--silicon", "file"];
    let faults = ["--faults", "many", "--fault", "copy=150", "--fault", "modify=100", "--fault", "lie=100"];
    let more =
        ["--fault", "update=300", "--fault", "set-back=40", "--fault", "corrupt=150", "--fault", "forge=80"];
    let faults = [&faults[..], &["--place", "--batch", "20"]].concat();
    let report = simulate(&house, 0, &server, &[&size[..], &faults, &more].concat());
    assert_eq!((&report["holds"], &report["devices"]), (&true.into(), &40.into()), "{report:#}");
    assert_eq!(report["builds"], serde_json::json!(["firmware 1.0", "firmware 1.1", "firmware 2.0"]));
    let answered = &report["answered"];
    assert!(answered["genuine"]["logged"].as_u64() > Some(100), "{answered}");
    for (kind, word) in [
        ("genuine", "staged"),
        ("bad-signature", "bad_proof"),
        ("foreign", "unknown_key"),
        ("corrupted", "malformed"),
        ("replayed", "logged"),
    ] {
        assert!(answered[kind][word].as_u64() > Some(0), "{kind} {word}: {answered}");
    }
    // Whoever of two came second; which one that is nobody can say.
    let second = ["genuine", "of-copy", "duplicate"].map(|kind| answered[kind]["equivocation"].as_u64());
    assert!(second.into_iter().flatten().sum::<u64>() > 0, "{answered}");
    let compared = &report["compared"];
    assert_eq!(compared["honest"]["true"], compared["honest"]["devices"], "{compared}");
    assert_eq!(compared["modified"]["affirming"], 0, "{compared}");
    assert!(compared["lying"]["false"].as_u64() > Some(0), "what lies about itself is believed: {compared}");
    assert!(compared["copied"]["devices"].as_u64() > Some(0), "{compared}");
    assert!(report["happened"]["power-losses"].as_u64() > Some(0) && report["unanswered"] == 0, "{report:#}");

    let there = ["--server", &server.1, "--token-file", "token"];
    let count = |condition: &str| {
        house.json(&[&["fleet", "count", "--where", condition][..], &there].concat())["count"].as_u64()
    };
    assert_eq!(count("serial ~ SIM000005"), Some(40));
    assert_eq!(count("site = simulated-0002"), Some(10));
    // A seed makes the same devices: they are enrolled already.
    let again = [&size[..], &["--faults", "none"]].concat();
    let there = ["fleet", "simulate", "--server", &server.1, "--token-file", "token"];
    let refused = house.run(&[&there[..], &SIGNED, &again].concat());
    assert_eq!(refused.status.code(), Some(2), "{}", err(&refused));
    assert!(err(&refused).contains("seed 5 was used on this log"), "{}", err(&refused));
    assert_eq!(count("serial ~ SIM000005"), Some(40));
    let more =
        [&there[..], &SIGNED, &["--devices", "6", "--sites", "2", "--rounds", "2", "--unreleased"]].concat();
    let text = house.ends(0, &more);
    assert!(text.contains("6 devices at 2 sites, 2 rounds, seed") && text.contains("said truly"), "{text}");
}

#[test]
fn a_log_that_may_be_real_is_left_alone() {
    let house = house("log.acme.com/pumps");
    let server = serve(&house);
    let there = ["fleet", "simulate", "--server", &server.1, "--token-file", "token"];
    let few = ["--devices", "2", "--sites", "1", "--rounds", "1", "--silicon", "file", "--faults", "none"];
    let refused = house.run(&[&there[..], &SIGNED, &few].concat());
    assert_eq!(refused.status.code(), Some(2), "{}", err(&refused));
    assert!(err(&refused).contains("may be the log of real devices"), "{}", err(&refused));
    house.ends(2, &[&there[..], &SIGNED, &few, &["--into-a-real-log", "--fault", "rain=1"]].concat());
    let report = simulate(&house, 0, &server, &[&few[..], &["--into-a-real-log"]].concat());
    assert_eq!(report["compared"]["honest"]["true"], 2, "{report:#}");
    // Without a server there is nobody to report to.
    drop(server);
    house.ends(2, &[&["fleet", "simulate"][..], &SIGNED, &few].concat());
}
