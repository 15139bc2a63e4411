//! Feeds of advisories through the real binary, against a server of our own: unchanged, failing, cut off, too large, stale; and as
//! the service beside the server that `packaging/` runs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::advisories::{osv, tar};
use crate::kit::{House, err, text};
use crate::release::house;
use crate::serve::Server;

const SIGNED: [&str; 4] = ["--key", "recovery", "--passphrase-file", "pass"];

/// Gives prepared answers, one a request, and keeps the heads of the requests.
struct Publisher {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

/// A head without its end, and the bytes behind it.
type Reply = (String, Vec<u8>);

fn whole(headers: &str, body: &[u8]) -> Reply {
    (format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n{headers}", body.len()), body.to_vec())
}

fn publish(replies: Vec<Reply>) -> Publisher {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/all.tar", listener.local_addr().expect("an address"));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heads = asked.clone();
    std::thread::spawn(move || {
        for (head, body) in replies {
            let (mut stream, _) = listener.accept().expect("a connection");
            heads.lock().expect("whole").push(head_of(&stream));
            // Who asked may have gone: an answer that is too large is not read to its end.
            let _ =
                stream.write_all(&[format!("{head}connection: close\r\n\r\n").as_bytes(), &body].concat());
        }
    });
    Publisher { url, asked }
}

fn head_of(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream.try_clone().expect("a stream")).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n").to_lowercase()
}

fn archive(ids: &[&str]) -> Vec<u8> {
    let file = |id: &&str| (format!("{id}.json"), osv(id, "2026-01-01T00:00:00Z").to_string().into_bytes());
    tar(&ids.iter().map(file).collect::<Vec<_>>())
}

fn watch(house: &House, status: i32, more: &[&str]) -> (Value, String) {
    let base = ["advisories", "watch", "--rounds", "1", "--format", "json"];
    let out = house.run(&[&base[..], more, &SIGNED].concat());
    assert_eq!(out.status.code(), Some(status), "{}\n{}", text(&out), err(&out));
    (serde_json::from_slice(&out.stdout).unwrap_or_default(), err(&out))
}

fn feed(house: &House) -> Value {
    let out = house.run(&["advisories", "feeds", "--format", "json"]);
    let list: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(list["count"], 1, "{list}");
    list["feeds"][0].clone()
}

#[test]
fn what_did_not_change_is_not_fetched_again_and_what_fails_keeps_what_was_known() {
    let house = house();
    let first = archive(&["A-1", "A-2"]);
    let cut = (format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\netag: \"3\"\r\n", 1 << 20), first.clone());
    let publisher = publish(vec![
        whole("etag: \"1\"\r\nlast-modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n", &first),
        ("HTTP/1.1 304 Not Modified\r\n".into(), Vec::new()),
        // Another validator over the same bytes.
        whole("etag: \"2\"\r\n", &first),
        ("HTTP/1.1 503 Service Unavailable\r\nretry-after: 3600\r\ncontent-length: 0\r\n".into(), Vec::new()),
        cut,
        whole("", &vec![0; 100_000]),
        whole("etag: \"4\"\r\n", &archive(&["A-1", "A-2", "A-3"])),
    ]);
    let url = format!("test={}", publisher.url);
    let ask = |status: i32, more: &[&str]| {
        watch(&house, status, &[&["--url", &url, "--state", "feeds.json"], more].concat())
    };
    let (taken, _) = ask(0, &[]);
    assert_eq!((&taken["new"], &taken["same"]), (&2.into(), &false.into()));
    for _ in 0..2 {
        let (same, _) = ask(0, &[]);
        assert_eq!((&same["same"], &same["new"]), (&true.into(), &0.into()));
    }
    let answered = feed(&house)["answered"].clone();
    assert!(answered.is_string());
    let (_, why) = ask(1, &[]);
    assert!(why.contains("503"), "{why}");
    let (_, why) = ask(1, &[]);
    assert!(why.contains("fetching"), "an answer that is cut off is none: {why}");
    let (_, why) = ask(1, &["--max-bytes", "50000"]);
    assert!(why.contains("50000"), "{why}");
    assert_eq!(house.json(&["advisories", "list"])["count"], 2, "nothing by half, nothing lost");
    let (taken, _) = ask(0, &[]);
    assert_eq!((&taken["new"], &taken["unchanged"]), (&1.into(), &2.into()));
    let asked = publisher.asked.lock().expect("whole");
    let has = |n: usize, header: &str| asked[n].contains(header);
    assert!(!has(0, "if-none-match") && !has(0, "if-modified-since"), "{}", asked[0]);
    assert!(has(1, "if-none-match: \"1\"") && has(1, "if-modified-since: thu, 01 jan 2026"), "{}", asked[1]);
    // What was not taken in leaves no validator behind.
    assert!(has(6, "if-none-match: \"1\""), "{}", asked[6]);
    assert_eq!(asked.len(), 7);
    let later = house.run(&["advisories", "feeds", "--at", "2099-01-01T00:00:00Z"]);
    assert_eq!(later.status.code(), Some(1), "silent for too long");
}

