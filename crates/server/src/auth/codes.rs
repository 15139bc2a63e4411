//! One-use sign-in codes: 128 random bits in Crockford's base 32, valid ten minutes, kept as SHA-256 alone.
//!
//! Server and command line make codes on the same data: each code is a file named by its hash in one directory, and
//! whoever removes the file has redeemed the code. Not here: sessions, and how often one may try.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use evidence::{Hash, Time};
use subtle::ConstantTimeEq;

use super::Random;

/// Seconds for which a code can be redeemed.
pub const CODE_LIFETIME: u64 = 600;
/// Most codes that wait to be redeemed; of more, the one that ends first goes.
pub const MAX_CODES: usize = 16;
/// Digits of a code: 128 bits at five a digit.
const DIGITS: usize = 26;
/// Digits before each hyphen.
const GROUP: usize = 5;
/// Crockford's base 32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Codes that wait to be redeemed.
pub struct OneUseCodes {
    store: Store,
    random: Random,
}

enum Store {
    Memory(Mutex<BTreeMap<Hash, Time>>),
    Directory(PathBuf),
}

impl OneUseCodes {
    /// Codes of this process alone.
    #[must_use]
    pub fn in_memory(random: Random) -> Self {
        Self { store: Store::Memory(Mutex::default()), random }
    }

    /// Codes shared by every process that may use the directory; it is made where it is missing, readable by its owner.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn in_directory(path: &Path, random: Random) -> io::Result<Self> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)?;
        Ok(Self { store: Store::Directory(path.to_owned()), random })
    }

    /// Makes a code that can be redeemed once within [`CODE_LIFETIME`]. Only its hash is kept: show it now or never, and
    /// on a terminal only.
    ///
    /// # Errors
    /// Randomness or the store fails.
    pub fn issue(&self, now: Time) -> io::Result<String> {
        let mut secret = [0; 16];
        (self.random)(&mut secret)?;
        let mut waiting = self.store.waiting()?;
        waiting.retain(|(hash, until)| *until > now || self.store.remove(hash).is_err());
        waiting.sort_by_key(|(_, until)| *until);
        let surplus = (waiting.len() + 1).saturating_sub(MAX_CODES);
        for (hash, _) in waiting.iter().take(surplus) {
            self.store.remove(hash)?;
        }
        self.store.insert(&Hash::of(&secret), now.plus(CODE_LIFETIME))?;
        Ok(spell(u128::from_be_bytes(secret)))
    }

    /// Whether `code` was valid; if so it no longer is. Case, hyphens and spaces do not matter.
    ///
    /// # Errors
    /// The store fails.
    pub fn redeem(&self, code: &str, now: Time) -> io::Result<bool> {
        let Some(secret) = read(code) else { return Ok(false) };
        let tried = Hash::of(&secret.to_be_bytes());
        let mut found = None;
        for (hash, until) in self.store.waiting()? {
            // Every candidate is compared to its end, so that time says nothing about how near a guess is.
            if bool::from(hash.0.ct_eq(&tried.0)) {
                found = Some((hash, until));
            }
        }
        match found {
            Some((hash, until)) => Ok(self.store.remove(&hash)? && now < until),
            None => Ok(false),
        }
    }
}

impl Store {
    fn memory(map: &Mutex<BTreeMap<Hash, Time>>) -> MutexGuard<'_, BTreeMap<Hash, Time>> {
        map.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> io::Result<Vec<(Hash, Time)>> {
        let directory = match self {
            Self::Memory(map) => return Ok(Self::memory(map).iter().map(|(h, t)| (*h, *t)).collect()),
            Self::Directory(path) => path,
        };
        let mut out = Vec::new();
        // Bounded: a directory with foreign files in it must not cost more with each attempt.
        for file in std::fs::read_dir(directory)?.take(4 * MAX_CODES) {
            let name = file?.file_name();
            let Some(hash) = name.to_str().and_then(|n| Hash::from_hex(n).ok()) else { continue };
            match std::fs::read_to_string(directory.join(&name)) {
                // Half a file, from a process that ended while it wrote, ends at once.
                Ok(text) => out.push((hash, text.trim().parse().unwrap_or(Time::EPOCH))),
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(e),
            }
        }
        Ok(out)
    }

