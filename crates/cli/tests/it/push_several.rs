//! Two real repositories that feed one product through a real server: links across, ids that both claim, removal, rules.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::kit::{House, err};
use crate::push::ADMIN;

/// A log behind a server, and two repositories in folders.
struct Site {
    house: House,
    server: Child,
    url: String,
    token: String,
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn record(id: &str, kind: &str, links: &str, text: &str) -> String {
    format!("---\nid: {id}\nkind: {kind}\ntitle: Title of {id}\n{links}---\n\n{text}\n")
}

impl Site {
    fn new() -> Self {
        let house = House::with_log();
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
            .arg(house.path("ci"))
            .status();
        assert!(made.expect("ssh-keygen is there").success());
        let ci = ["source", "enrol", "ci.pub", "--kind", "ci", "--name", "Pipeline", "--role", "ci"];
        let ci = house.json(&[&ci[..], &ADMIN].concat());
        let ci = ci["source"].as_str().expect("a source").to_owned();
        let token = ["token", "issue", &ci, "--label", "push", "--scope", "read", "--scope", "write"];
        let token = house.json(&[&token[..], &ADMIN].concat())["token"].as_str().expect("a token").to_owned();
        std::fs::write(house.path("token"), &token).expect("written");
        let mut server = house
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        let mut lines = BufReader::new(server.stderr.take().expect("piped")).lines().map_while(Result::ok);
        let url = lines.find_map(|l| l.strip_prefix("Serving ").map(str::to_owned)).expect("an address");
        std::thread::spawn(move || lines.count());
        let site = Self { house, server, url, token };
        for (name, other) in [("system", "cloud"), ("cloud", "system")] {
            site.write(
                name,
                "vouchsafe.toml",
                &site.config(&format!("[repositories.{other}]\npath = \"../{other}\"\n"), "development"),
            );
            site.git(name, &["init", "-q", "-b", "main"]);
        }
        for id in ["UN-001", "UN-002"] {
            site.write(
                "system",
                &format!("records/{id}.md"),
                &record(id, "user-need", "", "The nurse sees it."),
            );
        }
        for id in ["SYS-001", "SYS-002"] {
            let links = "links:\n  refines: [UN-001]\n";
            site.write(
                "cloud",
                &format!("records/{id}.md"),
                &record(id, "system-requirement", links, "Shall be shown."),
            );
        }
        site.house.ends(0, &["accept", "--all", "--by", "an engineer", "--root", "cloud"]);
        for name in ["system", "cloud"] {
            site.commit(name);
        }
        site
    }

    fn config(&self, more: &str, stage: &str) -> String {
        format!("[product]\nname = \"Pump\"\nstage = \"{stage}\"\nprofiles = [\"iso13485\"]\n\n{more}")
    }

