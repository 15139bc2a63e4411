//! The answer of a time-stamping authority, taken apart: status, token (a CMS SignedData of one signer), what it states, and what
//! whoever verifies its signature needs. Strict where the standards leave no room; attributes and extensions that are not
//! understood are passed over unless critical.

use super::Request;
use super::der::{DerError, Element, Reader};

/// An object identifier as the content of its DER element.
pub type Oid<'a> = &'a [u8];

/// The identifiers that are told apart.
pub mod oid {
    /// 2.16.840.1.101.3.4.2.1
    pub const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
    /// 2.16.840.1.101.3.4.2.2
    pub const SHA384: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2];
    /// 2.16.840.1.101.3.4.2.3
    pub const SHA512: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3];
    /// 1.2.840.113549.1.7.2, CMS SignedData
    pub(super) const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
    /// 1.2.840.113549.1.9.16.1.4, id-ct-TSTInfo
    pub(super) const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4];
    /// 1.2.840.113549.1.9.3
    pub(super) const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
    /// 1.2.840.113549.1.9.4
    pub(super) const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
    /// 1.2.840.113549.1.9.16.2.12, RFC 2634
    pub(super) const SIGNING_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 12];
    /// 1.2.840.113549.1.9.16.2.47, RFC 5035
    pub(super) const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47];
    /// 1.2.840.113549.1.1.1, RSA; the digest is the signer's
    pub const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    /// 1.2.840.113549.1.1.11
    pub const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
    /// 1.2.840.113549.1.1.12
    pub const RSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12];
    /// 1.2.840.113549.1.1.13
    pub const RSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13];
    /// 1.2.840.10045.4.3.2
    pub const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    /// 1.2.840.10045.4.3.3
    pub const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
    /// 1.2.840.10045.4.3.4
    pub const ECDSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4];
}

/// What a token is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imprint<'a> {
    /// How it was hashed.
    pub algorithm: Oid<'a>,
    /// The hash.
    pub digest: &'a [u8],
}

/// A certificate by its hash, as ESSCertID (RFC 2634) and ESSCertIDv2 (RFC 5035) name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateHash<'a> {
    /// SHA-1 (RFC 2634).
    Sha1(&'a [u8]),
    /// Another algorithm (RFC 5035).
    Other(Oid<'a>, &'a [u8]),
}

/// A token, taken apart. Nothing of it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What was stamped.
    pub imprint: Imprint<'a>,
    /// When, in POSIX seconds; fractions are cut off.
    pub time: u64,
    /// How far off that may be, in seconds, rounded up; a cut-off fraction is in it.
    pub accuracy: u64,
    /// The nonce of the request, as the content of a DER integer.
    pub nonce: Option<&'a [u8]>,
    /// The signed content, TSTInfo in DER.
    pub content: &'a [u8],
    /// Certificates in DER, in the token's order.
    pub certificates: Vec<&'a [u8]>,
    /// Digest algorithm of the signer.
    pub digest_algorithm: Oid<'a>,
    /// Hash of the content, as the signed attributes state it.
    pub message_digest: &'a [u8],
    /// The certificate of the signer, as the signed attributes state it.
    pub signer: CertificateHash<'a>,
    /// The signed attributes as they are signed: a SET in DER.
    pub signed: Vec<u8>,
    /// Signature algorithm of the signer.
    pub signature_algorithm: Oid<'a>,
    /// The signature.
    pub signature: &'a [u8],
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response<'a> {
    /// The authority refuses; its status (RFC 3161, 2.4.2), and what it says.
    Refused {
        /// 2 to 5.
        status: u8,
        /// In its own words, at most the first 200 characters; may be empty.
        says: String,
    },
    /// A token.
    Granted(Box<Token<'a>>),
}

