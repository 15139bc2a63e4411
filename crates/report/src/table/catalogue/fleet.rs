//! Tables of devices: what was stated of them, and their states.

use super::super::Definition;
use super::{entries, state};

/// What the fleet adds, the evidence of each device aside.
pub(super) fn fleet() -> Vec<Definition> {
    vec![
        entries(
            "enrolments",
            "Devices enrolled",
            &["DeviceEnrolled"],
            &[
                ("device", "Device", "device"),
                ("serial", "Serial number", "serial"),
                ("udi", "UDI", "udi"),
                ("model", "Model", "model"),
                ("product", "Product", "product"),
                ("hardware", "Hardware version", "hardware_version"),
                ("key_origin", "Where the key lives", "key_origin"),
                ("by", "Enrolled by", ".source"),
            ],
        ),
        entries(
            "declared",
            "Devices declared by an import",
            &["DeviceDeclared"],
            &[
                ("asset", "Identifier", "asset"),
                ("serial", "Serial number", "serial"),
                ("udi", "UDI", "udi"),
                ("model", "Model", "model"),
                ("software", "Software as told", "software"),
                ("site", "Site", "site"),
            ],
        ),
        entries(
            "moves",
            "Moves",
            &["DeviceMoved"],
            &[
                ("device", "Device", "device"),
                ("asset", "Identifier", "asset"),
                ("site", "Site", "site"),
                ("custody", "Custody", "custody"),
                ("since", "Since", "since"),
            ],
        ),
        entries(
            "appraisals",
            "Verdicts on evidence, where they changed",
            &["Appraised"],
            &[
                ("device", "Device", "device"),
                ("status", "Verdict", "status"),
                ("reasons", "Reasons", "reasons"),
                ("release", "Release", "release/index"),
            ],
        ),
        entries(
            "conflicts",
            "Evidence that contradicts itself or is inadmissible",
            &["Equivocated", "Quarantined"],
            &[
                ("what", "What", ".fact"),
                ("source", "Source", "source"),
                ("stream", "Stream", "stream"),
                ("sequence", "Place", "sequence"),
                ("cause", "Cause", "cause"),
            ],
        ),
    ]
}

pub(super) fn device() -> Vec<Definition> {
    vec![
        entries(
            "evidence",
            "Evidence of the device",
            &["Attested"],
            &[
                ("device", "Device", ".source"),
                ("stream", "Stream", ".stream"),
                ("sequence", "Place", ".sequence"),
                ("seen", "Log size it had seen", ".beacon/size"),
                ("boots", "Boot count", "bootcount"),
                ("measurements", "Measurements", "measurements"),
            ],
        ),
        entries(
            "reports",
            "What was told of the device",
            &["DeviceReported"],
            &[("software", "Software as told", "software"), ("reported_at", "Told of", "reported_at")],
        ),
        state(
            "history",
            "The device over time",
            &[
                ("from", "From"),
                ("until", "Until"),
                ("grade", "How known"),
                ("certainty", "Certainty"),
                ("running", "Running"),
                ("site", "Site"),
                ("custody", "Custody"),
                ("verdict", "Verdict"),
            ],
        ),
    ]
}

pub(super) fn all() -> Vec<Definition> {
    vec![
        state(
            "devices",
            "Devices and what they run",
            &[
                ("device", "Device"),
                ("asset", "Identifier"),
                ("serial", "Serial number"),
                ("udi", "UDI"),
                ("model", "Model"),
                ("product", "Product"),
                ("site", "Site"),
                ("custody", "Custody"),
                ("grade", "How known"),
                ("certainty", "Certainty"),
                ("running", "Running"),
                ("verdict", "Verdict"),
                ("seen", "Last word"),
            ],
        ),
        state(
            "findings",
            "Findings",
            &[
                ("finding", "Finding"),
                ("device", "Device"),
                ("site", "Site"),
                ("kind", "Kind"),
                ("about", "About"),
                ("serial", "Serial number"),
                ("shown", "Shown by entry"),
                ("closed", "Settled by entry"),
            ],
        ),
    ]
}