    fn write(&self, repository: &str, name: &str, text: &str) {
        let path = self.house.path(repository).join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    fn remove(&self, repository: &str, id: &str) {
        std::fs::remove_file(self.house.path(repository).join(format!("records/{id}.md"))).expect("removed");
    }

    fn git(&self, repository: &str, arguments: &[&str]) {
        let out = Command::new("git")
            .arg("-C")
            .arg(self.house.path(repository))
            .args(["-c", "user.name=Engineer", "-c", "user.email=e@example.test"])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .expect("git is there");
        assert!(out.status.success(), "{arguments:?}: {}", err(&out));
    }

    fn commit(&self, repository: &str) {
        self.git(repository, &["add", "-A"]);
        self.git(repository, &["commit", "-q", "-m", "records"]);
    }

    /// Pushes through the server and demands a status; what was said on standard error comes along.
    fn push(&self, repository: &str, status: i32) -> (Value, String) {
        let named = ["--root", repository, "--repository", repository, "--server", &self.url];
        let arguments =
            [&["push", "--key", "ci", "--token-file", "token", "--format", "json"][..], &named].concat();
        let out = self.house.run(&arguments);
        assert_eq!(out.status.code(), Some(status), "{repository}: {}", err(&out));
        (serde_json::from_slice(&out.stdout).unwrap_or_default(), err(&out))
    }

    fn report(&self, more: &[&str]) -> Value {
        let out = self.house.run(&[&["check", "--format", "json"][..], more].concat());
        assert!(!out.stdout.is_empty(), "{}", err(&out));
        serde_json::from_slice(&out.stdout).expect("JSON")
    }

    fn get(&self, path: &str) -> Value {
        let address = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("connects");
        let token = &self.token;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n")
            .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("read");
        let body = answer.split_once("\r\n\r\n").expect("a body").1;
        serde_json::from_str(body).expect("JSON")
    }
}

fn problems(report: &Value) -> Vec<String> {
    let all = report["problems"].as_array().expect("problems").iter();
    all.map(|p| p["message"].as_str().expect("a message").to_owned()).collect()
}

fn has(report: &Value, rule: &str, record: &str, about: &str) -> bool {
    let all = report["gaps"].as_array().expect("gaps");
    all.iter().any(|gap| gap["rule"] == rule && gap["record"] == record && gap["about"] == about)
}

#[test]
fn a_link_into_another_repository_resolves_in_the_tree_and_in_the_log() {
    let site = Site::new();
    // Whoever pushes first: what the other brings is missing until it does.
    site.push("cloud", 0);
    let alone = site.report(&["--from-log"]);
    assert_eq!(problems(&alone).len(), 2, "{alone}");
    assert!(problems(&alone)[0].contains("SYS-001 refines UN-001, and there is no record UN-001"), "{alone}");
    site.push("system", 0);
    let both = site.report(&["--from-log"]);
    assert_eq!(problems(&both), [""; 0]);
    assert_eq!((both["records"].as_u64(), both["links"].as_u64()), (Some(4), Some(2)));
    assert!(!has(&both, "link.unaccepted", "SYS-001", "UN-001"), "accepted in the other repository: {both}");
    let answer = site.get("/api/v1/records/SYS-001");
    assert_eq!(answer["present"]["links"][0]["state"], "accepted", "{answer}");
    assert_eq!(answer["present"]["links"][0]["title"], "Title of UN-001", "{answer}");
    let heads: Vec<String> = site.get("/api/v1/commits")["commits"]
        .as_array()
        .expect("commits")
        .iter()
        .map(|c| c["repository"].as_str().expect("a name").to_owned())
        .collect();
    assert_eq!(heads, ["cloud", "system"]);

    // In the tree: beside it, from the log, or not at all.
    assert_eq!(problems(&site.report(&["--root", "cloud"])), [""; 0]);
    site.write("cloud", "vouchsafe.toml", &site.config("", "development"));
    assert_eq!(problems(&site.report(&["--root", "cloud"])).len(), 2);
    let from_log = ["--root", "cloud", "--others-from-log", "--this-repository", "cloud"];
    let linked = site.report(&from_log);
    assert_eq!((problems(&linked), linked["records"].as_u64()), (vec![], Some(2)));
    site.commit("cloud");
    let (done, _) = site.push("cloud", 0);
    assert_eq!((done["revised"].as_u64(), done["unchanged"].as_u64()), (Some(0), Some(4)), "{done}");

    // The need changes at home: the link from the other repository is suspect in the log.
    site.write("system", "records/UN-001.md", &record("UN-001", "user-need", "", "The doctor sees it."));
    site.commit("system");
    site.push("system", 0);
    assert!(has(&site.report(&["--from-log"]), "link.suspect", "SYS-001", "UN-001"));
    assert!(
        has(&site.report(&from_log), "link.suspect", "SYS-001", "UN-001"),
        "and in the tree, from the log"
    );
    let accept = [
        "accept",
        "--all",
        "--by",
        "lead",
        "--root",
        "cloud",
        "--others-from-log",
        "--this-repository",
        "cloud",
    ];
    assert!(site.house.ends(0, &accept).contains("2 links accepted"));
    assert!(!has(&site.report(&from_log), "link.suspect", "SYS-001", "UN-001"));
}

#[test]
fn ids_that_both_claim_are_a_finding_and_removal_is_ones_own() {
    let site = Site::new();
    site.push("system", 0);
    site.push("cloud", 0);
    site.write("system", "records/SYS-001.md", &record("SYS-001", "system-requirement", "", "Another one."));
    site.commit("system");
    let (done, said) = site.push("system", 1);
    assert!(said.contains("SYS-001: it stands from the repository `cloud`"), "{said}");
    assert_eq!(done["revised"], 0, "{done}");
    let report = site.report(&["--from-log"]);
    assert!(has(&report, "repository.claimed-id", "SYS-001", "system"), "{report}");
    let answer = site.get("/api/v1/records/SYS-001");
    assert!(
        answer["present"]["fields"]["text"][0].as_str().expect("a text").contains("Shall be shown"),
        "{answer}"
    );
    assert_eq!(answer["history"].as_array().map(Vec::len), Some(1), "no merge: {answer}");

    // What one removes, the other keeps.
    site.remove("system", "UN-002");
    site.commit("system");
    let (done, _) = site.push("system", 1);
    assert_eq!(done["retired"], 1, "{done}");
    let ids = |site: &Site| -> Vec<String> {
        let all = site.get("/api/v1/records")["records"].as_array().expect("records").clone();
        all.iter().map(|r| r["id"].as_str().expect("an id").to_owned()).collect()
    };
    assert_eq!(ids(&site), ["SYS-001", "SYS-002", "UN-001"]);
    // The other gives the id up: the claim is gone, and the next push brings the record.
    site.remove("cloud", "SYS-001");
    site.commit("cloud");
    assert_eq!(site.push("cloud", 0).0["retired"], 1);
    assert_eq!(ids(&site), ["SYS-002", "UN-001"]);
    assert!(!has(&site.report(&["--from-log"]), "repository.claimed-id", "SYS-001", "system"));
    assert_eq!(site.push("system", 0).0["revised"], 1);
    assert_eq!(ids(&site), ["SYS-001", "SYS-002", "UN-001"]);
}

#[test]
fn the_rules_of_one_repository_are_in_force_and_others_are_named() {
    let site = Site::new();
    site.push("system", 0);
    site.push("cloud", 0);
    assert!(!has(&site.report(&["--from-log"]), "repository.differing-rules", "", "cloud"));
    let other = "[repositories.system]\npath = \"../system\"\n[items.service]\npaths = [\"records\"]\n";
    site.write("cloud", "vouchsafe.toml", &site.config(other, "verification"));
    site.commit("cloud");
    site.push("cloud", 0);
    let report = site.report(&["--from-log"]);
    assert!(has(&report, "repository.differing-rules", "", "cloud"), "{report}");
    assert_eq!(report["stage"], "development", "the one that was pushed first");
    let home = format!("home = \"cloud\"\n\n{other}");
    let config = site.config("", "verification").trim_end().to_owned() + "\n" + &home;
    site.write("cloud", "vouchsafe.toml", &config);
    site.commit("cloud");
    site.push("cloud", 0);
    let report = site.report(&["--from-log"]);
    assert_eq!(report["stage"], "verification", "the one that is named");
    assert!(has(&report, "repository.differing-rules", "", "system"), "{report}");
}