impl<'a> Response<'a> {
    /// Reads an answer (RFC 3161, 2.4.2).
    ///
    /// # Errors
    /// It is no TimeStampResp in DER, or its token is none of RFC 3161.
    pub fn from_der(bytes: &'a [u8]) -> Result<Self, DerError> {
        let mut outer = Reader::new(bytes)?;
        let mut response = outer.nested(0x30, "TimeStampResp")?;
        outer.finish()?;
        let mut info = response.nested(0x30, "PKIStatusInfo")?;
        let [status] = info.fixed::<1>(0x02, "a status")?;
        let says = match info.optional(0x30)? {
            Some(texts) => texts.inside().optional(0x0c)?.map_or(Vec::new(), |text| text.content.to_vec()),
            None => Vec::new(),
        };
        info.optional(0x03)?;
        info.finish()?;
        if status > 1 {
            if status > 5 {
                return Err(info.bad("a status of 0 to 5"));
            }
            response.optional(0x30)?;
            response.finish()?;
            let says = String::from_utf8_lossy(&says).chars().take(200).collect();
            return Ok(Self::Refused { status, says });
        }
        let token = response.element(0x30, "a token")?;
        response.finish()?;
        Ok(Self::Granted(Box::new(Token::read(token)?)))
    }
}

impl<'a> Token<'a> {
    /// Whether it is an answer to this request: the same imprint, the same nonce.
    #[must_use]
    pub fn answers(&self, request: &Request) -> bool {
        self.imprint == Imprint { algorithm: oid::SHA256, digest: &request.digest }
            && self.nonce == Some(request.nonce())
    }

    /// ContentInfo, SignedData (RFC 5652, 3 and 5.1), as RFC 3161, 2.4.2, narrows them.
    fn read(token: Element<'a>) -> Result<Self, DerError> {
        let mut info = token.inside();
        info.exactly(0x06, oid::SIGNED_DATA, "id-signedData")?;
        let mut explicit = info.nested(0xa0, "SignedData")?;
        info.finish()?;
        let mut data = explicit.nested(0x30, "SignedData")?;
        explicit.finish()?;
        data.exactly(0x02, &[3], "version 3")?;
        data.element(0x31, "digestAlgorithms")?;
        let mut encapsulated = data.nested(0x30, "encapContentInfo")?;
        encapsulated.exactly(0x06, oid::TST_INFO, "id-ct-TSTInfo")?;
        let mut explicit = encapsulated.nested(0xa0, "eContent")?;
        encapsulated.finish()?;
        let content = explicit.element(0x04, "eContent")?;
        explicit.finish()?;
        let mut certificates = Vec::new();
        if let Some(set) = data.optional(0xa0)? {
            let mut set = set.inside();
            while !set.is_empty() {
                certificates.push(set.element(0x30, "a certificate")?.whole);
            }
        }
        data.optional(0xa1)?;
        let mut signers = data.nested(0x31, "signerInfos")?;
        data.finish()?;
        let mut signer = signers.nested(0x30, "one SignerInfo")?;
        signers.finish()?;

        // SignerInfo (RFC 5652, 5.3). Who signed is settled by the signed attribute, not by the identifier here.
        let [version] = signer.fixed::<1>(0x02, "a version")?;
        match version {
            1 => signer.element(0x30, "issuerAndSerialNumber")?,
            3 => signer.element(0x80, "subjectKeyIdentifier")?,
            _ => return Err(signer.bad("version 1 or 3")),
        };
        let digest_algorithm = algorithm(&mut signer)?;
        let attributes = signer.element(0xa0, "signedAttrs")?;
        let signature_algorithm = algorithm(&mut signer)?;
        let signature = signer.element(0x04, "a signature")?.content;
        signer.optional(0xa1)?;
        signer.finish()?;
        // They are signed with the tag of a SET (RFC 5652, 5.4).
        let mut signed = attributes.whole.to_vec();
        if let Some(tag) = signed.first_mut() {
            *tag = 0x31;
        }
        let (message_digest, certificate) = read_attributes(attributes)?;
        let stated = Stated::read(content)?;
        Ok(Self {
            imprint: stated.imprint,
            time: stated.time,
            accuracy: stated.accuracy,
            nonce: stated.nonce,
            content: content.content,
            certificates,
            digest_algorithm,
            message_digest,
            signer: certificate,
            signed,
            signature_algorithm,
            signature,
        })
    }
}

