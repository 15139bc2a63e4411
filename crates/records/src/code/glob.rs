//! Path patterns: `*` and `?` within a name, `**` over folders; a plain path stands for itself and all below it.

/// A pattern over paths relative to the code's root, with `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    segments: Vec<String>,
    plain: bool,
}

impl Glob {
    /// Reads a pattern. Every text is one; `./` in front and `/` behind say nothing.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let pattern = pattern.trim().trim_start_matches("./").trim_matches('/');
        let segments: Vec<String> =
            pattern.split('/').filter(|s| !s.is_empty() && *s != ".").map(str::to_owned).collect();
        let plain = !pattern.contains(['*', '?']);
        Self { segments, plain }
    }

    /// Whether it names the path, or a folder above it. O(pattern × path).
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').collect();
        if self.plain {
            return self.segments.len() <= names.len()
                && self.segments.iter().zip(&names).all(|(segment, name)| segment == name);
        }
        self.reach(&names).last() == Some(&true)
    }

    /// Whether something below the folder could match.
    #[must_use]
    pub fn may_hold(&self, folder: &str) -> bool {
        if folder.is_empty() {
            return true;
        }
        let names: Vec<&str> = folder.split('/').collect();
        for (at, segment) in self.segments.iter().enumerate() {
            if segment == "**" {
                return true;
            }
            let Some(name) = names.get(at) else { return true };
            if !fits(segment, name) {
                return false;
            }
        }
        // A plain folder holds everything below it; a pattern with a name at its end holds nothing below that.
        self.plain
    }

    /// How exact it is: number of names, then letters. Of several units the most exact one has a file.
    #[must_use]
    pub fn weight(&self) -> (usize, usize) {
        let names = self.segments.iter().filter(|segment| *segment != "**").count();
        (names, self.segments.iter().map(String::len).sum())
    }

    /// After the whole pattern: which numbers of names it can have used up.
    fn reach(&self, names: &[&str]) -> Vec<bool> {
        let mut used = vec![false; names.len() + 1];
        if let Some(first) = used.first_mut() {
            *first = true;
        }
        for segment in &self.segments {
            let mut next = vec![false; names.len() + 1];
            let mut open = false;
            for at in 0..=names.len() {
                let here = used.get(at).copied().unwrap_or(false);
                if segment == "**" {
                    open |= here;
                    if let Some(slot) = next.get_mut(at) {
                        *slot = open;
                    }
                } else if here
                    && names.get(at).is_some_and(|name| fits(segment, name))
                    && let Some(slot) = next.get_mut(at + 1)
                {
                    *slot = true;
                }
            }
            used = next;
        }
        used
    }
}

/// Whether a name fits a segment with `*` and `?`. O(segment × name) at worst, without recursion.
fn fits(segment: &str, name: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (segment.chars().collect(), name.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                (p, t) = (at + 1, from + 1);
            }
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn patterns() {
        for (pattern, path, wanted) in [
            ("src/**/*.rs", "src/a.rs", true),
            ("src/**/*.rs", "src/a/b/c.rs", true),
            ("src/**/*.rs", "src/a/b/c.c", false),
            ("src/**/*.rs", "lib/src/a.rs", false),
            ("**/test_*.py", "a/b/test_x.py", true),
            ("**/test_*.py", "test_.py", true),
            ("crates/*/src/**", "crates/a/src/b/c.rs", true),
            ("crates/*/src/**", "crates/a/b/src/c.rs", false),
            ("firmware/flow/", "firmware/flow/a.c", true),
            ("./firmware/flow", "firmware/flow", true),
            ("firmware/flow", "firmware/flow2/a.c", false),
            ("a?c*e", "abcde", true),
            ("a?c*e", "abcdf", false),
            ("*.c", "a/b.c", false),
            ("**", "a/b.c", true),
        ] {
            assert_eq!(Glob::new(pattern).matches(path), wanted, "{pattern} {path}");
        }
    }

    #[test]
    fn folders_that_cannot_hold_a_match_are_not_walked() {
        let glob = Glob::new("crates/*/src/**/*.rs");
        assert!(glob.may_hold("crates") && glob.may_hold("crates/a") && glob.may_hold("crates/a/src/x"));
        assert!(!glob.may_hold("target") && !glob.may_hold("crates/a/tests"));
        assert!(Glob::new("src").may_hold("src/deep") && !Glob::new("src/*.c").may_hold("src/deep"));
        assert!(Glob::new("src/a").weight() > Glob::new("src").weight());
        assert!(Glob::new("src/*/a.c").weight() > Glob::new("src/**").weight());
    }

    #[test]
    fn a_pattern_of_stars_does_not_blow_up() {
        let pattern = "a*".repeat(40) + "b";
        assert!(!Glob::new(&pattern).matches(&"a".repeat(2_000)));
    }
}
