//! `vouchsafe serve` as a process: it answers, a person adds a fact through it, and it ends well.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::kit::House;

/// A server that is killed if the test fails.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already when all went well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_running_server_takes_facts_and_lets_readers_in() {
    let house = House::with_log();
    let child = house.command(&["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn();
    let mut server = Server(child.expect("runs"));
    let stderr = server.0.stderr.take().expect("piped");
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    let serving = lines.find(|l| l.starts_with("Serving ")).expect("an address");
    let url = serving.trim_start_matches("Serving ").to_owned();
    let signed = ["--key", "admin", "--passphrase-file", "pass"];
    let enrol = ["source", "enrol", "recovery.pub", "--name", "Quality manager", "--role", "quality"];
    let local = house.run(&[&enrol[..], &signed].concat());
    assert_eq!(local.status.code(), Some(3), "the server holds the lock");
    let sent = house.json(&[&enrol[..], &signed, &["--server", &url]].concat());
    // A tick may have come before it.
    assert!(sent["index"].as_u64() >= Some(1), "{sent}");
    assert_eq!(sent["level"], "durable");
    assert_eq!(house.json(&["source", "list"])["count"], 3);
    let copy = house.json(&["log", "backup", "copy"]);
    assert_eq!((copy["size"].as_u64() >= Some(2), &copy["keys"]), (true, &false.into()), "{copy}");
    house.ends(2, &["log", "backup", "copy"]);
    house.ends(0, &["--data", "copy", "log", "verify", "--policy", "vouchsafe-data/log.policy"]);
    // The identifier is taken: the server's refusal is bad input, not a success.
    house.ends(2, &[&enrol[..], &signed, &["--server", &url]].concat());
    #[cfg(unix)]
    {
        let id = server.0.id().to_string();
        let stopped = std::process::Command::new("kill").args(["-TERM", &id]).status().expect("kill");
        assert!(stopped.success());
        assert_eq!(server.0.wait().expect("ends").code(), Some(0));
        house.ends(0, &["log", "verify", "--policy", "vouchsafe-data/log.policy"]);
        house.ends(0, &["log", "seal"]);
    }
}
