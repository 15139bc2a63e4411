//! What a station gets from a device in order to enrol it. The station adds what it alone knows and signs the fact.

use alloc::string::String;

use evidence::facts::fleet::{DeviceEnrolled, KeyOrigin};
use evidence::proof::attached::Attached;
use evidence::types::{BlobRef, Bytes};
use evidence::{PublicKey, SourceId};
use sha2::{Digest, Sha256};
use tlog::Hash;

use crate::identity::Identity;

/// A device's side of its enrolment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// Its UEID.
    pub device: SourceId,
    /// Its device key.
    pub key: PublicKey,
    /// The device key's signature over the log's origin, UEID and UDI.
    pub possession: Bytes,
    /// UDI as scanned, verbatim: what was signed.
    pub udi: Option<String>,
    /// Where the unique secret comes from.
    pub key_origin: KeyOrigin,
    /// SHA-256 of the helper data of a PUF.
    pub helper: Option<Hash>,
}

/// What the station knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Particulars {
    /// Product.
    pub product: String,
    /// Model.
    pub model: String,
    /// Serial number.
    pub serial: Option<String>,
    /// Hardware version.
    pub hardware_version: Option<String>,
    /// Qualification report of the PUF.
    pub report: Option<BlobRef>,
}

/// A UEID of type RAND that any key has: its type byte and the first sixteen bytes of SHA-256 over the public key.
#[must_use]
pub fn ueid_of(key: &PublicKey) -> SourceId {
    let digest: [u8; 32] = Sha256::digest(key.canonical()).into();
    let mut first = [0; 16];
    first.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    SourceId::device(first)
}

impl Enrolment {
    /// Proves possession of the device key towards one log.
    #[must_use]
    pub fn new(
        identity: &Identity,
        origin: &str,
        device: SourceId,
        udi: Option<&str>,
        key_origin: KeyOrigin,
        helper: Option<Hash>,
    ) -> Self {
        let over = Attached::possession(origin, &device, udi);
        let possession = Bytes(identity.device().sign_attached(&over).to_vec());
        let key = identity.device().public().clone();
        Self { device, key, possession, udi: udi.map(String::from), key_origin, helper }
    }

    /// SHA-256 of helper data, as enrolment states it.
    #[cfg(feature = "puf")]
    #[must_use]
    pub fn helper_digest(helper: &puf::HelperData) -> Hash {
        Hash(helper.digest())
    }

    /// The fact that the station states.
    #[must_use]
    pub fn into_fact(self, station: Particulars) -> DeviceEnrolled {
        DeviceEnrolled {
            device: self.device,
            key: self.key,
            possession: self.possession,
            udi: self.udi,
            serial: station.serial,
            model: station.model,
            hardware_version: station.hardware_version,
            key_origin: self.key_origin,
            helper: self.helper,
            report: station.report,
            product: station.product,
        }
    }
}
