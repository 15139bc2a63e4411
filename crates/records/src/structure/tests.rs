//! Dates; the rest of the module is tested with whole trees (`tests/it/bad_input.rs`).

use super::is_date;

#[test]
fn dates_are_of_the_calendar_and_in_utc() {
    for good in ["2026-01-31", "2024-02-29", "2000-02-29", "2026-01-02T23:59:60Z", "2026-01-02T00:00:00.123Z"]
    {
        assert!(is_date(good), "{good}");
    }
    for bad in [
        "2026-02-29",
        "1900-02-29",
        "2026-04-31",
        "2026-13-01",
        "2026-00-10",
        "2026-1-1",
        "20260101",
        "2026-01-00",
        "",
        "x",
        "2026-01-02T24:00:00Z",
        "2026-01-02T00:00:00",
        "2026-01-02T00:00:00+01:00",
        "2026-01-02 00:00:00Z",
        "2026-01-02T",
        "2026-01-02T00:00:00.Z",
        "+026-01-01",
        "2026-01-02Z",
        "2026-01-0é",
    ] {
        assert!(!is_date(bad), "{bad}");
    }
}