/// AlgorithmIdentifier: absent parameters or NULL.
fn algorithm<'a>(r: &mut Reader<'a>) -> Result<Oid<'a>, DerError> {
    let mut sequence = r.nested(0x30, "AlgorithmIdentifier")?;
    let oid = sequence.element(0x06, "an algorithm")?.content;
    if !sequence.is_empty() {
        sequence.exactly(0x05, &[], "NULL or no parameters")?;
    }
    sequence.finish()?;
    Ok(oid)
}

/// Signed attributes: content type, message digest and signing certificate, each once with one value.
fn read_attributes<'a>(attributes: Element<'a>) -> Result<(&'a [u8], CertificateHash<'a>), DerError> {
    let (mut kind, mut digest, mut first, mut second) = (None, None, None, None);
    let mut set = attributes.inside();
    while !set.is_empty() {
        let at = set.bad("each attribute once");
        let mut attribute = set.nested(0x30, "an attribute")?;
        let name = attribute.element(0x06, "the type of an attribute")?.content;
        let mut values = attribute.nested(0x31, "the values of an attribute")?;
        attribute.finish()?;
        let slot = match name {
            oid::CONTENT_TYPE => &mut kind,
            oid::MESSAGE_DIGEST => &mut digest,
            oid::SIGNING_CERTIFICATE => &mut first,
            oid::SIGNING_CERTIFICATE_V2 => &mut second,
            _ => continue,
        };
        if slot.replace(values.any()?).is_some() {
            return Err(at);
        }
        values.finish()?;
    }
    let missing = |expected| DerError { expected, ..set.bad("") };
    if kind.is_none_or(|kind| kind.tag != 0x06 || kind.content != oid::TST_INFO) {
        return Err(missing("the content type TSTInfo among the signed attributes"));
    }
    let digest =
        digest.filter(|d| d.tag == 0x04).ok_or(missing("a message digest among the signed attributes"))?;
    let certificate = match (second, first) {
        (Some(second), _) => signing_certificate(second, true)?,
        (None, Some(first)) => signing_certificate(first, false)?,
        (None, None) => return Err(missing("a signing certificate among the signed attributes")),
    };
    Ok((digest.content, certificate))
}

/// The first certificate that SigningCertificate (RFC 2634, 5.4) or SigningCertificateV2 (RFC 5035, 3) names.
fn signing_certificate(value: Element<'_>, second: bool) -> Result<CertificateHash<'_>, DerError> {
    if value.tag != 0x30 {
        return Err(value.inside().bad("SigningCertificate"));
    }
    let mut id = value.inside().nested(0x30, "certs")?.nested(0x30, "ESSCertID")?;
    let named = if second && id.peek() == Some(0x30) { algorithm(&mut id)? } else { oid::SHA256 };
    let hash = id.element(0x04, "certHash")?.content;
    Ok(if second { CertificateHash::Other(named, hash) } else { CertificateHash::Sha1(hash) })
}

/// What TSTInfo states (RFC 3161, 2.4.2).
struct Stated<'a> {
    imprint: Imprint<'a>,
    time: u64,
    accuracy: u64,
    nonce: Option<&'a [u8]>,
}

