//! Writes packages of a small log into a directory, for verifiers in other languages: `package_fixture DIR`.
#![expect(clippy::expect_used, reason = "a fixture for tests")]

#[path = "../tests/it/story.rs"]
mod story;

use story::{SERIALS, Story, other_policy};

fn main() {
    let directory = std::path::PathBuf::from(std::env::args_os().nth(1).expect("package_fixture DIR"));
    let story = Story::tell();
    let write = |name: &str, bytes: &[u8]| std::fs::write(directory.join(name), bytes).expect("written");
    let device = format!("device:{}", SERIALS[0]);
    for (name, scope, known) in [
        ("all", "all", None),
        ("early", "all", Some(story.early)),
        ("release", "release:1.1.0", None),
        ("device", device.as_str(), None),
        ("asset", "device:A-77", None),
        ("period", Story::period().as_str(), None),
    ] {
        let (bytes, _) = story.package(scope, known, matches!(name, "device" | "release"));
        write(&format!("{name}.zip"), &bytes);
    }
    write("trust.policy", story.policy().as_bytes());
    write("other.policy", other_policy().as_bytes());
}
