//! The commands of the story, run as anyone would run them: this program, as a process of its own, beside the running server.

use std::cell::Cell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use evidence::Time;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::clock::CLAIMED_TIME;
use crate::failure::Failure;
use crate::text;

/// Runs commands in the product's folder, against the story's log and server.
pub(super) struct Commands {
    program: PathBuf,
    data: PathBuf,
    /// Where commands run: the product's folder.
    pub(super) folder: PathBuf,
    pub(super) url: String,
    token: Zeroizing<String>,
    /// Commands that were run.
    pub(super) run: Cell<u64>,
}

/// What a command came to.
pub(super) struct Done {
    pub(super) status: Option<i32>,
    pub(super) text: String,
    pub(super) notes: String,
}

impl Done {
    /// The document it printed.
    pub(super) fn json(&self) -> Result<Value, Failure> {
        serde_json::from_str(&self.text).map_err(|e| {
            Failure::damaged(
                "reading what a command of the story printed",
                format!("{e}\n{}{}", self.text, self.notes),
            )
        })
    }
}

impl Commands {
    pub(super) fn new(
        data: &Path,
        folder: &Path,
        url: String,
        token: Zeroizing<String>,
    ) -> Result<Self, Failure> {
        let fail = |e| Failure::environment("finding this program", e);
        Ok(Self {
            program: std::env::current_exe().map_err(fail)?,
            data: std::path::absolute(data).map_err(fail)?,
            folder: std::path::absolute(folder).map_err(fail)?,
            url,
            token,
            run: Cell::new(0),
        })
    }

    /// A file of the data directory, as an argument.
    pub(super) fn data_file(&self, name: &str) -> String {
        self.data.join(name).display().to_string()
    }

    /// Runs a command and says how it ended. `time` is what its signatures and entries claim.
    pub(super) fn run(&self, time: Time, arguments: &[&str]) -> Result<Done, Failure> {
        self.run.set(self.run.get() + 1);
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(&self.folder).env("NO_COLOR", "1");
        command.env("VOUCHSAFE_DATA", &self.data).env("VOUCHSAFE_TOKEN", self.token.as_str());
        command.env(CLAIMED_TIME, OsString::from(time.to_string()));
        let Output { status, stdout, stderr } =
            command.output().map_err(|e| Failure::environment("running a command of the story", e))?;
        let read = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Done { status: status.code(), text: read(stdout), notes: read(stderr) })
    }

    /// Runs a command that must end with this status, and reads the document it prints.
    pub(super) fn ends(&self, status: i32, time: Time, arguments: &[&str]) -> Result<Value, Failure> {
        let done = self.run(time, &[arguments, &["--format", "json"]].concat())?;
        if done.status != Some(status) {
            let shown = text::printable(&words(arguments).join(" "), 300);
            let problem =
                format!("it ended with {:?}, not {status}\n{}{}", done.status, done.text, done.notes);
            return Err(Failure::damaged(format!("running `vouchsafe {shown}`"), problem));
        }
        done.json()
    }

    /// Runs a command that must hold, and reads the document it prints.
    pub(super) fn holds(&self, time: Time, arguments: &[&str]) -> Result<Value, Failure> {
        self.ends(0, time, arguments)
    }
}

/// Columns of a shown command.
const WIDTH: usize = 80;

/// A command line as someone would type it, on as many lines as it takes.
pub(super) fn shown(arguments: &[&str]) -> String {
    let mut lines = vec!["    $ vouchsafe".to_owned()];
    for word in words(arguments) {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() + 3 <= WIDTH => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(format!("        {word}")),
        }
    }
    lines.join(" \\\n")
}

fn words(arguments: &[&str]) -> Vec<String> {
    let word = |word: &&str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@+,%".contains(c);
        if !word.is_empty() && word.chars().all(plain) { (*word).to_owned() } else { format!("'{word}'") }
    };
    arguments.iter().map(word).collect()
}
