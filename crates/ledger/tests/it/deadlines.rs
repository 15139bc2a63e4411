//! Log time moves on by itself, so that what falls due falls due: also while somebody sends what moves no clock.

use std::time::Duration;

use evidence::facts::fleet::ReportingSet;
use ledger::Options;
use testkit::Fixture;

use crate::verdicts::House;

fn house() -> House {
    let f = Fixture::new();
    let (log, guard) = (f.log.clone(), f.guard.clone());
    drop(f);
    let options = Options { idle_tick: Duration::from_secs(1), ..Options::default() };
    House::on(Fixture::open(log, guard, options).expect("opens"))
}

fn now(house: &House) -> u64 {
    house.f.ledger.read().now().seconds() - testkit::START
}

#[test]
fn a_silence_is_a_finding_soon_after_its_deadline_and_not_before() {
    let mut house = house();
    let entry = house.station.state(ReportingSet { model: None, interval: 1_000, deadline: 5_000 });
    house.take(entry);
    house.attest(1);
    let silent = |house: &House| {
        let reading = house.f.ledger.read();
        reading.fleet_at(reading.now(), reading.size).silences().values().flatten().count()
    };
    house.f.at(5_000);
    let reached = |house: &House, time: u64| {
        // A second or two; a minute is far too long.
        for _ in 0..600 {
            if now(house) >= time {
                return true;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        false
    };
    assert!(reached(&house, 5_000));
    assert_eq!(silent(&house), 0, "to the second");
    house.f.at(5_001);
    assert!(reached(&house, 5_001), "nobody speaks, and log time moves on");
    assert_eq!(silent(&house), 1);
}

#[test]
fn what_does_not_verify_does_not_stop_log_time() {
    let house = house();
    house.f.at(100);
    let began = now(&house);
    assert!(began < 100);
    for _ in 0..40 {
        assert!(house.f.submit(vec![0xff].into()).is_err());
        if now(&house) == 100 {
            return;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    panic!("eight seconds of noise, and log time stands at {began}");
}
