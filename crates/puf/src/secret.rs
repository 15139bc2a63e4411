//! From response bits to keys: HKDF-SHA256 (RFC 5869) over the response, salted with everything public about it.

use alloc::vec::Vec;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const SALT: &[u8] = b"vouchsafe-puf/1 salt";
const TAG: &[u8] = b"vouchsafe-puf/1 helper tag";
const ROOT: &[u8] = b"vouchsafe-puf/1 root";
const DERIVE: &[u8] = b"vouchsafe-puf/1 derive";

/// The secret of a device. Zeroized on drop, never printed, not comparable except through what is derived from it.
pub struct Secret(Zeroizing<[u8; 32]>);

impl core::fmt::Debug for Secret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// A 32-byte key for one purpose: HKDF-Expand with the label as info. Different labels give independent keys.
    #[must_use]
    pub fn derive(&self, label: &[u8]) -> Zeroizing<[u8; 32]> {
        expand(&self.0, &[DERIVE, label])
    }
}

/// Tag and secret for a response (0/1 bytes) under the public bytes of its helper data.
///
/// The salt is a hash of those bytes: change one and tag key, tag and secret all change, so altered helper data
/// never yield a related key (Boyen et al., EUROCRYPT 2005).
pub(crate) fn keys(response: &[u8], public: &[u8]) -> ([u8; 32], Secret) {
    let salt = Sha256::new().chain_update(SALT).chain_update(public).finalize();
    let mut packed = Zeroizing::new(Vec::with_capacity(response.len().div_ceil(8)));
    packed.extend(response.chunks(8).map(|bits| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit)));
    let (prk, _) = Hkdf::<Sha256>::extract(Some(&salt), &packed);
    let prk = Zeroizing::new(<[u8; 32]>::from(prk));
    let key = expand(&prk, &[TAG]);
    (tag(&key, public), Secret(expand(&prk, &[ROOT])))
}

fn tag(key: &[u8; 32], public: &[u8]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key length");
    mac.update(public);
    mac.finalize().into_bytes().into()
}

fn expand(prk: &[u8; 32], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    #[expect(
        clippy::expect_used,
        reason = "a key of 32 bytes and an output of 32 bytes are within RFC 5869's limits"
    )]
    Hkdf::<Sha256>::from_prk(prk).expect("32 bytes").expand_multi_info(info, out.as_mut()).expect("32 bytes");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_depend_on_response_public_bytes_and_label() {
        let (tag, secret) = keys(&[1, 0, 1, 1, 0, 0, 0, 0, 1], b"public");
        let (same_tag, same) = keys(&[1, 0, 1, 1, 0, 0, 0, 0, 1], b"public");
        assert_eq!((tag, secret.derive(b"a")), (same_tag, same.derive(b"a")));
        assert_ne!(secret.derive(b"a"), secret.derive(b"b"));
        for (response, public) in
            [(&[1, 0, 1, 1, 0, 0, 0, 0, 0][..], &b"public"[..]), (&[1, 0, 1, 1, 0, 0, 0, 0, 1], b"publid")]
        {
            let (other_tag, other) = keys(response, public);
            assert_ne!(tag, other_tag);
            assert_ne!(secret.derive(b"a"), other.derive(b"a"));
        }
        assert_eq!(alloc::format!("{secret:?}"), "Secret(..)");
    }

    /// The derivation is a format: other implementations must find the same keys.
    #[test]
    fn golden() {
        let (tag, secret) = keys(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 1], b"p");
        let hex =
            |bytes: &[u8]| bytes.iter().map(|b| alloc::format!("{b:02x}")).collect::<alloc::string::String>();
        assert_eq!(hex(&tag), "2d0f94b18b49b8e072bfaaccf1210b60d692fca6e54725c31c8e58e8231bcddf");
        assert_eq!(
            hex(&*secret.derive(b"UDS")),
            "d6af63a16ee73e05c6f164f0067c31f3cb06b0c8b038992db466cddf51354cbf"
        );
    }
}
