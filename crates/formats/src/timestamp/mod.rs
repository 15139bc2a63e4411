//! Time stamps of RFC 3161 (with RFC 5816): the request that is written, the answer that is read. Whether an answer is signed by
//! someone to trust is not judged here: this module has no keys, no clock and no network.

mod der;
mod token;

#[cfg(test)]
mod tests;

use sha2::{Digest, Sha256};

pub use der::DerError;
pub use token::{CertificateHash, Imprint, Oid, Response, Token, oid};

/// Largest answer accepted, in bytes: a token with a chain of large certificates.
pub const MAX_RESPONSE: usize = 256 << 10;

/// A request over some data, asking for the certificate of the authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// SHA-256 of the data.
    pub digest: [u8; 32],
    /// Makes the answer one to this request; the first bit is 0 and the first byte not, so that it has one encoding.
    nonce: [u8; 8],
}

impl Request {
    /// A request over `data` with eight random bytes.
    #[must_use]
    pub fn new(data: &[u8], random: [u8; 8]) -> Self {
        let mut nonce = random;
        nonce[0] = nonce[0] & 0x3f | 0x40;
        Self { digest: Sha256::digest(data).into(), nonce }
    }

    /// The nonce, as the content of a DER integer.
    #[must_use]
    pub const fn nonce(&self) -> &[u8; 8] {
        &self.nonce
    }

    /// The request in DER (RFC 3161, 2.4.1), `application/timestamp-query`.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        // TimeStampReq { version 1, messageImprint { SHA-256 with NULL, digest }, nonce, certReq TRUE }
        let algorithm = der::write(0x30, &[&der::write(0x06, &[oid::SHA256]), &[5, 0]]);
        let imprint = der::write(0x30, &[&algorithm, &der::write(0x04, &[&self.digest])]);
        let nonce = der::write(0x02, &[&self.nonce]);
        der::write(0x30, &[&[2, 1, 1], &imprint, &nonce, &[1, 1, 0xff]])
    }

    /// Reads a request that [`Request::to_der`] wrote.
    ///
    /// # Errors
    /// Anything else.
    pub fn from_der(bytes: &[u8]) -> Result<Self, DerError> {
        let mut outer = der::Reader::new(bytes)?;
        let mut request = outer.nested(0x30, "TimeStampReq")?;
        request.exactly(0x02, &[1], "version 1")?;
        let mut imprint = request.nested(0x30, "messageImprint")?;
        let mut algorithm = imprint.nested(0x30, "hashAlgorithm")?;
        algorithm.exactly(0x06, oid::SHA256, "SHA-256")?;
        algorithm.exactly(0x05, &[], "NULL")?;
        algorithm.finish()?;
        let digest = imprint.fixed::<32>(0x04, "hashedMessage")?;
        imprint.finish()?;
        let nonce = request.fixed::<8>(0x02, "nonce")?;
        request.exactly(0x01, &[0xff], "certReq TRUE")?;
        request.finish()?;
        outer.finish()?;
        let read = Self { digest, nonce };
        if read.to_der() == bytes {
            Ok(read)
        } else {
            Err(DerError { at: 0, expected: "a request as it is written" })
        }
    }
}
