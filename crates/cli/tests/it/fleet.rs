//! A maker's existing fleet: imported, imported again, enrolled, attached, moved, asked for here and through a server, proven.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use evidence::facts::fleet::{DeviceEnrolled, KeyOrigin};
use evidence::{Evidence, Fact, SourceKind};
use serde_json::Value;
use testkit::Author;

use crate::kit::{House, err, text};

const ADMIN: [&str; 4] = ["--key", "admin", "--passphrase-file", "pass"];
const FIELD: [&str; 4] = ["--key", "recovery", "--passphrase-file", "pass"];

const LIST: &str = "Equipment;Serial;UDI;FW;Hospital;Owner;Since;State\n\
    E-1;A1;(01)04012345004007(21)A1;2.0.0;North;Clinic North;01.02.2024;active\n\
    E-2;A2;(01)04012345004008(21)A2;2.0.0;North;Clinic North;01.02.2024;active\n\
    E-3;A3;;2.1.0;South;Clinic South;01.02.2024;store\n\
    E-3;A4;;2.1.0;South;Clinic South;01.02.2024;store\n\
    E-5;A5;;2.1.0;South;Clinic South;2024;store\n";
const MAP: [&str; 22] = [
    "--map",
    "asset=Equipment",
    "--map",
    "serial=Serial",
    "--map",
    "udi=UDI",
    "--map",
    "software:firmware=FW",
    "--map",
    "site=Hospital",
    "--map",
    "owner=Owner",
    "--map",
    "since=Since",
    "--map",
    "custody=State",
    "--custody",
    "active=in-use",
    "--custody",
    "store=stored",
    "--dates",
    "DD.MM.YYYY",
];

/// A house whose second key has the role `field`.
fn house() -> House {
    let house = House::with_log();
    let enrol = ["source", "enrol", "recovery.pub", "--name", "Field service", "--role", "field"];
    house.json(&[&enrol[..], &ADMIN].concat());
    house
}

fn import(house: &House, status: i32, list: &str, more: &[&str]) -> Value {
    std::fs::write(house.path("list.csv"), list).expect("written");
    let json = ["--format", "json"];
    let out = house.ends(status, &[&["fleet", "import", "list.csv"][..], &MAP, &FIELD, &json, more].concat());
    serde_json::from_str(&out).expect("JSON")
}

fn numbers(report: &Value) -> Vec<u64> {
    let members = ["new", "changed", "moved", "unchanged"].map(|m| report[m].as_u64().expect("a number"));
    members.to_vec()
}

