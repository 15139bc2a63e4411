//! Comparing versions and asking a range allocate nothing: fleets are matched by the million.

use formats::vers::Vers;
use formats::version::{Scheme, compare};

#[test]
fn comparing_and_containing_do_not_allocate() {
    let pairs = [
        (Scheme::Semver, "1.2.3-rc.1+build.5", "1.2.3-rc.2"),
        (Scheme::Npm, "v1.2.3", "1.2.3-beta.11"),
        (Scheme::Cargo, "1.0.219", "1.0.22"),
        (Scheme::Golang, "v0.0.0-20200220183623-bac4c82f6975", "v0.0.0-20210220183623-bac4c82f6975"),
        (Scheme::Pypi, "1!2.0rc1.post3.dev4+local.5", "1!2.0rc1.post3.dev4+local.6"),
        (Scheme::Debian, "1:2.7.4+reloaded2-13ubuntu1~", "1:2.7.4+reloaded2-13+deb9u1"),
        (Scheme::Rpm, "0:3.10.0-229.1.2.ael7b", "0:3.10.0-229.4.2.ael7b"),
        (Scheme::Alpine, "0.12.3_p2-r1", "0.12.3_p10-r0"),
        (Scheme::Openssl, "1.0.2zc", "1.0.2zd"),
        (Scheme::Generic, "V10.4.3-rc1", "10.4.3"),
        (Scheme::Datetime, "2024-01-01T00:00:00Z", "2023-12-31T19:00:00-05:00"),
        (Scheme::Lexicographic, "a", "b"),
    ];
    let range = Vers::read("vers:deb/>=1.0|<1.5-2|>=2.0~rc1|<2:3.0").unwrap();
    let mut orders = [None; 12];
    let counted = allocation_counter::measure(|| {
        for (slot, (scheme, a, b)) in orders.iter_mut().zip(pairs) {
            *slot = compare(scheme, a, b).ok();
        }
        assert!(range.contains("1:2.4-1") == Ok(true));
    });
    assert!(orders.iter().all(Option::is_some), "{orders:?}");
    assert_eq!(counted.count_total, 0);
}
