//! The SOUP of the project's own history is what its crates depend on: each direct dependency of what is delivered has a
//! row, at the version the lock file has. `VOUCHSAFE_BLESS=1` brings names, versions and uses up to date; what people say
//! of a dependency stays, and is missing for a new one until somebody says it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// For tests and measurements only.
const NOT_DELIVERED: [&str; 3] = ["bench", "testkit", "device-probe"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn toml(path: &Path) -> toml::Table {
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

/// Units by crate, from the records.
fn units() -> BTreeMap<String, String> {
    let tree = records::tree::load(&root().join("quality")).unwrap();
    let units = tree.set.records().filter(|(_, record)| record.kind() == "software-unit");
    units.map(|(_, record)| (record.title().to_owned(), record.id().to_owned())).collect()
}

/// Name and version of each direct dependency, with the crates that have it.
fn dependencies() -> BTreeMap<String, (String, Vec<String>)> {
    let lock = toml(&root().join("Cargo.lock"));
    let packages: Vec<&toml::Table> =
        lock["package"].as_array().unwrap().iter().map(|package| package.as_table().unwrap()).collect();
    let text = |table: &toml::Table, key: &str| table[key].as_str().unwrap().to_owned();
    let workspace = toml(&root().join("Cargo.toml"));
    let shared = workspace["workspace"]["dependencies"].as_table().unwrap();
    let mut found: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    for entry in std::fs::read_dir(root().join("crates")).unwrap().map(Result::unwrap) {
        let folder = entry.file_name().into_string().unwrap();
        let manifest = entry.path().join("Cargo.toml");
        if NOT_DELIVERED.contains(&&*folder) || !manifest.is_file() {
            continue;
        }
        let manifest = toml(&manifest);
        let name = manifest["package"]["name"].as_str().unwrap();
        let locked = packages.iter().find(|package| package["name"].as_str() == Some(name)).unwrap();
        let targets = manifest.get("target").and_then(toml::Value::as_table);
        let of_targets = targets.into_iter().flatten().map(|(_, target)| target.get("dependencies"));
        let tables = [manifest.get("dependencies"), manifest.get("build-dependencies")];
        for (key, spec) in tables.into_iter().chain(of_targets).flatten().flat_map(|t| t.as_table().unwrap())
        {
            let inherits = spec.get("workspace").is_some();
            let spec = if inherits { &shared[key] } else { spec };
            let package = spec.get("package").and_then(toml::Value::as_str).unwrap_or(key);
            if package.starts_with("vouchsafe-") {
                continue;
            }
            // The lock file adds the version where a name alone would not tell.
            let named = locked["dependencies"].as_array().unwrap().iter().map(|d| d.as_str().unwrap());
            let named = named.into_iter().find(|d| d.split(' ').next() == Some(package)).unwrap();
            let version = named.split(' ').nth(1).map(str::to_owned).unwrap_or_else(|| {
                let package = packages.iter().find(|p| p["name"].as_str() == Some(package)).unwrap();
                text(package, "version")
            });
            let slot = found.entry(package.to_owned()).or_insert_with(|| (version.clone(), Vec::new()));
            assert_eq!(slot.0, version, "{package} is there in two versions: give each a row");
            slot.1.push(folder.clone());
        }
    }
    found.values_mut().for_each(|(_, crates)| crates.sort_unstable());
    found
}

/// Rows of a simple CSV table with quotes (RFC 4180), as fields.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let row = rows.last_mut().unwrap();
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                row.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\n' if !quoted => rows.push(vec![String::new()]),
            other => row.last_mut().unwrap().push(other),
        }
    }
    rows.retain(|row| row.len() > 1);
    rows
}

fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[test]
fn each_direct_dependency_has_its_soup_record_at_the_locked_version() {
    let path = root().join("quality/soup.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut table = rows(&text);
    let header = table.remove(0);
    let at = |name: &str| header.iter().position(|column| column == name).unwrap();
    let units = units();
    let mut wanted = String::from(&header.iter().map(|name| cell(name)).collect::<Vec<_>>().join(","));
    wanted.push('\n');
    for (name, (version, crates)) in dependencies() {
        let mut row = table
            .iter()
            .find(|row| row[at("title")] == name)
            .cloned()
            .unwrap_or_else(|| vec![String::new(); header.len()]);
        row[at("id")] = format!("SOUP-{name}");
        row[at("kind")] = "soup".to_owned();
        row[at("title")].clone_from(&name);
        row[at("purl")] = format!("pkg:cargo/{name}@{version}").replace('+', "%2B");
        row[at("version")] = version;
        let used: Vec<&str> = crates.iter().filter_map(|of| units.get(of)).map(String::as_str).collect();
        row[at("links.used-in")] = used.join(";");
        wanted.push_str(&row.iter().map(|text| cell(text)).collect::<Vec<_>>().join(","));
        wanted.push('\n');
    }
    if std::env::var_os("VOUCHSAFE_BLESS").is_some() {
        std::fs::write(path, wanted).unwrap();
        return;
    }
    assert!(
        text == wanted,
        "quality/soup.csv is behind Cargo.lock: VOUCHSAFE_BLESS=1 cargo test -p vouchsafe-records --test it soup writes it anew; then say what is needed of what is new"
    );
}
