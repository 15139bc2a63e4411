//! Running the binary: its own home, no terminal, no colour.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A directory with keys and a data directory to be.
pub(crate) struct House {
    pub(crate) dir: TempDir,
}

impl House {
    pub(crate) fn new() -> Self {
        let house = Self { dir: tempfile::tempdir().expect("a directory") };
        std::fs::write(house.path("pass"), "correct horse battery\n").expect("written");
        house
    }

    /// A house with a log whose administrator's key is `admin`.
    pub(crate) fn with_log() -> Self {
        let house = Self::new();
        let out = house.run(&[
            "log",
            "init",
            "--origin",
            "log.example/test",
            "--new-administrator-key",
            "admin",
            "--new-recovery-key",
            "recovery",
            "--passphrase-file",
            "pass",
        ]);
        assert_eq!(out.status.code(), Some(0), "{}", err(&out));
        house
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vouchsafe"));
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env_remove("VOUCHSAFE_DATA")
            .env("XDG_STATE_HOME", self.path("state"))
            .env("TMPDIR", self.dir.path())
            .env("NO_COLOR", "1");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    /// Runs and demands a status.
    pub(crate) fn ends(&self, status: i32, arguments: &[&str]) -> String {
        let out = self.run(arguments);
        assert_eq!(out.status.code(), Some(status), "{arguments:?}\n{}\n{}", text(&out), err(&out));
        text(&out)
    }

    /// Runs with JSON and demands success.
    pub(crate) fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let out = self.ends(0, &[arguments, &["--format", "json"]].concat());
        serde_json::from_str(&out).expect("JSON")
    }
}

pub(crate) fn text(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned()
}

pub(crate) fn err(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

/// Changes one byte of a file.
pub(crate) fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).expect("reads");
    bytes[at] ^= 1;
    std::fs::write(path, bytes).expect("writes");
}
