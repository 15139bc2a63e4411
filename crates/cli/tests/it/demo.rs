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
    house.ends(0, &["verify", "demo-demo/evidence.zip", "--policy", "demo-demo/trust.policy"]);
    house.ends(0, &["log", "verify", "--data", "demo", "--policy", "demo-demo/trust.policy"]);
    let kept = figures["clone_entry"].to_string();
    assert!(house.ends(0, &["log", "show", &kept, "--data", "demo"]).contains("Equivocated"));
    house.ends(0, &["log", "prove", &kept, "--data", "demo"]);
    house.ends(2, &["demo", "--once", "--devices", "30", "--data", "demo"]);
}
