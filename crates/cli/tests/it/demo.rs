//! The demo with a few devices, to its end.

use crate::kit::House;

#[test]
fn the_demo_ends_well_and_leaves_an_ordinary_directory() {
    let house = House::new();
    let figures = house.json(&["demo", "--once", "--devices", "30", "--data", "demo"]);
    assert_eq!(figures["devices"], 30);
    assert_eq!(figures["attested"], 30 * 16 + 1);
    assert_eq!(figures["gaps_found"], 5);
    let number = |name: &str| figures[name].as_u64().expect("a figure");
    assert!(
        number("affected_now") > 0 && number("affected_now") < number("affected_before_update"),
        "{figures}"
    );
    assert!(number("records") > 200 && number("figures") > 30, "{figures}");
    let shown =
        ["release", "show", "2.1.1", "--item", "firmware", "--product", "9506000IP2PUMPPY", "--data", "demo"];
    let release = house.json(&shown).to_string();
    assert!(
        release.contains("f5bea786533adde2bb463dc27e8a2aef420a19d4") && release.contains("PR-003"),
        "{release}"
    );
    house.ends(0, &["verify", "demo-demo/evidence.zip", "--policy", "demo-demo/trust.policy"]);
    house.ends(0, &["log", "verify", "--data", "demo", "--policy", "demo-demo/trust.policy"]);
    let kept = figures["clone_entry"].to_string();
    assert!(house.ends(0, &["log", "show", &kept, "--data", "demo"]).contains("Equivocated"));
    house.ends(0, &["log", "prove", &kept, "--data", "demo"]);
    house.ends(2, &["demo", "--once", "--devices", "30", "--data", "demo"]);
}

#[cfg(unix)]
#[test]
fn an_interrupted_demo_leaves_a_directory_that_opens() {
    use std::process::Stdio;
    use std::time::Duration;

    let house = House::new();
    let mut command = house.command(&["demo", "--once", "--devices", "30", "--data", "demo"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
    // Into the story, past the first entries: when the product's folder is there.
    for _ in 0..600 {
        if house.path("demo-demo/infusion-pump/.git").exists() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().expect("kill").success());
    assert_eq!(child.wait().expect("ends").code(), Some(130));
    house.ends(0, &["log", "verify", "--data", "demo", "--policy", "demo/log.policy"]);
    house.ends(0, &["fleet", "count", "--data", "demo"]);
    // Its log time stands months back: whoever goes on with it says so.
    house.ends(3, &["log", "seal", "--data", "demo"]);
    let advance = ["log", "advance-clock", "--until", "2100-01-01T00:00:00Z", "--data", "demo"];
    house.ends(0, &[&advance[..], &["--key", "demo-demo/keys/administrator"]].concat());
    house.ends(0, &["log", "seal", "--data", "demo"]);
}