    fn insert(&self, hash: &Hash, until: Time) -> io::Result<()> {
        match self {
            Self::Memory(map) => {
                Self::memory(map).insert(*hash, until);
                Ok(())
            }
            Self::Directory(path) => {
                let mut options = std::fs::OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let mut file = options.open(path.join(hash.to_string()))?;
                io::Write::write_all(&mut file, until.to_string().as_bytes())
            }
        }
    }

    /// Removes a code, and says whether it was this call that did.
    fn remove(&self, hash: &Hash) -> io::Result<bool> {
        match self {
            Self::Memory(map) => Ok(Self::memory(map).remove(hash).is_some()),
            Self::Directory(path) => match std::fs::remove_file(path.join(hash.to_string())) {
                Ok(()) => Ok(true),
                Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
                Err(e) => Err(e),
            },
        }
    }
}

fn spell(secret: u128) -> String {
    let mut out = String::with_capacity(DIGITS + DIGITS / GROUP);
    for n in 0..DIGITS {
        if n > 0 && n % GROUP == 0 && n + 1 < DIGITS {
            out.push('-');
        }
        let digit = usize::try_from(secret >> (5 * (DIGITS - 1 - n)) & 31).unwrap_or_default();
        out.push(char::from(ALPHABET.get(digit).copied().unwrap_or(b'0')));
    }
    out
}

fn read(code: &str) -> Option<u128> {
    if code.len() > 4 * DIGITS {
        return None;
    }
    let (mut secret, mut digits) = (0u128, 0);
    for c in code.bytes().filter(|c| !matches!(c, b'-' | b' ' | b'\t' | b'\r' | b'\n')) {
        let c = match c.to_ascii_uppercase() {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            c => c,
        };
        let value = ALPHABET.iter().position(|a| *a == c)?;
        // 26 digits hold 130 bits; the first two are 0.
        if digits == DIGITS || (digits == 0 && value > 7) {
            return None;
        }
        secret = secret << 5 | u128::try_from(value).ok()?;
        digits += 1;
    }
    (digits == DIGITS).then_some(secret)
}

#[cfg(test)]
mod tests {
    //! Spelling, one use, expiry, and two processes on one directory.
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    fn random() -> Random {
        let n = AtomicU8::new(1);
        Arc::new(move |out: &mut [u8]| {
            out.fill(n.fetch_add(1, Ordering::Relaxed));
            Ok(())
        })
    }

    fn at(seconds: u64) -> Time {
        Time::from_seconds(seconds).expect("a time")
    }

    #[test]
    fn a_code_is_read_as_it_is_spelt_or_nearly() {
        let text = spell(u128::MAX);
        assert_eq!(text, "7ZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZZ");
        assert_eq!(read(&text), Some(u128::MAX));
        assert_eq!(read(&text.to_lowercase().replace('-', " ")), Some(u128::MAX));
        assert_eq!(read("OIL00-00000-00000-00000-000000"), read("01100-00000-00000-00000-000000"));
        for bad in [
            "",
            "8ZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZZ",
            "7ZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ",
            "7ZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZZZ",
            "U",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn each_code_is_good_once_and_for_ten_minutes() {
        let codes = OneUseCodes::in_memory(random());
        let code = codes.issue(at(1_000)).expect("issued");
        assert!(!codes.redeem("00000-00000-00000-00000-000000", at(1_000)).expect("read"));
        assert!(codes.redeem(&code, at(1_599)).expect("read"));
        assert!(!codes.redeem(&code, at(1_599)).expect("read"), "used");
        let late = codes.issue(at(1_000)).expect("issued");
        assert!(!codes.redeem(&late, at(1_600)).expect("read"), "expired");
    }

    #[test]
    fn two_processes_share_a_directory_and_only_one_redeems() {
        let dir = std::env::temp_dir().join(format!("vouchsafe-codes-{}", std::process::id()));
        let random = random();
        let (a, b) =
            (OneUseCodes::in_directory(&dir, random.clone()), OneUseCodes::in_directory(&dir, random));
        let (a, b) = (a.expect("made"), b.expect("made"));
        let code = a.issue(at(0)).expect("issued");
        std::fs::write(dir.join("README"), "not a code").expect("written");
        assert!(b.redeem(&code, at(1)).expect("read"));
        assert!(!a.redeem(&code, at(1)).expect("read"));
        for n in 0..40 {
            a.issue(at(n)).expect("issued");
        }
        let waiting = a.store.waiting().expect("read").len();
        std::fs::remove_dir_all(&dir).expect("removed");
        assert_eq!(waiting, MAX_CODES);
    }
}
