//! What only shows while processes run beside each other: a witness that cosigns one log and refuses its fork, a code for
//! signing in that is shown on a terminal alone and works once, a token that opens nothing from the moment it is revoked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tlog::policy::Policy;
use tlog::{Hash, Note};

use crate::kit::{House, err, text};
use crate::serve::Server;

const ADMIN: [&str; 4] = ["--key", "admin", "--passphrase-file", "pass"];

/// Status, headers and text of an answer.
struct Answer {
    status: u16,
    headers: ureq::http::HeaderMap,
    text: String,
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None);
    config.timeout_global(Some(Duration::from_secs(30))).build().new_agent()
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    let text = response.body_mut().read_to_string().expect("text");
    Answer { status: response.status().as_u16(), headers: response.headers().clone(), text }
}

fn get(url: &str, headers: &[(&str, &str)]) -> Answer {
    let request = headers.iter().fold(agent().get(url), |r, (k, v)| r.header(*k, *v));
    answer(request.call().expect("an answer"))
}

fn eventually<T>(what: &str, mut so: impl FnMut() -> Option<T>) -> T {
    let found = (0..300).find_map(|n| {
        if n > 0 {
            std::thread::sleep(Duration::from_millis(100));
        }
        so()
    });
    found.expect(what)
}

/// A witness of the house's log in a process of its own; its address and key.
fn witness(house: &House) -> (Server, String, String) {
    let all = [
        "witness",
        "serve",
        "--directory",
        "north",
        "--name",
        "witness.example/north",
        "--log",
        "vouchsafe-data/log.policy",
        "--listen",
        "127.0.0.1:0",
    ];
    let child = house.command(&all).stderr(Stdio::piped()).spawn().expect("runs");
    let mut server = Server(child);
    let said = server.says_lines("Witnessing at ", 2);
    let url = said[0].split(' ').next().expect("an address").to_owned();
    (server, url, said[1].clone())
}

fn policy(house: &House, name: &str, url: &str, key: &str) -> Policy {
    let own = fs::read_to_string(house.path("vouchsafe-data/log.policy")).expect("a policy");
    let log = own.lines().find(|l| l.starts_with("log ")).expect("a log");
    let text = format!("{log}\nwitness north {key} {url}\ngroup q 1 north\nquorum q\n");
    fs::write(house.path(name), &text).expect("written");
    Policy::parse(text.as_bytes()).expect("a policy")
}

fn enrol(house: &House, url: &str, name: &str) {
    let all = ["source", "enrol", "recovery.pub", "--name", name, "--server", url];
    house.ends(0, &[&all[..], &ADMIN].concat());
}