#[test]
fn a_list_is_imported_again_and_again() {
    let house = house();
    let plan = import(&house, 1, LIST, &["--dry-run"]);
    assert_eq!((numbers(&plan), &plan["stated"]), (vec![3, 0, 0, 0], &Value::from(0)));
    assert_eq!(house.json(&["fleet", "count"])["count"], 0, "nothing was stated");
    let first = import(&house, 1, LIST, &[]);
    assert_eq!((numbers(&first), &first["rows"]), (vec![3, 0, 0, 0], &Value::from(5)));
    let refused: Vec<_> = first["refused"].as_array().expect("a list").iter().collect();
    assert_eq!((&refused[0]["line"], &refused[1]["column"]), (&Value::from(5), &Value::from("Since")));
    assert!(first["findings"][0]["reason"].as_str().is_some_and(|r| r.contains("check digit")), "{first}");
    let count = house.json(&["fleet", "count"]);
    assert_eq!((&count["count"], &count["grades"]["declared"]), (&3.into(), &3.into()));
    let size = count["known"]["size"].as_u64().expect("a size");

    let again = import(&house, 1, LIST, &[]);
    assert_eq!(numbers(&again), [0, 0, 0, 3]);
    assert_eq!(house.json(&["fleet", "count"])["known"]["size"], size, "unchanged rows state nothing");

    let next = "Equipment;Serial;UDI;FW;Hospital;Owner;Since;State\n\
        E-1;A1;(01)04012345004007(21)A1;2.1.0;North;Clinic North;01.02.2024;active\n\
        E-2;A2;(01)04012345004008(21)A2;2.0.0;South;Clinic North;01.02.2024;active\n";
    let report = import(&house, 0, next, &[]);
    assert_eq!(numbers(&report), [0, 1, 1, 0]);
    assert_eq!((&report["missing"]["count"], &report["missing"]["assets"][0]), (&1.into(), &"E-3".into()));
    let count = |condition: &str| house.json(&["fleet", "count", "--where", condition])["count"].clone();
    assert_eq!(count("version:firmware = 2.1.0"), 2);
    assert_eq!((count("site = South"), count("asset = E-3 and custody = stored")), (2.into(), 1.into()));
    // The update was not made when the device was installed.
    let then = ["device", "show", "E-1", "--at", "2024-06-01T00:00:00Z"];
    assert_eq!(house.json(&then)["running"][0]["version"], "2.0.0");
    assert_eq!(house.json(&["device", "show", "A1"])["running"][0]["version"], "2.1.0");
    let before = house.json(&["device", "show", "E-2", "--known", &size.to_string()]);
    assert_eq!((&before["site"], &before["known"]["size"]), (&"North".into(), &size.into()));
    let history = house.json(&["device", "history", "E-2"]);
    assert_eq!(history["count"], history["intervals"].as_array().expect("a list").len());
    house.ends(2, &["device", "show", "nobody"]);
    house.ends(2, &["fleet", "import", "list.csv", "--key", "recovery", "--passphrase-file", "pass"]);
    house.ends(2, &["source", "list", "--format", "csv"]);
}

#[test]
fn confidential_owners_are_commitments_that_keep() {
    let house = house();
    let confidential = ["--confidential", "owner"];
    let first = import(&house, 1, LIST, &confidential);
    assert_eq!(numbers(&first), [3, 0, 0, 0]);
    assert_eq!(
        numbers(&import(&house, 1, LIST, &confidential)),
        [0, 0, 0, 3],
        "the same owner is the same owner"
    );
    let owner = house.json(&["device", "show", "E-1"])["owner"].as_str().expect("an owner").to_owned();
    assert!(owner.starts_with("commitment:") && owner.len() == 11 + 64, "{owner}");
    house.ends(0, &["log", "export", "log.vouchsafe"]);
    for file in walk(&house.path("vouchsafe-data/blobs")).into_iter().chain([house.path("log.vouchsafe")]) {
        let bytes = std::fs::read(&file).expect("readable");
        let found = bytes.windows(6).any(|w| w == b"Clinic");
        assert!(!found, "the owner stands in {}", file.display());
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path());
    entries.flat_map(|p| if p.is_dir() { walk(&p) } else { vec![p] }).collect()
}

/// A station's and a device's entries in a file: enrolment, and evidence of which one piece is forged.
fn collected(house: &House) -> Author {
    let station = Author::new(SourceKind::Station, 50);
    let key = ssh_file(&station);
    std::fs::write(house.path("station.pub"), key).expect("written");
    let enrol =
        ["source", "enrol", "station.pub", "--kind", "station", "--name", "Station", "--role", "station"];
    house.json(&[&enrol[..], &ADMIN].concat());
    station
}

pub(crate) fn ssh_file(author: &Author) -> String {
    let mut blob = Vec::new();
    for part in [&b"ssh-ed25519"[..], author.secret.verifying_key().as_bytes()] {
        blob.extend_from_slice(&u32::try_from(part.len()).expect("short").to_be_bytes());
        blob.extend_from_slice(part);
    }
    format!("ssh-ed25519 {} station\n", base64(&blob))
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = bytes.chunks(3).map(|chunk| {
        let n = chunk.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        let digit = |shift: u32| char::from(ALPHABET[usize::try_from(n >> shift & 63).expect("small")]);
        let text: String = [18, 12, 6, 0].map(digit).iter().take(chunk.len() + 1).collect();
        format!("{text:=<4}")
    });
    groups.collect()
}