#[test]
fn another_log_is_given_everything_whatever_is_remembered() {
    let (one, other) = (house(), house());
    let body = archive(&["A-1"]);
    let publisher = publish(vec![whole("etag: \"1\"\r\n", &body), whole("etag: \"1\"\r\n", &body)]);
    let url = format!("test={}", publisher.url);
    watch(&one, 0, &["--url", &url, "--state", "feeds.json"]);
    std::fs::copy(one.path("feeds.json"), other.path("feeds.json")).expect("copied");
    let (taken, _) = watch(&other, 0, &["--url", &url, "--state", "feeds.json"]);
    assert_eq!((&taken["new"], &taken["same"]), (&1.into(), &false.into()));
    assert!(!publisher.asked.lock().expect("whole")[1].contains("if-none-match"));
    std::fs::write(other.path("feeds.json"), "{").expect("written");
    watch(&other, 2, &["--url", &url, "--state", "feeds.json"]);
    watch(&other, 2, &["--url", &url, "--ca", "admin.pub"]);
    watch(&other, 2, &[]);
    watch(&other, 2, &["--url", "ftp://example.org/all.zip"]);
}

#[test]
fn feeds_of_the_configuration_are_asked_by_a_service_of_its_own_beside_the_server() {
    let house = house();
    let key = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "advisories", "-f"])
        .arg(house.path("service"))
        .status();
    assert!(key.expect("ssh-keygen").success());
    let admin = ["--key", "admin", "--passphrase-file", "pass"];
    let enrol =
        ["source", "enrol", "service.pub", "--kind", "service", "--name", "Feeds", "--role", "security"];
    house.ends(0, &[&enrol[..], &admin].concat());
    let sources = house.json(&["source", "list"]);
    let service = sources["sources"].as_array().expect("a list").iter().find(|s| s["name"] == "Feeds");
    let service = service.expect("enrolled")["source"].as_str().expect("an identifier").to_owned();
    let issue = ["token", "issue", &service, "--scope", "write", "--label", "feeds"];
    let token = house.json(&[&issue[..], &admin].concat());
    std::fs::write(house.path("token"), token["token"].as_str().expect("a token")).expect("written");
    let vex = json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://maker.example/1", "author": "Supplier",
        "timestamp": "2026-01-01T00:00:00Z", "version": 1,
        "statements": [{ "vulnerability": { "name": "CVE-2026-1" }, "status": "fixed", "products": [{ "@id": "pkg:cargo/a@1" }] }],
    });
    let (one, two) =
        (publish(vec![whole("", &archive(&["A-1"]))]), publish(vec![whole("", vex.to_string().as_bytes())]));
    let mut config = std::fs::OpenOptions::new()
        .append(true)
        .open(house.path("vouchsafe-data/config.toml"))
        .expect("opens");
    for (name, url) in [("osv", &one.url), ("vex", &two.url)] {
        writeln!(config, "[[feed]]\nname = \"{name}\"\nurl = \"{url}\"\nevery = \"1h\"").expect("written");
    }
    let (_server, url) = Server::start(&house);
    let watch = [
        "advisories",
        "watch",
        "--server",
        &url,
        "--token-file",
        "token",
        "--key",
        "service",
        "--state",
        "feeds.json",
    ];
    // As systemd runs it: until it is told to end.
    let child = house.command(&watch).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
    let mut child = Server(child);
    let mut told = BufReader::new(child.0.stdout.take().expect("piped"));
    let mut line = String::new();
    for _ in 0..2 {
        loop {
            line.clear();
            assert!(told.read_line(&mut line).expect("reads") > 0, "it ended: {}", err_of(&mut child));
            if line.contains("Took in 1 document") {
                break;
            }
        }
    }
    let mut count = Value::Null;
    for _ in 0..100 {
        count = house.json(&["advisories", "feeds"])["count"].clone();
        if count == 2 {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(count, 2, "both are stated");
    let stopped = std::process::Command::new("kill").args(["-TERM", &child.0.id().to_string()]).status();
    assert!(stopped.expect("kill").success());
    assert_eq!(child.0.wait().expect("ends").code(), Some(0), "{}", err_of(&mut child));
    assert_eq!(house.json(&["advisories", "list"])["count"], 1);
    let kept: Value =
        serde_json::from_slice(&std::fs::read(house.path("feeds.json")).expect("kept")).expect("JSON");
    assert_eq!(kept.as_object().map(serde_json::Map::len), Some(2));
}

fn err_of(child: &mut Server) -> String {
    let mut said = String::new();
    let _ = child.0.kill();
    if let Some(stderr) = child.0.stderr.as_mut() {
        stderr.read_to_string(&mut said).expect("reads");
    }
    said
}