/// Size of the checkpoint that a server gives, once the policy holds for it at `least` entries.
fn cosigned(url: &str, policy: &Policy, least: u64) -> u64 {
    eventually("a cosigned checkpoint", || {
        let note = get(&format!("{url}/log/checkpoint"), &[]).text;
        let note = Note::parse(note.as_bytes()).expect("a note");
        let size = tlog::Checkpoint::parse(note.text()).expect("a checkpoint").size;
        (policy.verify(&note).is_ok() && size >= least).then_some(size)
    })
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("reads") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// A copy of the log with a guard of its own, as somebody makes who wants two truths.
fn forked(house: &House) {
    copy(&house.path("vouchsafe-data"), &house.path("fork"));
    let config = fs::read_to_string(house.path("fork/config.toml")).expect("a configuration");
    let line = config.lines().find(|l| l.starts_with("guard = ")).expect("a guard");
    let guard = PathBuf::from(line.trim_start_matches("guard = ").trim_matches(['"', '\'']));
    let own = house.path("fork.guard");
    fs::copy(guard, &own).expect("copied");
    let config = config.replace(line, &format!("guard = {:?}", own.to_str().expect("text")));
    fs::write(house.path("fork/config.toml"), config).expect("written");
}

#[test]
fn a_witness_in_another_process_cosigns_a_log_and_refuses_its_fork() {
    let house = House::with_log();
    let (mut north, at, key) = witness(&house);
    let policy = policy(&house, "cosigned.policy", &at, &key);
    let (mut server, url) = Server::start_with(&house, &["--witnesses", "cosigned.policy"]);
    cosigned(&url, &policy, 1);
    assert_eq!(server.stop(), Some(0));
    forked(&house);
    // The one goes on, and the witness with it.
    let (mut server, url) = Server::start_with(&house, &["--witnesses", "cosigned.policy"]);
    enrol(&house, &url, "Quality manager");
    let size = house.json(&["source", "list"])["known"]["size"].as_u64().expect("a size");
    let size = cosigned(&url, &policy, size);
    assert_eq!(server.stop(), Some(0));
    // A witness that was stopped has forgotten nothing, its name and key neither.
    assert_eq!(north.stop(), Some(0));
    let (mut north, at, again) = witness(&house);
    assert_eq!(again, key);
    let policy = self::policy(&house, "cosigned.policy", &at, &key);
    // The other says something else at the same places.
    let fork = ["--data", "fork", "serve", "--listen", "127.0.0.1:0", "--witnesses", "cosigned.policy"];
    let child = house.command(&fork).stderr(Stdio::piped()).spawn().expect("runs");
    let mut other = Server(child);
    let other_url = other.says("Serving ");
    enrol_in_fork(&house, &other_url);
    let health = eventually("the fork is found out", || {
        let health = get(&format!("{other_url}/healthz"), &[]);
        (health.status == 503).then_some(health.text)
    });
    assert!(health.contains("read-only") && health.contains("north"), "{health}");
    let note = get(&format!("{other_url}/log/checkpoint"), &[]).text;
    let shown = Note::parse(note.as_bytes()).expect("a note");
    let shown =
        (tlog::Checkpoint::parse(shown.text()).expect("a checkpoint").size, policy.verify(&shown).is_ok());
    assert!(!shown.1 || shown.0 < size, "the fork's own entries are under no cosignature: {note}");
    assert_eq!(other.stop(), Some(0));
    // What the witness shows is the log that it followed.
    let origin = Hash::of(b"log.example/test");
    let seen = get(&format!("{at}/{origin}/checkpoint"), &[]).text;
    assert!(seen.lines().nth(1).and_then(|n| n.parse::<u64>().ok()) >= Some(size), "{seen}");
    let (mut server, url) = Server::start_with(&house, &["--witnesses", "cosigned.policy"]);
    cosigned(&url, &policy, size);
    assert_eq!((server.stop(), north.stop()), (Some(0), Some(0)));
}

fn enrol_in_fork(house: &House, url: &str) {
    let all =
        ["--data", "fork", "source", "enrol", "recovery.pub", "--name", "Somebody else", "--server", url];
    // Refused as soon as the witness was asked first; either way nothing of it is cosigned.
    let out = house.run(&[&all[..], &ADMIN].concat());
    assert!(matches!(out.status.code(), Some(0 | 3)), "{}", err(&out));
}

/// Runs a command with standard error on a terminal of its own; what it wrote there, and its exit status.
#[cfg(unix)]
fn on_a_terminal(house: &House, arguments: &[&str]) -> (String, Option<i32>) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use std::io::Read;
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&master).expect("ours");
    unlockpt(&master).expect("open");
    let name = ptsname(&master, Vec::new()).expect("a name");
    let slave =
        fs::OpenOptions::new().read(true).write(true).open(name.to_str().expect("text")).expect("opens");
    let mut child = house.command(arguments).stdout(Stdio::null()).stderr(slave).spawn().expect("runs");
    let status = child.wait().expect("ends").code();
    // The child has ended and our end of its side is closed: the rest is read, then the terminal is gone.
    let (mut out, mut piece) = (Vec::new(), [0; 1_024]);
    let mut master = fs::File::from(master);
    while let Ok(n @ 1..) = master.read(&mut piece) {
        out.extend_from_slice(&piece[..n]);
    }
    (String::from_utf8_lossy(&out).into_owned(), status)
}