#[test]
fn what_a_laptop_collected_is_handed_in_item_by_item() {
    let house = house();
    import(&house, 1, LIST, &[]);
    let mut station = collected(&house);
    let mut device = Author::device(7);
    let udi = Some("010401234500400721A1");
    let enrolled = DeviceEnrolled {
        device: device.id,
        key: device.key.clone(),
        possession: device.possession("log.example/test", udi),
        udi: udi.map(Into::into),
        serial: None,
        model: "P1".into(),
        hardware_version: None,
        key_origin: KeyOrigin::File,
        helper: None,
        report: None,
        product: "pump".into(),
    };
    std::fs::write(house.path("enrolment"), station.state(enrolled)).expect("written");
    let taken = house.json(&["evidence", "import", "enrolment"]);
    assert_eq!((&taken["accepted"], &taken["rejected"]), (&1.into(), &0.into()), "{taken}");

    let good: Vec<_> = (0..3).map(|_| device.state(Fact::Attested(Evidence::default()))).collect();
    let mut forged = good[1].to_vec();
    *forged.last_mut().expect("bytes") ^= 1;
    std::fs::write(house.path("batch"), [&good[0][..], &forged, &good[1], &good[2], &[0x58]].concat())
        .expect("written");
    let out = house.ends(1, &["evidence", "import", "batch", "--format", "json"]);
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    let codes: Vec<_> =
        answer["items"].as_array().expect("items").iter().map(|i| i["code"].as_str()).collect();
    assert_eq!(codes, [None, Some("bad_proof"), None, None, Some("malformed")], "{answer}");
    let again = house.run(&["evidence", "import", "batch"]);
    assert!(text(&again).contains("known already  3"), "{}", text(&again));
    assert!(
        err(&again).contains("item 2 Attested of dev:") && err(&again).contains("[bad_proof]"),
        "{}",
        err(&again)
    );
    std::fs::write(house.path("empty"), "").expect("written");
    house.ends(2, &["evidence", "import", "empty"]);

    // The enrolled device is the first row of the list: its carrier names the same instance, written otherwise.
    let apart = house.json(&["fleet", "count"]);
    assert_eq!(apart["count"], 4, "{apart}");
    let refused = house.run(&[&["fleet", "attach"][..], &FIELD].concat());
    assert_eq!(refused.status.code(), Some(2), "only a station attaches: {}", err(&refused));
    let stationed = ["source", "roles", &field(&house), "field", "station"];
    house.ends(0, &[&stationed[..], &ADMIN].concat());
    let attached = house.json(&[&["fleet", "attach"][..], &FIELD].concat());
    assert_eq!(
        (&attached["count"], &attached["attached"][0]["asset"]),
        (&1.into(), &"E-1".into()),
        "{attached}"
    );
    let one = house.json(&["device", "show", "E-1"]);
    assert_eq!((&one["device"], &one["site"]), (&device.id.to_string().into(), &"North".into()));
    assert_eq!(house.json(&["fleet", "count"])["count"], 3);
    assert_eq!(numbers(&import(&house, 1, LIST, &[])), [0, 0, 0, 3], "and the list says nothing new");
    house.ends(0, &[&["device", "move", "A2", "--custody", "retired"][..], &FIELD].concat());
    assert_eq!(house.json(&["fleet", "count", "--where", "custody = retired"])["count"], 1);
    assert_eq!(house.json(&["fleet", "count"])["retired"], 1);
    assert!(house.ends(0, &["fleet", "count"]).contains("of these retired"));
    assert_eq!(house.json(&["fleet", "count", "--where", "not custody = retired"])["retired"], 0);
    house.ends(2, &[&["device", "move", "A2"][..], &FIELD].concat());
}

fn field(house: &House) -> String {
    let list = house.json(&["source", "list"]);
    let sources = list["sources"].as_array().expect("sources");
    let found = sources.iter().find(|s| s["name"] == "Field service").expect("enrolled");
    found["source"].as_str().expect("an identifier").to_owned()
}

