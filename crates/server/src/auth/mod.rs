//! Who is asking: one-use sign-in codes and the sessions they open.
//!
//! A code is shown on a terminal only, by whoever may read the data directory; whoever types it into the sign-in page gets
//! a session that reads. Roles and passkeys come later. Time and randomness come in from outside.
//!
//! | module | holds |
//! |---|---|
//! | [`codes`] | codes: made, kept as hashes, redeemed once |
//! | [`sessions`] | open sessions, bounded in number and time |
//! | [`request`] | cookies, same-origin checks, where to go after signing in |

pub mod codes;
pub mod request;
pub mod sessions;

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use evidence::Time;

pub use codes::{CODE_LIFETIME, OneUseCodes};
use sessions::Sessions;

/// Fills a buffer with unpredictable bytes.
pub type Random = Arc<dyn Fn(&mut [u8]) -> std::io::Result<()> + Send + Sync>;
/// Says the time. The machine's, not the log's: a simulated log has codes and sessions in real time.
pub type Now = Arc<dyn Fn() -> Time + Send + Sync>;

/// Wrong attempts to sign in within [`WINDOW`] that are answered as such; more are told to wait. A right code, of which nobody
/// guesses 128 bits, is never kept waiting: nobody can lock out others by being wrong.
pub const MAX_ATTEMPTS: u32 = 10;
/// Seconds over which attempts are counted.
pub const WINDOW: u64 = 60;

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No such code: wrong, used before, or older than ten minutes.
    #[error("this code is not valid: it is mistyped, was used before, or is older than ten minutes")]
    Wrong,
    /// Too many attempts; seconds to wait.
    #[error("too many attempts; wait {0} seconds")]
    TooMany(u64),
    /// Codes or randomness cannot be reached.
    #[error("codes cannot be checked now: {0}")]
    Failed(#[source] std::io::Error),
}

/// Sign-in, sessions and sign-out.
pub struct Auth {
    codes: OneUseCodes,
    sessions: Mutex<Sessions>,
    attempts: Mutex<(Time, u32)>,
    random: Random,
    now: Now,
    secure: bool,
}

impl Auth {
    /// `secure` says that people reach the server by TLS: cookies are then kept from plain connections.
    #[must_use]
    pub fn new(codes: OneUseCodes, random: Random, now: Now, secure: bool) -> Self {
        let attempts = Mutex::new((Time::EPOCH, 0));
        Self { codes, sessions: Mutex::default(), attempts, random, now, secure }
    }

    /// Makes a code, for the caller to show on a terminal and nowhere else.
    ///
    /// # Errors
    /// Randomness or the store of codes fails.
    pub fn issue_code(&self) -> std::io::Result<String> {
        self.codes.issue((self.now)())
    }

    /// Redeems a code and opens a session; answers the value of a `Set-Cookie` header.
    ///
    /// # Errors
    /// See [`SignInError`].
    pub fn sign_in(&self, code: &str) -> Result<String, SignInError> {
        let now = (self.now)();
        if !self.codes.redeem(code, now).map_err(SignInError::Failed)? {
            self.count_attempt(now)?;
            return Err(SignInError::Wrong);
        }
        let mut token = [0; 32];
        (self.random)(&mut token).map_err(SignInError::Failed)?;
        self.sessions().open(&token, now);
        Ok(request::set_cookie(&token, self.secure))
    }

    /// Whether the request carries an open session. Counts as use of it.
    #[must_use]
    pub fn signed_in(&self, headers: &HeaderMap) -> bool {
        let token = request::token(headers, self.secure);
        token.is_some_and(|token| self.sessions().touch(&token, (self.now)()))
    }

    /// Ends the request's session, if it has one; answers the value of a `Set-Cookie` header that removes the cookie.
    pub fn sign_out(&self, headers: &HeaderMap) -> String {
        if let Some(token) = request::token(headers, self.secure) {
            self.sessions().close(&token);
        }
        request::clear_cookie(self.secure)
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count_attempt(&self, now: Time) -> Result<(), SignInError> {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = &mut *attempts;
        // A clock that went back begins a new window too.
        if *count == 0 || now < *since || now.since(*since) >= WINDOW {
            (*since, *count) = (now, 0);
        }
        if *count >= MAX_ATTEMPTS {
            return Err(SignInError::TooMany(WINDOW - now.since(*since)));
        }
        *count += 1;
        Ok(())
    }
}
