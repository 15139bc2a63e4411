//! Claims in JSON, under the names that verifiers write them down by.

use serde_json::Value as Json;

use super::{Claims, MAX_COMPONENTS, Profile, PsaError, RawComponent};

pub(super) fn read(raw: &[u8], profile: Profile) -> Result<Claims, PsaError> {
    let json: Json = serde_json::from_slice(raw).map_err(|e| PsaError::Malformed(e.to_string()))?;
    let map = json.as_object().ok_or_else(|| PsaError::Malformed("the claims are no object".into()))?;
    let text = |name: &str| map.get(name).and_then(Json::as_str).map(str::to_owned);
    let number = |name: &str| map.get(name).and_then(Json::as_i64);
    let bytes = |map: &serde_json::Map<String, Json>, name: &str| {
        let text = map.get(name)?.as_str()?;
        Some(base64(text).ok_or_else(|| PsaError::Malformed(format!("{name} is no base64"))))
    };
    let (profile_name, certification) = match profile {
        Profile::One => ("psa-profile", "psa-hwver"),
        Profile::Two => ("eat-profile", "psa-certification-reference"),
    };
    let component = |one: &Json| {
        let map = one.as_object().ok_or(PsaError::Claim("software components", "not an object each"))?;
        let text = |name: &str| map.get(name).and_then(Json::as_str).map(str::to_owned);
        Ok(RawComponent {
            kind: text("measurement-type"),
            value: bytes(map, "measurement-value").transpose()?,
            version: text("version"),
            signer: bytes(map, "signer-id").transpose()?,
            algorithm: text("measurement-description"),
        })
    };
    let components = map.get("psa-software-components").and_then(Json::as_array);
    let components = components.map(|all| all.iter().take(MAX_COMPONENTS).map(component).collect());
    Ok(Claims {
        profile: text(profile_name),
        client: number("psa-client-id"),
        lifecycle: number("psa-security-lifecycle"),
        implementation: bytes(map, "psa-implementation-id").transpose()?,
        boot_seed: bytes(map, "psa-boot-seed").transpose()?,
        certification: text(certification),
        components: components.transpose()?,
        nothing_measured: number("psa-no-software-measurements"),
        nonce: bytes(map, "psa-nonce").transpose()?,
        instance: bytes(map, "psa-instance-id").transpose()?,
        verification: text("psa-verification-service-indicator"),
    })
}

/// Base 64 with padding or without (RFC 4648, 4).
fn base64(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut held) = (Vec::with_capacity(text.len()), 0u32, 0);
    for b in text.trim_end_matches('=').bytes() {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).unwrap_or(0));
        }
    }
    Some(out)
}
