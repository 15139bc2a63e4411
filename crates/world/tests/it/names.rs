//! Devices found by what they are called: as looking at every device finds them, at any moment, restored from states too.

use evidence::facts::fleet::{DeviceAttached, DeviceDeclared, DeviceEnrolled};
use evidence::types::Bytes;
use world::fleet::{Filter, Subject};

use crate::story::{Story, device, enrolment, t};

/// Enrolled and declared devices with all kinds of names.
fn story() -> Story {
    let mut story = Story::new();
    let named = |n: u64, udi: Option<&str>, serial: Option<&str>| DeviceEnrolled {
        udi: udi.map(Into::into),
        serial: serial.map(Into::into),
        possession: Bytes(Vec::new()),
        ..enrolment(n)
    };
    let all = [
        (Some("(01)04012345004007(21)SP000001"), Some("SP000001")),
        (Some("(01)04012345004007(17)271110(21)SP-000002"), None),
        (Some("]d201040123450040071727110010L1\u{1d}21SP000003"), Some("other 3")),
        (Some("(01)04012345004007(10)LOT7"), None),
        (Some("(01)04012345004007(10)LOT7"), Some("sp 000004")),
        (None, Some("2024-PUMP-FRANKFURT-000005")),
        (None, Some("2024-PUMP-FRANKFURT-000006")),
        (Some("https://id.gs1.org/01/04012345004007/21/SP000007"), None),
        (Some("=/A9999XYZ100T0944=,000025"), None),
        (None, Some("Größe 9")),
        (None, Some("###")),
        (None, None),
    ];
    for (n, (udi, serial)) in (1..).zip(all) {
        story.say(named(n, udi, serial));
    }
    for (asset, serial) in [("E-1", Some("SP000001")), ("E-2", None), ("EQ/2024/00003", Some("X"))] {
        story.say(DeviceDeclared {
            asset: asset.into(),
            udi: None,
            serial: serial.map(Into::into),
            model: None,
            software: Vec::new(),
            site: None,
            owner: None,
            custody: None,
            since: None,
            import: None,
        });
    }
    story.say(DeviceAttached { device: device(12), asset: "EQ/2024/00003".into(), by: "test".into() });
    story
}

fn called(story: &Story, known: u64, text: &str, whole: bool) -> Option<Vec<Subject>> {
    let mut found = story.world.fleet_at(t(0), known).called(text, whole, 100)?;
    found.sort();
    Some(found)
}

fn numbers(story: &Story, text: &str, whole: bool) -> Vec<u64> {
    let found = called(story, u64::MAX, text, whole).expect("in the index");
    let number = |s: &Subject| (1..=12).find(|n| *s == Subject::Device(device(*n)));
    found.iter().filter_map(number).collect()
}

#[test]
fn names_are_found_whole_and_by_their_beginning() {
    let story = story();
    let is = |text: &str, want: &[u64]| assert_eq!(numbers(&story, text, true), want, "{text}");
    is("SP000001", &[1]);
    is("sp-000001", &[1]);
    is("SP000002", &[2]);
    is("SP000003", &[3]);
    is("other3", &[3]);
    is("(01)04012345004007(21)SP000001", &[1]);
    // The same instance, scanned otherwise.
    is("010401234500400721SP000001", &[1]);
    is("(01)04012345004007(10)LOT7", &[4, 5]);
    is("SP000007", &[8]);
    is("000025", &[9]);
    is("2024-PUMP-FRANKFURT-000006", &[7]);
    is("2024-PUMP-FRANKFURT-00000", &[]);
    is("Größe 9", &[10]);
    let begins = |text: &str, want: &[u64]| assert_eq!(numbers(&story, text, false), want, "{text}");
    begins("SP0000", &[1, 2, 3, 5, 8]);
    begins("2024pump", &[6, 7]);
    begins("2024-PUMP-FRANKFURT-00000", &[6, 7]);
    begins("2024-PUMP-MUNICH", &[]);
    begins("(01)04012345004007(21)SP0000", &[1]);
    assert_eq!(called(&story, u64::MAX, "###", true), None, "nothing in it can be looked up");
    let assets = called(&story, u64::MAX, "e", false).expect("in the index");
    assert_eq!(assets.len(), 3);
    assert_eq!(called(&story, u64::MAX, "eq202400003", true).map(|all| all.len()), Some(1));
}

#[test]
fn nothing_is_found_before_it_was_known() {
    let story = story();
    // The tick, then the first two enrolments.
    assert_eq!(called(&story, 2, "SP0000", false).map(|all| all.len()), Some(1));
    assert_eq!(called(&story, 1, "SP0000", false).map(|all| all.len()), Some(0));
    let view = story.world.fleet_at(t(0), u64::MAX);
    assert_eq!(view.called("SP0000", false, 2).map(|all| all.len()), Some(2), "as many as were asked for");
}

#[test]
fn conditions_that_name_a_device_hold_for_those_that_looking_at_all_finds() {
    let mut story = story();
    let states = story.sealed();
    let restored = Story::restored(&states, story.world.size());
    for world in [&story.world, &restored.world] {
        let view = world.fleet_at(t(0), world.size());
        let all = view.list(&Filter::all(), None, usize::MAX, usize::MAX).devices;
        let mut values: Vec<(&str, String)> = Vec::new();
        for state in &all {
            values.extend(state.serial.clone().map(|v| ("serial", v)));
            values.extend(state.udi.clone().map(|v| ("udi", v)));
            values.extend(state.asset.clone().map(|v| ("asset", v)));
            values.extend(state.device.map(|v| ("device", v.to_string())));
        }
        values.extend([("serial", "nobody".into()), ("device", "nobody".into()), ("asset", "nobody".into())]);
        assert!(values.len() > 30);
        for (field, value) in values {
            let condition = format!("{field} = \"{value}\"");
            // Twice: by the index, and as one of two that may hold, for which every device is looked at.
            let named = Filter::parse(&condition).expect("a condition");
            let beside = Filter::parse(&format!("model ~ p and {condition}")).expect("a condition");
            let any = Filter::parse(&format!("{condition} or {condition}")).expect("a condition");
            let ids = |filter: &Filter| {
                let list = view.list(filter, None, usize::MAX, usize::MAX).devices;
                list.iter().map(world::fleet::DeviceState::subject).collect::<Vec<_>>()
            };
            assert_eq!(ids(&named), ids(&any), "{condition}");
            assert_eq!(view.count(&named).count, ids(&any).len() as u64, "{condition}");
            assert!(ids(&beside).iter().all(|id| ids(&any).contains(id)), "{condition}");
            // Page by page too.
            let (mut paged, mut after) = (Vec::new(), None);
            loop {
                let page = view.list(&named, after.as_ref(), 1, 1);
                paged.extend(page.devices.iter().map(world::fleet::DeviceState::subject));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(paged, ids(&any), "{condition}");
        }
        let attached = Filter::parse("serial = X").expect("a condition");
        let one = view.list(&attached, None, 9, 9).devices;
        assert_eq!(one.first().and_then(|d| d.device), Some(device(12)), "it bears the names of what it is");
    }
}
