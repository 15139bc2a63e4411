//! Whether a time stamp is an authority's that is trusted: RFC 3161, 2.3 and 2.4.2, RFC 5652, 5.6, RFC 5280, 6.
//!
//! Not checked: revocation. A token that was right when it was taken stays in use; whoever doubts the authority takes its
//! root away.

use formats::timestamp::{CertificateHash, Oid, Token, oid};
use ring::digest::{self, Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{
    CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime,
};
use webpki::ring as algorithms;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

/// id-kp-timeStamping, 1.3.6.1.5.5.7.3.8 (RFC 3161, 2.3).
const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];
/// Most roots, and most certificates of a token, that are looked at.
const MOST: usize = 32;

/// Why a time stamp is not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StampError {
    /// The roots cannot be used.
    #[error("the roots of the time-stamping authorities: {0}")]
    Roots(String),
    /// It is over something else.
    #[error("it is a time stamp over something else")]
    OtherImprint,
    /// The hash in the signed attributes is not that of the content.
    #[error("what the authority signed is not the content of the token")]
    OtherContent,
    /// The certificate that the signature names is not in the token.
    #[error("the certificate that it names as the signer's is not in it")]
    NoCertificate,
    /// No chain to a root, at the stated time, for time stamping.
    #[error(
        "its signer's certificate does not lead to a root given, for time stamping at the time it states: {0}"
    )]
    Chain(webpki::Error),
    /// An algorithm that is not taken.
    #[error("it uses an algorithm that is not accepted")]
    Algorithm,
    /// The signature is wrong.
    #[error("the authority's signature is wrong: {0}")]
    Signature(webpki::Error),
    /// The time is beyond what log time can state.
    #[error("it states a time beyond every calendar")]
    Time,
}

/// Roots of the authorities that are trusted to state times.
pub struct Authorities {
    roots: Vec<TrustAnchor<'static>>,
}

/// What an accepted time stamp says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// The latest moment at which the data can have come: the stated time and its accuracy, in POSIX seconds.
    pub not_after: u64,
    /// SHA-256 of the signer's certificate, in hexadecimal: which authority it was.
    pub signer: String,
}

impl Authorities {
    /// Roots from PEM.
    ///
    /// # Errors
    /// No certificate, too many, or one that cannot be read.
    pub fn from_pem(pem: &[u8]) -> Result<Self, StampError> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let certificates = certificates.map_err(|e| StampError::Roots(e.to_string()))?;
        if certificates.is_empty() || certificates.len() > MOST {
            return Err(StampError::Roots(format!("1 to {MOST} certificates in PEM form are needed")));
        }
        let root = |der| anchor_from_trusted_cert(der).map(|anchor| anchor.to_owned());
        let roots: Result<Vec<_>, _> = certificates.iter().map(root).collect();
        Ok(Self { roots: roots.map_err(|e| StampError::Roots(e.to_string()))? })
    }

    /// Verifies a token over `data`: the imprint, the signed attributes, the signer's certificate as the attribute names it, its
    /// chain to a root at the stated time, its use for time stamping, and the signature.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn verify(&self, token: &Token<'_>, data: &[u8]) -> Result<Stamped, StampError> {
        let imprint = named(token.imprint.algorithm)?;
        if digest::digest(imprint, data).as_ref() != token.imprint.digest {
            return Err(StampError::OtherImprint);
        }
        let hash = named(token.digest_algorithm)?;
        if digest::digest(hash, token.content).as_ref() != token.message_digest {
            return Err(StampError::OtherContent);
        }
        let (algorithm, wanted) = match token.signer {
            // Only to find the certificate: whether it is trusted is for its chain to show.
            CertificateHash::Sha1(hash) => (&SHA1_FOR_LEGACY_USE_ONLY, hash),
            CertificateHash::Other(algorithm, hash) => (named(algorithm)?, hash),
        };
        let is_signer = |der: &&&[u8]| digest::digest(algorithm, der).as_ref() == wanted;
        let given = token.certificates.get(..token.certificates.len().min(MOST)).unwrap_or_default();
        let signer = given.iter().find(is_signer).ok_or(StampError::NoCertificate)?;
        let der = CertificateDer::from(*signer);
        let certificate = EndEntityCert::try_from(&der).map_err(StampError::Chain)?;
        let others: Vec<_> =
            given.iter().filter(|c| *c != signer).map(|c| CertificateDer::from(*c)).collect();
        let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(token.time));
        let usage = KeyUsage::required(TIME_STAMPING);
        certificate
            .verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &self.roots, &others, at, usage, None, None)
            .map_err(StampError::Chain)?;
        let mut wrong = StampError::Algorithm;
        for algorithm in algorithms_of(token)? {
            match certificate.verify_signature(algorithm, &token.signed, token.signature) {
                Ok(()) => {
                    let not_after = token.time.checked_add(token.accuracy).ok_or(StampError::Time)?;
                    let signer = digest::digest(&SHA256, signer);
                    let signer = signer.as_ref().iter().map(|b| format!("{b:02x}")).collect();
                    return Ok(Stamped { not_after, signer });
                }
                // The next one may be for this kind of key.
                Err(webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)) => {}
                Err(e) => wrong = StampError::Signature(e),
            }
        }
        Err(wrong)
    }
}

fn named(name: Oid<'_>) -> Result<&'static Algorithm, StampError> {
    match name {
        oid::SHA256 => Ok(&SHA256),
        oid::SHA384 => Ok(&SHA384),
        oid::SHA512 => Ok(&SHA512),
        _ => Err(StampError::Algorithm),
    }
}

/// The algorithms that the signer's may be: the key of the certificate decides between curves.
fn algorithms_of(token: &Token<'_>) -> Result<Vec<&'static dyn SignatureVerificationAlgorithm>, StampError> {
    let rsa = match token.signature_algorithm {
        oid::RSA => token.digest_algorithm,
        oid::RSA_SHA256 => oid::SHA256,
        oid::RSA_SHA384 => oid::SHA384,
        oid::RSA_SHA512 => oid::SHA512,
        oid::ECDSA_SHA256 => return Ok(vec![algorithms::ECDSA_P256_SHA256, algorithms::ECDSA_P384_SHA256]),
        oid::ECDSA_SHA384 => return Ok(vec![algorithms::ECDSA_P256_SHA384, algorithms::ECDSA_P384_SHA384]),
        _ => return Err(StampError::Algorithm),
    };
    match rsa {
        oid::SHA256 => Ok(vec![algorithms::RSA_PKCS1_2048_8192_SHA256]),
        oid::SHA384 => Ok(vec![algorithms::RSA_PKCS1_2048_8192_SHA384]),
        oid::SHA512 => Ok(vec![algorithms::RSA_PKCS1_2048_8192_SHA512]),
        _ => Err(StampError::Algorithm),
    }
}
