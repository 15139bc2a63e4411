//! What the maker does in the story, by commands: brings in its product, makes releases, closes gaps.

use std::process::Command;

use serde_json::Value;

use super::company::Part;
use super::must;
use super::story::Play;
use crate::failure::Failure;
use crate::text::{count, plural};

/// Records whose signatures the rules ask for, as `check` names them; a few hundred at most.
const MAX_SIGNED: usize = 1_000;

/// Seconds of an hour.
const HOUR: u64 = 3_600;

/// The firmware image of a version.
fn image(version: &str) -> String {
    format!("simulated firmware {version}")
}

impl Play<'_, '_> {
    /// The product as it is when the log begins: its records, two firmware releases, the app, the service.
    pub(super) fn existing_product(&mut self) -> Result<(), Failure> {
        self.stage.step("A product with a history")?;
        let files = self.company.write(Part::Existing)?;
        self.stage.tell(&format!(
            "The product file of an infusion pump, {} in {}: an invented product with real components.",
            plural(files, "file", "files"),
            self.company.product.display()
        ))?;
        let signed = self.sign_what_lacks_approval()?;
        self.commit("Bring in the product file")?;
        let pushed = self.state("build-pipeline", &["push", "--repository", "infusion-pump"])?;
        let revised = pushed.pointer("/revised").and_then(Value::as_u64).unwrap_or_default();
        must(revised > 200, "the records are in the log")?;
        self.stage.tell(&format!(
            "{} are in the log with the links between them, {} approved by the quality manager with an SSH signature over \
             the text that `vouchsafe sign` shows.",
            plural(revised, "record", "records"),
            count(signed)
        ))?;
        self.stage.figure("records", revised);
        self.company.put("build/drug-library-3.bin", b"simulated configuration 3")?;
        for version in ["2.0.0", "2.1.0"] {
            self.release_firmware(version, None, &[])?;
        }
        for (item, version) in [("app", "1.6.2"), ("cloud", "3.4.0")] {
            let sbom = format!("sbom/{item}-{version}.cdx.json");
            self.state("build-pipeline", &["release", "make", version, "--item", item, "--sbom", &sbom])?;
        }
        self.system_release("2.1.0")?;
        let library = "configuration=@build/drug-library-3.bin";
        self.state("release-engineer", &["release", "reference-list", "drug-library", "--accept", library])?;
        let list = self.command(0, &["release", "list"])?;
        let systems = list.pointer("/systems").and_then(Value::as_array).map_or(0, Vec::len);
        must(
            list.pointer("/count").and_then(Value::as_u64) == Some(4) && systems == 1,
            "four releases are in the log, and what was verified together",
        )
    }

    /// Records that the rules want approved are signed by the quality manager; how many that were.
    fn sign_what_lacks_approval(&self) -> Result<u64, Failure> {
        let done = self.commands.run(self.now(), &["check", "--all", "--format", "json"])?;
        let report = done.json()?;
        let gaps = report.pointer("/gaps").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut ids: Vec<&str> = Vec::new();
        let lacks = |why: &str| why.contains("is not approved") || why.contains(" approved revision ");
        for gap in gaps.iter().filter(|gap| gap["why"].as_str().is_some_and(lacks)) {
            // The reason names who lacks it, which is not always the record that the gap is about.
            let named = gap["why"].as_str().and_then(|why| why.split(' ').next()).unwrap_or_default();
            if !ids.contains(&named) && ids.len() < MAX_SIGNED {
                ids.push(named);
            }
        }
        if ids.is_empty() {
            return Ok(0);
        }
        let key = self.company.key("quality-manager");
        let arguments = [&["sign"][..], &ids, &["--meaning", "approve", "--key", &key]].concat();
        self.commands.holds(self.now(), &arguments)?;
        Ok(ids.len() as u64)
    }

    /// Commits what is in the product's folder.
    fn commit(&self, message: &str) -> Result<(), Failure> {
        let time = self.now().to_string();
        let run = |arguments: &[&str]| {
            let mut git = Command::new("git");
            git.args(["-c", "user.name=Build pipeline", "-c", "user.email=pipeline@pumps.example"]);
            git.args(["-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"]).args(arguments);
            git.current_dir(&self.company.product)
                .env("GIT_CONFIG_GLOBAL", "/dev/null")
                .env("GIT_CONFIG_NOSYSTEM", "1");
            git.env("GIT_AUTHOR_DATE", &time).env("GIT_COMMITTER_DATE", &time);
            let doing = "keeping the product file in Git";
            let output = git.output().map_err(|e| {
                Failure::environment(doing, e).hint("the story commits the product file: install git")
            })?;
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            if output.status.success() { Ok(()) } else { Err(Failure::environment(doing, said)) }
        };
        if !self.company.product.join(".git").exists() {
            run(&["init", "-q"])?;
        }
        run(&["add", "-A"])?;
        run(&["commit", "-q", "-m", message])
    }

