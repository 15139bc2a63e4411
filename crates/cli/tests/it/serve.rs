//! `vouchsafe serve` as a process: it answers, a person adds a fact through it, and it ends well.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::kit::House;

/// A server that is killed if the test fails.
pub(crate) struct Server(pub(crate) Child);

impl Server {
    /// Serves the log of a house; gives the address.
    pub(crate) fn start(house: &House) -> (Self, String) {
        Self::start_with(house, &[])
    }

    /// The same with more arguments.
    pub(crate) fn start_with(house: &House, more: &[&str]) -> (Self, String) {
        let all = [&["serve", "--listen", "127.0.0.1:0"][..], more].concat();
        let mut server = Self(house.command(&all).stderr(Stdio::piped()).spawn().expect("runs"));
        let url = server.says("Serving ");
        (server, url)
    }

    /// What stands behind the beginning of a line on standard error.
    pub(crate) fn says(&mut self, begin: &str) -> String {
        self.says_lines(begin, 1).remove(0)
    }

    /// The same with the lines after it. Reads on, so that the process is never held up.
    pub(crate) fn says_lines(&mut self, begin: &str, n: usize) -> Vec<String> {
        let stderr = self.0.stderr.take().expect("piped");
        let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
        let line = lines.find(|l| l.starts_with(begin)).expect("it says so");
        let mut said = vec![line.trim_start_matches(begin).to_owned()];
        said.extend(lines.by_ref().take(n - 1));
        std::thread::spawn(move || lines.for_each(drop));
        said
    }

    /// Asks it to end, and waits; gives its exit status.
    #[cfg(unix)]
    pub(crate) fn stop(&mut self) -> Option<i32> {
        let id = self.0.id().to_string();
        let stopped = std::process::Command::new("kill").args(["-TERM", &id]).status().expect("kill");
        assert!(stopped.success());
        self.0.wait().expect("ends").code()
    }
}

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
    let (mut server, url) = Server::start(&house);
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
        assert_eq!(server.stop(), Some(0));
        house.ends(0, &["log", "verify", "--policy", "vouchsafe-data/log.policy"]);
        house.ends(0, &["log", "seal"]);
    }
}
