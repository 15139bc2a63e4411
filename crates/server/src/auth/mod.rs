//! Who is asking: tokens, sign-in codes, sessions.
