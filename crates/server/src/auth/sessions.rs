//! Open sessions: kept by the hash of their token, bounded in number, in idleness and in age. Lost when the server ends.

use std::collections::BTreeMap;

use evidence::{Hash, Time};

/// Seconds without a request after which a session ends.
pub const IDLE: u64 = 2 * 3_600;
/// Seconds after which a session ends in any case.
pub const LIFETIME: u64 = 12 * 3_600;
/// Most open sessions; of more, the one that was idle longest ends.
pub const MAX_SESSIONS: usize = 256;

/// Every open session.
#[derive(Debug, Default)]
pub struct Sessions {
    by_token: BTreeMap<Hash, Session>,
}

#[derive(Clone, Copy, Debug)]
struct Session {
    opened: Time,
    used: Time,
}

impl Session {
    fn open_at(&self, now: Time) -> bool {
        now >= self.opened && now.since(self.used) < IDLE && now.since(self.opened) < LIFETIME
    }
}

impl Sessions {
    /// Opens a session under a token that nobody can guess.
    pub fn open(&mut self, token: &[u8; 32], now: Time) {
        self.by_token.retain(|_, s| s.open_at(now));
        while self.by_token.len() >= MAX_SESSIONS {
            let Some(idle) = self.by_token.iter().min_by_key(|(_, s)| s.used).map(|(t, _)| *t) else { break };
            self.by_token.remove(&idle);
        }
        self.by_token.insert(Hash::of(token), Session { opened: now, used: now });
    }

    /// Whether the session is open; counts as use of it.
    pub fn touch(&mut self, token: &[u8; 32], now: Time) -> bool {
        // Found by the token's hash: timing tells about hashes, which do not help to guess a token.
        let hash = Hash::of(token);
        let Some(session) = self.by_token.get_mut(&hash) else { return false };
        if !session.open_at(now) {
            self.by_token.remove(&hash);
            return false;
        }
        session.used = session.used.max(now);
        true
    }

    /// Ends a session.
    pub fn close(&mut self, token: &[u8; 32]) {
        self.by_token.remove(&Hash::of(token));
    }
}

#[cfg(test)]
mod tests {
    //! Idleness, age and number.
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::from_seconds(1_000_000 + seconds).expect("a time")
    }

    #[test]
    fn sessions_end_by_idleness_and_by_age() {
        let mut s = Sessions::default();
        s.open(&[1; 32], at(0));
        assert!(s.touch(&[1; 32], at(IDLE - 1)));
        assert!(!s.touch(&[1; 32], at(2 * IDLE)), "idle");
        s.open(&[2; 32], at(0));
        let uses = (0..LIFETIME).step_by(3_600);
        assert!(uses.clone().all(|t| s.touch(&[2; 32], at(t))), "{uses:?}");
        assert!(!s.touch(&[2; 32], at(LIFETIME)), "old");
        s.open(&[3; 32], at(0));
        s.close(&[3; 32]);
        assert!(!s.touch(&[3; 32], at(1)), "closed");
    }

    #[test]
    fn the_longest_idle_gives_way() {
        let mut s = Sessions::default();
        for n in 0..=255u8 {
            s.open(&[n; 32], at(u64::from(n)));
        }
        let mut other = [0; 32];
        other[31] = 1;
        s.open(&other, at(300));
        assert!(!s.touch(&[0; 32], at(300)) && s.touch(&[1; 32], at(300)) && s.touch(&other, at(300)));
    }
}
