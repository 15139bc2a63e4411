//! What a request carries: the session's cookie, the origin of a form, the place to return to.

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HOST, ORIGIN};

use super::sessions::LIFETIME;

/// The cookie's name. With TLS the prefix makes browsers hold it to this host, this path and TLS (RFC 6265bis, 4.1.3).
const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-vouchsafe" } else { "vouchsafe" }
}

/// Value of the `Set-Cookie` header that begins a session.
pub(crate) fn set_cookie(token: &[u8; 32], secure: bool) -> String {
    let value = evidence::Hash(*token).to_string();
    cookie(&value, LIFETIME, secure)
}

/// Value of the `Set-Cookie` header that removes the cookie.
pub(crate) fn clear_cookie(secure: bool) -> String {
    cookie("", 0, secure)
}

fn cookie(value: &str, max_age: u64, secure: bool) -> String {
    let tls = if secure { "; Secure" } else { "" };
    format!("{}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Strict{tls}", cookie_name(secure))
}

/// The token in the request's cookie.
pub(crate) fn token(headers: &HeaderMap, secure: bool) -> Option<[u8; 32]> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    let mut named =
        pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(name, _)| *name == cookie_name(secure));
    named.find_map(|(_, value)| evidence::Hash::from_hex(value).ok()).map(|hash| hash.0)
}

/// Whether a form was sent by a page of this server. Browsers say so themselves (`Sec-Fetch-Site`) where the connection is
/// trustworthy; elsewhere the origin must name the host that the request was sent to. A request that says neither is not
/// from a browser's form and is refused.
#[must_use]
pub fn same_origin(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let text = |name| headers.get(name).and_then(|v: &axum::http::HeaderValue| v.to_str().ok());
    match (text(ORIGIN), text(HOST)) {
        (Some(origin), Some(host)) => origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"))
            .is_some_and(|authority| authority.eq_ignore_ascii_case(host)),
        _ => false,
    }
}

/// Most bytes of a place to return to.
const MAX_NEXT: usize = 2_048;

/// The place to go after signing in, if it is one of this server's; the overview otherwise. Browsers read `//host` and
/// `/\host` as other servers.
#[must_use]
pub fn safe_next(next: Option<&str>) -> &str {
    let fine = |next: &&str| {
        next.len() <= MAX_NEXT
            && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
            && next.starts_with('/')
            && !next.starts_with("//")
            && !next.starts_with("/sign-")
    };
    next.filter(fine).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    //! Open redirects, foreign origins, cookies among others.
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(n, v): &(&'static str, &str)| {
            (HeaderName::from_static(n), HeaderValue::from_str(v).expect("a header"))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn only_places_of_this_server_are_gone_to() {
        assert_eq!(safe_next(Some("/log/7?known=9")), "/log/7?known=9");
        for bad in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "",
            "log",
            "/\t/evil",
            "/a\r\nb",
            "/sign-in",
        ] {
            assert_eq!(safe_next(Some(bad)), "/", "{bad:?}");
        }
        assert_eq!(safe_next(None), "/");
    }

    #[test]
    fn forms_come_from_this_server() {
        assert!(same_origin(&headers(&[("sec-fetch-site", "same-origin")])));
        for site in ["cross-site", "same-site", "none"] {
            assert!(!same_origin(&headers(&[
                ("sec-fetch-site", site),
                ("origin", "http://a"),
                ("host", "a")
            ])));
        }
        assert!(same_origin(&headers(&[("origin", "http://log.example:80"), ("host", "LOG.example:80")])));
        assert!(!same_origin(&headers(&[("origin", "http://evil.example"), ("host", "log.example")])));
        assert!(!same_origin(&headers(&[("origin", "null"), ("host", "log.example")])));
        assert!(!same_origin(&headers(&[("host", "log.example")])));
    }

    #[test]
    fn the_cookie_is_found_among_others_and_bound_to_tls() {
        let token_bytes = [0xab; 32];
        for secure in [false, true] {
            let set = set_cookie(&token_bytes, secure);
            assert!(
                set.contains("; HttpOnly; SameSite=Strict") && set.ends_with("; Secure") == secure,
                "{set}"
            );
            let pair = set.split(';').next().expect("a pair");
            let sent = headers(&[("cookie", &format!("a=b; {pair}; c=d"))]);
            assert_eq!(token(&sent, secure), Some(token_bytes));
            assert_eq!(token(&sent, !secure), None);
        }
    }
}