    /// One firmware release: image, what pumps measure, bill of materials, results.
    fn release_firmware(
        &mut self,
        version: &str,
        baseline: Option<&str>,
        anomalies: &[&str],
    ) -> Result<Value, Failure> {
        let name = format!("build/firmware-{version}.bin");
        self.company.put(&name, image(version).as_bytes())?;
        let sbom = format!("sbom/firmware-{version}.cdx.json");
        let measurement = format!("firmware=@{name}");
        let mut arguments = vec!["release", "make", version, "--item", "firmware", "--sbom", &sbom];
        arguments.extend(["--artefact", &name, "--measurement", &measurement]);
        if let Some(baseline) = baseline {
            arguments.extend(["--baseline", baseline]);
        }
        let results = self.results(version)?;
        let commit = self.tested_commit(&results)?;
        arguments.extend(["--commit", &commit]);
        if !anomalies.is_empty() {
            arguments.push("--anomaly");
            arguments.extend(anomalies);
        }
        arguments.push("--results");
        arguments.extend(results.iter().map(String::as_str));
        self.state("build-pipeline", &arguments)
    }

    /// The items that were verified together.
    fn system_release(&mut self, version: &str) -> Result<Value, Failure> {
        let firmware = format!("firmware={version}");
        let items = ["--item", &firmware, "app=1.6.2", "cloud=3.4.0"];
        self.state("release-engineer", &[&["release", "system", version][..], &items].concat())
    }

    /// The test reports of a version.
    fn results(&self, version: &str) -> Result<Vec<String>, Failure> {
        let folder = self.company.product.join("results").join(version);
        let read = std::fs::read_dir(&folder).map_err(|e| Failure::file("reading", &folder, &e))?;
        let mut names: Vec<String> = read
            .filter_map(Result::ok)
            .map(|file| format!("results/{version}/{}", file.file_name().to_string_lossy()))
            .collect();
        names.sort();
        Ok(names)
    }

    /// The commit of the software that test reports say was tested: the product file is in a repository of its own.
    fn tested_commit(&self, reports: &[String]) -> Result<String, Failure> {
        const PROPERTY: &str = "name=\"commit\" value=\"";
        let name = reports.first().map(String::as_str).unwrap_or_default();
        let path = self.company.product.join(name);
        let text = std::fs::read_to_string(&path).map_err(|e| Failure::file("reading", &path, &e))?;
        let commit = text.split_once(PROPERTY).and_then(|(_, rest)| rest.split('"').next());
        commit
            .map(str::to_owned)
            .ok_or_else(|| Failure::damaged("the demo", format!("{name} names no commit")))
    }

    /// The corrected firmware: gaps found, closed, signed, pushed, and only then released.
    pub(super) fn corrected_release(&mut self) -> Result<(), Failure> {
        self.company.write(Part::Next)?;
        self.sign_what_lacks_approval()?;
        let results = self.results("2.1.1")?;
        let results: Vec<&str> = results.iter().map(String::as_str).collect();
        let check = [&["check", "--results"][..], &results].concat();
        let found = self.command(1, &check)?;
        let failing = found.pointer("/failing").and_then(Value::as_u64).unwrap_or_default();
        must(failing == 5, "the five gaps that were left open are found")?;
        self.company.write(Part::Closing)?;
        // Closing them takes a while, and a record that is signed again is signed at another moment.
        self.advance(self.now().plus(HOUR))?;
        let accepted =
            ["accept", "TC-025", "TC-033", "TC-063", "REV-004", "RUN-008", "--by", "verification lead"];
        self.stage.say(&self.stage.ui.dim(&super::commands::shown(&accepted)))?;
        let done = self.commands.run(self.now(), &accepted)?;
        must(done.status == Some(0), "the links are accepted")?;
        self.sign_what_lacks_approval()?;
        self.command(0, &check)?;
        self.commit("Close the gaps before 2.1.1")?;
        let push = ["push", "--repository", "infusion-pump", "--baseline", "2.1.1", "--results"];
        self.state("build-pipeline", &[&push[..], &results].concat())?;
        self.release_firmware("2.1.1", Some("2.1.1"), &["PR-003"])?;
        self.system_release("2.1.1")?;
        let difference = self.command(0, &["release", "diff", "2.1.0", "2.1.1", "--item", "firmware"])?;
        must(difference.is_object(), "the two releases compare")?;
        self.stage.tell(&format!(
            "The product file of 2.1.1 had {failing} gaps: links that were missing, a review that left something out, a \
             requirement that had changed under its test. They were closed, what changed was signed, and 2.1.1 was \
             released from the baseline that the log holds.",
        ))?;
        self.stage.figure("gaps_found", failing);
        Ok(())
    }
}
