//! Debian order against dpkg itself, on random pairs.

use std::cmp::Ordering;
use std::process::Command;

use formats::version::{Scheme, compare};

const PAIRS: usize = 300;

/// A small generator of our own, so that a failure names a pair that comes back.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(bound).unwrap()).unwrap()
    }

    fn version(&mut self) -> String {
        let pieces =
            ["0", "1", "00", "10", "a", "b", "Z", "+", "~", "~~", ".", "-", "rc", "dfsg", "~bpo", "9"];
        let epoch = ["", "", "", "0:", "1:", "01:"][self.below(6)];
        let mut version = format!("{epoch}{}", self.below(3));
        for _ in 0..self.below(6) {
            version.push_str(pieces[self.below(pieces.len())]);
        }
        while version.ends_with('-') {
            version.pop();
        }
        version
    }
}

fn dpkg(a: &str, op: &str, b: &str) -> bool {
    Command::new("dpkg").args(["--compare-versions", a, op, b]).status().unwrap().success()
}

#[test]
fn debian_versions_order_as_in_dpkg() {
    if Command::new("dpkg").arg("--version").output().is_err() {
        println!("SKIPPED: dpkg is not installed");
        return;
    }
    let mut random = Random(20_250_825);
    let (mut seen, mut last) = ([0_usize; 3], "1".to_owned());
    for _ in 0..PAIRS {
        // Half the pairs differ by one mutation only, where the order is most easily wrong.
        let a = random.version();
        let b = if random.below(2) == 0 {
            random.version()
        } else {
            format!("{a}{}", ["~", "0", "a", "+", ".1"][random.below(5)])
        };
        for (a, b) in [(&a, &b), (&last, &a)] {
            let expected = match (dpkg(a, "lt", b), dpkg(a, "eq", b)) {
                (true, _) => Ordering::Less,
                (_, true) => Ordering::Equal,
                _ => Ordering::Greater,
            };
            assert_eq!(compare(Scheme::Debian, a, b), Ok(expected), "{a} {b}");
            seen[usize::from(expected.is_ge()) + usize::from(expected.is_gt())] += 1;
        }
        last = a;
    }
    assert!(seen.iter().all(|count| *count > 5), "one-sided pairs: {seen:?}");
}