#[cfg(unix)]
#[test]
fn a_code_for_signing_in_is_shown_on_a_terminal_alone_and_works_once() {
    let house = House::with_log();
    let (mut server, url) = Server::start(&house);
    let hidden = house.run(&["sign-in"]);
    assert_eq!(hidden.status.code(), Some(2));
    assert!(!err(&hidden).contains("with the code"), "{}", err(&hidden));
    let code = |house: &House| {
        let (said, status) = on_a_terminal(house, &["sign-in"]);
        assert_eq!(status, Some(0), "{said}");
        let code = said.split("with the code ").nth(1).and_then(|rest| rest.split_whitespace().next());
        code.unwrap_or_else(|| panic!("{said}")).to_owned()
    };
    let first = code(&house);
    let sign_in = |code: &str| {
        let request = agent().post(format!("{url}/sign-in")).header("origin", &url);
        answer(request.send_form([("code", code), ("next", "/log")]).expect("an answer"))
    };
    let page = |cookie: &str| get(&format!("{url}/log"), &[("cookie", cookie)]);
    assert_eq!(page("").status, 303, "without a session there is the sign-in page");
    assert_eq!(sign_in("AAAA-AAAA").status, 403);
    let signed_in = sign_in(&first);
    assert_eq!(signed_in.status, 303, "{}", signed_in.text);
    assert_eq!(signed_in.headers["location"], "/log");
    let cookie =
        signed_in.headers["set-cookie"].to_str().expect("text").split(';').next().expect("a pair").to_owned();
    assert_eq!(page(&cookie).status, 200);
    assert_eq!(sign_in(&first).status, 403, "it worked once");
    let second = code(&house);
    assert_ne!(second, first);
    // What is kept of a code does not give it away.
    for entry in fs::read_dir(house.path("vouchsafe-data/sign-in")).expect("a directory") {
        let path = entry.expect("an entry").path();
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(!kept.contains(&second) && !path.to_string_lossy().contains(&second), "{}", path.display());
    }
    assert_eq!(sign_in(&second).status, 303);
    assert_eq!(server.stop(), Some(0));
    let (mut server, again) = Server::start(&house);
    let url = again;
    assert_eq!(
        get(&format!("{url}/log"), &[("cookie", &cookie)]).status,
        303,
        "sessions end with the server"
    );
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_token_opens_what_it_says_until_it_is_revoked_and_nothing_from_then_on() {
    let house = House::with_log();
    let sources = house.json(&["source", "list"]);
    let administrator =
        sources["sources"].as_array().expect("a list").iter().find(|s| s["roles"][0] == "administrator");
    let administrator =
        administrator.expect("a person")["source"].as_str().expect("an identifier").to_owned();
    let (mut server, url) = Server::start(&house);
    let issue = |scope: &str| -> Value {
        let all = ["token", "issue", &administrator, "--scope", scope, "--label", "test", "--server", &url];
        house.json(&[&all[..], &ADMIN].concat())
    };
    let (reads, writes) = (issue("read"), issue("write"));
    let member = |issued: &Value, name: &str| issued[name].as_str().expect("text").to_owned();
    let (token, hash) = (member(&reads, "token"), member(&reads, "sha256"));
    assert_eq!(hash, Hash::of(token.as_bytes()).to_string());
    let ask = |token: &str| {
        get(&format!("{url}/api/v1/entries/0"), &[("authorization", &format!("Bearer {token}"))]).status
    };
    assert_eq!((ask(&token), ask(&member(&writes, "token")), ask("vouchsafe_x")), (200, 403, 401));
    // The log holds the hash and not the token.
    let log = house.ends(0, &["log", "show", "--limit", "10", "--format", "json"]);
    assert!(!log.contains(&token));
    let entry = house.json(&["log", "show", &reads["index"].to_string()]);
    assert_eq!(entry["body"]["content"]["token"], hash.as_str());
    // The token itself is no argument: it would stand in the list of processes.
    let wrong = house.run(&[&["token", "revoke", &token, "--server", &url][..], &ADMIN].concat());
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong));
    assert_eq!(ask(&token), 200);
    house.ends(0, &[&["token", "revoke", &hash, "--server", &url][..], &ADMIN].concat());
    assert_eq!(ask(&token), 401, "at once");
    assert_eq!(ask(&member(&writes, "token")), 403, "the other one is as it was");
    // Also for whoever is following already: a command with it is refused.
    fs::write(house.path("token"), &token).expect("written");
    let listed = house.run(&["device", "show", "dev:none", "--server", &url, "--token-file", "token"]);
    assert_ne!(listed.status.code(), Some(0));
    assert_eq!(server.stop(), Some(0));
}