impl<'a> Stated<'a> {
    fn read(content: Element<'a>) -> Result<Self, DerError> {
        let mut outer = content.inside();
        let mut info = outer.nested(0x30, "TSTInfo")?;
        outer.finish()?;
        info.exactly(0x02, &[1], "version 1")?;
        info.element(0x06, "a policy")?;
        let mut imprint = info.nested(0x30, "messageImprint")?;
        let named = algorithm(&mut imprint)?;
        let digest = imprint.element(0x04, "hashedMessage")?.content;
        imprint.finish()?;
        info.element(0x02, "a serial number")?;
        let at = info.bad("a GeneralizedTime in UTC");
        let (time, cut) = generalized_time(info.element(0x18, "genTime")?.content).ok_or(at)?;
        let accuracy = match info.optional(0x30)? {
            Some(accuracy) => read_accuracy(accuracy.inside())?,
            None => 0,
        };
        if info.peek() == Some(0x01) {
            info.exactly(0x01, &[0xff], "TRUE, or no ordering")?;
        }
        let nonce = info.optional(0x02)?.map(|nonce| nonce.content);
        info.optional(0xa0)?;
        if let Some(extensions) = info.optional(0xa1)? {
            let mut extensions = extensions.inside();
            while !extensions.is_empty() {
                let mut extension = extensions.nested(0x30, "an extension")?;
                extension.element(0x06, "the type of an extension")?;
                if extension.optional(0x01)?.is_some() {
                    return Err(extension.bad("no critical extension"));
                }
            }
        }
        info.finish()?;
        Ok(Self {
            imprint: Imprint { algorithm: named, digest },
            time,
            accuracy: accuracy + u64::from(cut),
            nonce,
        })
    }
}

/// Accuracy ::= SEQUENCE { seconds INTEGER, millis [0], micros [1] }, all optional; rounded up to seconds.
fn read_accuracy(mut r: Reader<'_>) -> Result<u64, DerError> {
    let number = |element: Element<'_>| {
        let fits = element.content.len() <= 4 && element.content.first().is_some_and(|b| *b < 0x80);
        let value = element.content.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
        if fits { Ok(value) } else { Err(element.inside().bad("a small number that is not negative")) }
    };
    let seconds = r.optional(0x02)?.map(number).transpose()?.unwrap_or(0);
    let millis = r.optional(0x80)?.map(number).transpose()?.unwrap_or(0);
    let micros = r.optional(0x81)?.map(number).transpose()?.unwrap_or(0);
    r.finish()?;
    Ok(seconds + u64::from(millis + micros > 0))
}

/// `YYYYMMDDhhmmss[.f…]Z` as POSIX seconds, and whether a fraction was cut off (RFC 3161, 2.4.2, forbids trailing zeros).
fn generalized_time(text: &[u8]) -> Option<(u64, bool)> {
    let text = text.strip_suffix(b"Z")?;
    let (whole, fraction) = text.split_at_checked(14)?;
    let cut = match fraction {
        [] => false,
        [b'.', digits @ ..] => {
            let fine = digits.iter().all(u8::is_ascii_digit) && digits.last().is_some_and(|d| *d != b'0');
            if !fine || digits.len() > 9 {
                return None;
            }
            true
        }
        _ => return None,
    };
    if !whole.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |from: usize, to: usize| {
        whole.get(from..to).unwrap_or_default().iter().fold(0_u64, |n, d| n * 10 + u64::from(d - b'0'))
    };
    let (year, month, day) = (number(0, 4), number(4, 6), number(6, 8));
    let (hour, minute, second) = (number(8, 10), number(10, 12), number(12, 14));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + u64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if year < 1970 || !(1..=length).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Days before the year, then before the month, counted from March so that the leap day comes last.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
    // 1970-01-01 in the same count.
    let days = days - 719_468;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second, cut))
}

#[cfg(test)]
mod tests {
    use super::generalized_time;

    #[test]
    fn times_are_read_strictly() {
        for (text, seconds) in [
            ("19700101000000Z", 0),
            ("20000229235959Z", 951_868_799),
            ("20261120120000Z", 1_795_176_000),
            ("20991231235959Z", 4_102_444_799),
        ] {
            assert_eq!(generalized_time(text.as_bytes()), Some((seconds, false)), "{text}");
        }
        assert_eq!(generalized_time(b"19700101000000.25Z"), Some((0, true)));
        for text in [
            "19700101000000",
            "197001010000Z",
            "19700101000000.Z",
            "19700101000000.50Z",
            "19700101000000,5Z",
            "19690101000000Z",
            "20010229000000Z",
            "20001301000000Z",
            "20000100000000Z",
            "20000101240000Z",
            "20000101006000Z",
            "20000101000060Z",
            "20000101000000+0000",
            "2000010100000 Z",
        ] {
            assert_eq!(generalized_time(text.as_bytes()), None, "{text}");
        }
    }
}