/// A server that is killed if the test fails.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_server_answers_as_the_directory_does_and_proofs_verify_offline() {
    let house = house();
    import(&house, 1, LIST, &[]);
    let admin = house.json(&["source", "list"])["sources"][1]["source"].as_str().expect("one").to_owned();
    let token = house.json(&[&["token", "issue", &admin, "--label", "a test"][..], &ADMIN].concat());
    std::fs::write(house.path("token"), token["token"].as_str().expect("a token")).expect("written");
    house.ends(0, &["log", "seal"]);
    let child = house.command(&["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn();
    let mut server = Server(child.expect("runs"));
    let stderr = server.0.stderr.take().expect("piped");
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    let serving = lines.find(|l| l.starts_with("Serving ")).expect("an address");
    let url = serving.trim_start_matches("Serving ").to_owned();
    let there = ["--server", &url, "--token-file", "token"];
    let size = house.json(&["fleet", "count"])["known"]["size"].to_string();
    for question in [
        &["fleet", "count", "--where", "site = North"][..],
        &["fleet", "list", "--where", "not owner = \"Clinic South\""],
        &["fleet", "list", "--at", "2024-06-01T00:00:00Z"],
        &["device", "show", "E-1"],
        &["device", "show", "(01)04012345004007(21)A1"],
        &["device", "history", "A3"],
    ] {
        let question = [question, &["--known", &size]].concat();
        assert_eq!(house.json(&[&question[..], &there].concat()), house.json(&question), "{question:?}");
    }
    let list = house.json(&["fleet", "list"]);
    assert_eq!(list["count"], list["devices"].as_array().expect("devices").len());
    house.ends(2, &[&["fleet", "count", "--where", "grade = x"][..], &there].concat());
    house.ends(2, &["fleet", "count", "--server", &url]);

    let policy = ["--policy", "vouchsafe-data/log.policy"];
    for (n, more) in [&[][..], &there].into_iter().enumerate() {
        let (answer, proof) = (format!("answer{n}"), format!("proof{n}"));
        let prove = ["device", "show", "E-1", "--prove"];
        let json = house.ends(0, &[&prove[..], more, &["--format", "json"]].concat());
        std::fs::write(house.path(&answer), &json).expect("written");
        let verified = house.ends(0, &[&["verify", &answer][..], &policy].concat());
        assert!(verified.contains("holds under the trust policy"), "{verified}");
        house.ends(0, &[&prove[..], more, &["--out", &proof]].concat());
        house.ends(0, &[&["verify", &proof][..], &policy].concat());
        // A byte of an entry, a hash of a proof, the root of what was known.
        for member in ["\"entry\": \"", "\"root\": \"", "\"value\": \""] {
            let Some(at) = json.find(member).map(|at| at + member.len()) else { continue };
            let other = if json[at..].starts_with('0') { "1" } else { "0" };
            let broken = format!("{}{other}{}", &json[..at], &json[at + 1..]);
            std::fs::write(house.path("broken"), broken).expect("written");
            house.ends(1, &[&["verify", "broken"][..], &policy].concat());
        }
    }
    // Beside the directory lies the sealed state; a server that began later has no tree in memory and says so.
    let here = house.json(&["device", "show", "E-1", "--prove"]);
    assert_eq!(here["proof"]["current"].as_array().map(Vec::len), Some(1), "{}", here["proof"]["says"]);
    assert!(house.ends(0, &["verify", "proof0"]).contains("asset:E-1 had exactly"));
    for (name, question) in [("list", "list"), ("count", "count")] {
        house.ends(0, &["fleet", question, "--prove", "--out", name]);
        house.ends(0, &[&["verify", name][..], &policy].concat());
    }
    let csv = house.ends(0, &["fleet", "list", "--format", "csv"]);
    assert_eq!(csv.lines().count(), 4);
    assert!(
        csv.lines().nth(1).is_some_and(|l| l.starts_with("asset:E-1,E-1,(01)04012345004007(21)A1,A1")),
        "{csv}"
    );
    house.ends(2, &["verify", "token"]);
}
