//! Two sources that are no PUF, each refused for what is wrong with it.

use puf::report::{Chip, Demand, Refusal, qualify};
use puf::{Context, Depth, Error, Fault, Layout, Profile, enrol, health, reconstruct};

use crate::data;

fn profile(bytes: u32) -> Profile {
    Profile::new(8, 23, 2, Layout::spread(bytes * 8, 510, 5).unwrap(), 900).unwrap()
}

#[test]
fn periodic_memory_is_refused_although_its_distances_look_healthy() {
    let Some(dir) = data::sram() else { return };
    let mut chips = Vec::new();
    for name in ["A", "G"] {
        let reads = data::reads(&dir.join("23LC1024-trap").join(name));
        for read in &reads {
            for depth in [Depth::Quick, Depth::Full] {
                let error = health(0, &read.bytes, depth).unwrap_err();
                let Error::Unhealthy { fault: Fault::Periodic { period, permille }, .. } = error else {
                    panic!("{name} {}: {error}", read.label);
                };
                assert!(period % 31 == 0 && permille > 950, "{period} {permille}");
            }
        }
        let slices: Vec<&[u8]> = reads.iter().skip(1).map(|r| r.bytes.as_slice()).collect();
        let error = enrol(&slices, &profile(16384), &Context::new(b"x", 1).unwrap()).unwrap_err();
        assert!(matches!(error, Error::Unhealthy { fault: Fault::Periodic { .. }, .. }), "{error}");
        chips.push(Chip::evenly(name.to_owned(), reads));
    }
    let q = qualify(&chips, Demand::STANDARD);
    assert!(!q.accepted() && q.choice.is_none());
    let periodic = |r: &Refusal| {
        matches!(r, Refusal::Reads { error: Error::Unhealthy { fault: Fault::Periodic { .. }, .. }, .. })
    };
    assert_eq!(q.refusals.iter().filter(|r| periodic(r)).count(), 2);
    println!("{}", q.text());
    assert!(
        q.text().contains("REFUSED") && q.text().contains("chip A, read00") && q.text().contains("periodic")
    );
}

#[test]
fn filled_memory_is_refused() {
    let Some(dir) = data::sram() else { return };
    let mut chips = Vec::new();
    for name in ["191017A", "201017I"] {
        let reads = data::reads(&dir.join("23K256-trap").join(name));
        for read in &reads {
            let error = health(0, &read.bytes, Depth::Quick).unwrap_err();
            assert!(
                matches!(error, Error::Unhealthy { fault: Fault::ConstantFill { .. }, .. }),
                "{name} {}: {error}",
                read.label
            );
        }
        let nine: Vec<&[u8]> = reads.iter().map(|r| r.bytes.as_slice()).cycle().take(9).collect();
        let error = enrol(&nine, &profile(32768), &Context::new(b"x", 1).unwrap()).unwrap_err();
        assert!(matches!(error, Error::Unhealthy { fault: Fault::ConstantFill { .. }, .. }), "{error}");
        chips.push(Chip::evenly(name.to_owned(), reads));
    }
    let q = qualify(&chips, Demand::STANDARD);
    assert!(!q.accepted());
    let filled = |r: &Refusal| {
        matches!(r, Refusal::Reads { error: Error::Unhealthy { fault: Fault::ConstantFill { .. }, .. }, .. })
    };
    assert_eq!(q.refusals.iter().filter(|r| filled(r)).count(), 2);
}

/// A device whose memory was written before the read must not derive anything from it.
#[test]
fn filled_memory_is_refused_at_reconstruction_too() {
    let Some(dir) = data::sram() else { return };
    let chip = &data::genuine(&dir)[0];
    let context = Context::new(b"A", 1).unwrap();
    let reads: Vec<&[u8]> = chip.enrol.iter().map(|i| chip.reads[*i].bytes.as_slice()).collect();
    let (helper, _) = enrol(&reads, &profile(32768), &context).unwrap();
    let trap = &data::reads(&dir.join("23K256-trap/191017A"))[0];
    assert!(matches!(
        reconstruct(&trap.bytes, &helper, &context).unwrap_err(),
        Error::Unhealthy { fault: Fault::ConstantFill { .. }, .. }
    ));
}
