//! What the maker does in the story, by commands: brings in its product, makes releases.

use serde_json::Value;

use super::must;
use super::story::Play;
use crate::failure::Failure;
use crate::text::plural;

/// The firmware images of the story, and the drug library that hospitals load.
fn image(version: &str) -> String {
    format!("simulated firmware {version}")
}

impl Play<'_, '_> {
    /// The product as it is when the log begins: its records, two firmware releases, the app, the service.
    pub(super) fn existing_product(&mut self) -> Result<(), Failure> {
        self.stage.step("A product with a history")?;
        let files = self.company.write(false)?;
        self.stage.tell(&format!(
            "The product file of an infusion pump, {} in {}: an invented product with real components.",
            plural(files, "file", "files"),
            self.company.product.display()
        ))?;
        self.company.put("build/drug-library-3.bin", b"simulated configuration 3")?;
        for version in ["2.0.0", "2.1.0"] {
            self.release_firmware(version)?;
        }
        for (item, version) in [("app", "1.6.2"), ("cloud", "3.4.0")] {
            let sbom = format!("sbom/{item}-{version}.cdx.json");
            self.state("build-pipeline", &["release", "make", version, "--item", item, "--sbom", &sbom])?;
        }
        self.state(
            "release-engineer",
            &[
                "release",
                "reference-list",
                "drug-library",
                "--accept",
                "configuration=@build/drug-library-3.bin",
            ],
        )?;
        let list = self.command(0, &["release", "list"])?;
        let count = list.pointer("/count").and_then(Value::as_u64);
        must(count == Some(4), "four releases are in the log")
    }

    /// One firmware release: image, what pumps measure, bill of materials, results.
    pub(super) fn release_firmware(&mut self, version: &str) -> Result<Value, Failure> {
        let name = format!("build/firmware-{version}.bin");
        self.company.put(&name, image(version).as_bytes())?;
        let sbom = format!("sbom/firmware-{version}.cdx.json");
        let measurement = format!("firmware=@{name}");
        let mut arguments = vec![
            "release",
            "make",
            version,
            "--item",
            "firmware",
            "--sbom",
            &sbom,
            "--artefact",
            &name,
            "--measurement",
            &measurement,
            "--results",
        ];
        let results = self.results(version)?;
        arguments.extend(results.iter().map(String::as_str));
        self.state("build-pipeline", &arguments)
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
}
