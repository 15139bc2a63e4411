//! A feed of advisories that fell silent, or gave what cannot be read: on the page of findings, in health and in the metrics, by
//! log time.

use evidence::facts::vulnerability::FeedChecked;
use evidence::{SourceKind, Time};
use serde_json::Value;
use testkit::{Author, Fixture, START};

use crate::api_house::{Client, House};
use crate::pages_kit::Site;

const DAY: u64 = 86_400;

fn checked(feed: &str, reached: bool, refused: u64) -> FeedChecked {
    FeedChecked { feed: feed.into(), reached, changed: 0, refused, digest: None }
}

/// A log whose feeds answered, one with a name that must be escaped.
fn told() -> (Fixture, Author) {
    let mut f = Fixture::new();
    let mut service = Author::new(SourceKind::Service, 60);
    f.enrol(&service, &["security"]);
    for fact in [checked("osv", true, 0), checked("<b>\"csaf\"\\", true, 3)] {
        let entry = service.state(fact);
        f.submit(entry).expect("taken");
    }
    (f, service)
}

#[test]
fn health_and_metrics_say_which_feeds_are_stale() {
    let (f, mut service) = told();
    let house = House::with(f, |_| {}, |_| None);
    let metrics = |house: &House| {
        let at = house.bound.metrics.expect("metrics");
        Client::new(&format!("http://{at}"), None).get("/metrics").text().to_owned()
    };
    assert_eq!(house.client.get("/healthz").json()["stale_feeds"], Value::Array(Vec::new()));
    let text = metrics(&house);
    assert!(text.lines().any(|l| l == "vouchsafe_feed_stale{feed=\"osv\"} 0"), "{text}");
    assert!(text.lines().any(|l| l == "vouchsafe_feed_stale{feed=\"<b>\\\"csaf\\\"\\\\\"} 0"), "{text}");
    house.clock.set(Time::from_seconds(START + 3 * DAY).expect("a time"));
    let entry = service.state(checked("osv", true, 0));
    assert_eq!(house.client.submit(&[entry]).status, 200);
    let health = house.client.get("/healthz");
    assert_eq!(health.status, 200, "entries are taken all the same");
    let stale = health.json()["stale_feeds"].clone();
    assert_eq!(
        (stale.as_array().map(Vec::len), &stale[0]["feed"]),
        (Some(1), &"<b>\"csaf\"\\".into()),
        "{stale}"
    );
    assert!(stale[0]["since"].as_str().is_some_and(|since| since.parse::<Time>().is_ok()));
    let text = metrics(&house);
    assert!(
        text.lines().any(|l| l == "vouchsafe_feed_stale{feed=\"osv\"} 0"),
        "it answered just now: {text}"
    );
    assert!(text.lines().any(|l| l == "vouchsafe_feed_stale{feed=\"<b>\\\"csaf\\\"\\\\\"} 1"), "{text}");
    let answered = format!("vouchsafe_feed_answered_timestamp_seconds{{feed=\"osv\"}} {}", START + 3 * DAY);
    assert!(text.lines().any(|l| l == answered), "{answered} in {text}");
}

#[tokio::test]
async fn the_page_of_findings_shows_feeds_at_its_moments() {
    let (f, mut service) = told();
    let before = f.ledger.read().size;
    f.at(3 * DAY);
    let entry = service.state(checked("osv", false, 0));
    f.submit(entry).expect("taken");
    let mut site = Site::over(f.ledger);
    site.sign_in();
    let now = site.get("/findings").await.text;
    assert!(now.contains("2 feeds of advisories are stale."), "{now}");
    assert!(now.contains("&#60;b&#62;&#34;csaf&#34;") && !now.contains("<b>\"csaf"), "escaped");
    let then = site.get(&format!("/findings?known={before}")).await.text;
    assert!(!then.contains("stale"), "{then}");
    assert!(then.contains("3 unreadable"), "what could not be read is shown at once");
}
