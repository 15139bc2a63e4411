//! Lists as files: each list page leads to its whole list as CSV and JSON at its moments, with as many rows as it counts.

use std::sync::Arc;
use std::time::Duration;

use evidence::SourceKind;
use serde_json::Value;
use testkit::Author;
use views::population::Populations;

use crate::pages_kit::{Answer, Site};

/// The story, with an advisory that concerns a release, and a site that a spreadsheet would compute.
fn site() -> (Site, Arc<Populations>) {
    let mut f = crate::story::tell();
    let mut ci = Author::new(SourceKind::Ci, 77);
    f.enrol(&ci, &["ci", "field"]);
    let mut facts = crate::affected::facts(&f.ledger);
    facts.push(
        evidence::facts::fleet::DeviceDeclared {
            asset: "formula".into(),
            udi: None,
            serial: Some("=HYPERLINK(\"http://x\")".into()),
            model: Some("@SUM(A1)".into()),
            software: vec!["firmware 1".into()],
            site: Some("-2+3, \"north\"\nwing".into()),
            owner: None,
            custody: None,
            since: None,
            import: None,
        }
        .into(),
    );
    for fact in facts {
        let entry = ci.state(fact);
        f.submit(entry).expect("taken");
    }
    let mut site = Site::over(f.ledger);
    let populations = Populations::start(site.app.ledger.clone()).expect("a thread");
    let size = site.app.ledger.read().size;
    assert!(populations.wait_beyond(size - 1, Duration::from_secs(60)) >= size);
    site.app.populations = Some(populations.clone());
    site.router = server::pages::router(site.app.clone());
    site.sign_in();
    (site, populations)
}

/// Cells by RFC 4180, strictly: every line ends with CRLF and has as many cells as the first.
fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut was_quoted) = (false, false);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, quoted) {
            ('"', true) if rest.peek() == Some(&'"') => cell.extend(rest.next()),
            ('"', true) => quoted = false,
            (c, true) => cell.push(c),
            ('"', false) => {
                assert!(cell.is_empty() && !was_quoted, "a quote within a cell");
                (quoted, was_quoted) = (true, true);
            }
            (',', false) => {
                row.push(std::mem::take(&mut cell));
                was_quoted = false;
            }
            ('\r', false) => {
                assert_eq!(rest.next(), Some('\n'), "a line ends with CRLF");
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
                was_quoted = false;
            }
            ('\n', false) => panic!("a bare line feed"),
            (c, false) => cell.push(c),
        }
    }
    assert!(cell.is_empty() && row.is_empty() && !quoted, "the last line has an end");
    let wide = rows.first().map_or(0, Vec::len);
    assert!(rows.iter().all(|r| r.len() == wide), "{rows:?}");
    rows
}

/// The text that a page shows, without its markup.
fn shown(html: &str) -> String {
    let main = html.split("<main").nth(1).expect("a page");
    let (mut out, mut tag) = (String::new(), false);
    for c in main.chars() {
        match c {
            '<' => tag = true,
            '>' => {
                tag = false;
                out.push(' ');
            }
            c if !tag => out.push(c),
            _ => {}
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Addresses that a page gives for its list as files.
fn links(page: &Answer) -> Vec<String> {
    let Some(files) = page.text.split("class=\"note files\"").nth(1) else { return Vec::new() };
    let files = files.split("</p>").next().expect("a paragraph");
    let all = files.split("href=\"").skip(1).filter_map(|part| part.split('"').next());
    all.map(|href| href.replace("&#38;", "&").replace("&amp;", "&")).collect()
}

/// What a page says of a list of so many rows.
type Says = Box<dyn Fn(usize) -> String>;

struct Files {
    csv: Vec<Vec<String>>,
    json: Value,
}

/// Both files of a page; they hold the same rows.
async fn files(site: &Site, path: &str) -> (String, Files) {
    let page = site.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.text);
    let links = links(&page);
    assert_eq!(links.len(), 2, "{path}: {}", shown(&page.text));
    let csv = site.get(&links[0]).await;
    let json = site.get(&links[1]).await;
    assert_eq!((csv.status.as_u16(), json.status.as_u16()), (200, 200), "{links:?} {}", csv.text);
    let head = |name: &str| csv.headers[name].to_str().expect("text").to_owned();
    assert!(head("content-type").starts_with("text/csv"), "{path}");
    let value: Value = serde_json::from_str(&json.text).unwrap_or_else(|e| panic!("{e}: {}", json.text));
    assert_eq!(head("vouchsafe-at"), value["at"].as_str().expect("a time"));
    assert_eq!(head("vouchsafe-known"), value["known"]["size"].to_string());
    let name = format!(
        "attachment; filename=\"vouchsafe-{}-{}-{}.csv\"",
        value["list"].as_str().expect("a name"),
        value["at"].as_str().expect("a time").replace(['-', ':'], ""),
        value["known"]["size"],
    );
    assert_eq!(head("content-disposition"), name);
    let rows = cells(&csv.text);
    let objects = value["rows"].as_array().expect("rows");
    assert_eq!(value["count"], objects.len(), "{path}");
    assert_eq!(rows.len(), objects.len() + 1, "{path}: CSV and JSON have the same rows");
    let columns: Vec<&str> =
        value["columns"].as_array().expect("columns").iter().filter_map(Value::as_str).collect();
    assert_eq!(rows[0], columns, "{path}");
    for object in objects {
        // Every member of a row has its column and the other way round.
        let members: Vec<&String> = object.as_object().expect("a row").keys().collect();
        let mut sorted = columns.clone();
        sorted.sort_unstable();
        if value["list"] != "devices" {
            assert_eq!(members, sorted, "{path}");
        }
    }
    (shown(&page.text), Files { csv: rows, json: value })
}

#[tokio::test]
async fn each_list_is_there_as_csv_and_json_with_as_many_rows_as_it_counts() {
    let (site, populations) = site();
    let size = site.app.ledger.read().size;
    let group = |n: usize| ledger::properties::grouped(n as u64);
    let past = format!("known={}", size - 20);
    // What the page says of so many rows.
    let lists: Vec<(String, Says)> = vec![
        ("/log".into(), Box::new(move |n| format!("{} entries , newest first", group(n)))),
        (format!("/log?{past}"), Box::new(move |n| format!("{} entries , newest first", group(n)))),
        (
            "/log?fact=RecordRevised".into(),
            Box::new(move |n| format!("{} entries stating RecordRevised", group(n))),
        ),
        ("/sources".into(), Box::new(move |n| format!("{} sources may speak", group(n)))),
        (format!("/sources?kind=dev&{past}"), Box::new(move |n| format!("Sources {} of ", group(n)))),
        ("/sources?show=gaps".into(), Box::new(move |n| format!("Sources {} of ", group(n)))),
        ("/fleet".into(), Box::new(move |n| format!("{} devices: ", group(n)))),
        (format!("/fleet?{past}"), Box::new(move |n| format!("{} devices: ", group(n)))),
        ("/fleet?grade=attested".into(), Box::new(move |n| format!("Fleet {} of ", group(n)))),
        ("/fleet?where=silent+%3D+yes".into(), Box::new(move |n| format!("Fleet {} of ", group(n)))),
        ("/findings".into(), Box::new(move |n| format!("{} finding", group(n)))),
        ("/findings?state=all".into(), Box::new(move |n| format!("One by one {} ", group(n)))),
        ("/findings?kind=gap&state=all".into(), Box::new(move |n| format!("One by one {} ", group(n)))),
        ("/releases".into(), Box::new(move |n| format!("{} releases of items", group(n)))),
        (format!("/releases?{past}"), Box::new(move |n| format!("{} release", group(n)))),
        (
            "/records?of=Ward+pump,+main".into(),
            Box::new(move |n| format!("{} records of Ward pump", group(n))),
        ),
        (
            "/records?of=Ward+pump,+main&show=gap".into(),
            Box::new(move |n| format!("Records {} of ", group(n))),
        ),
        ("/trace?of=Ward+pump,+main".into(), Box::new(move |n| format!("Matrix {} ", group(n)))),
        ("/vulnerabilities".into(), Box::new(move |n| format!("of the {} that concern releases", group(n)))),
        (
            "/vulnerabilities/CVE-2026-1".into(),
            Box::new(move |n| format!("Devices {} devices, affected Device", group(n))),
        ),
        (
            "/vulnerabilities/CVE-2026-1?list=all".into(),
            Box::new(move |n| format!("Devices {} devices, affected, ", group(n))),
        ),
        (
            "/vulnerabilities/CVE-2026-1?list=undetermined".into(),
            Box::new(move |n| format!("Devices {} devices, undetermined ", group(n))),
        ),
        (
            format!("/vulnerabilities/pkg:generic/a?known={}", size - 1),
            Box::new(move |n| format!("{} devices carry it", group(n))),
        ),
    ];
    let mut wrong = Vec::new();
    for (path, says) in &lists {
        let (text, files) = files(&site, path).await;
        let n = files.csv.len() - 1;
        if !text.contains(&says(n)) {
            let begin: String = text.chars().take(700).collect();
            wrong.push(format!("{path} has {n} rows in its file, and says: {begin}"));
        }
    }
    populations.stop();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn gaps_are_listed_group_by_group_as_they_are_counted() {
    let (site, populations) = site();
    for path in ["/gaps?of=Ward+pump,+main&show=all", "/gaps?of=Ward+pump,+main&by=clause"] {
        let page = site.get(path).await.text;
        // Each group has its count in its head.
        let counts = page.split("class=\"n\">").skip(1).filter_map(|part| part.split('<').next());
        let sum: usize = counts.map(|n| n.replace(',', "").parse::<usize>().expect("a count")).sum();
        let (_, files) = files(&site, path).await;
        assert!(sum > 0);
        assert_eq!(files.csv.len() - 1, sum, "{path}");
    }
    populations.stop();
}

#[tokio::test]
async fn cells_that_a_spreadsheet_would_compute_are_text_and_json_has_them_as_they_are() {
    let (site, populations) = site();
    let (_, files) = files(&site, "/fleet?model=%40SUM%28A1%29").await;
    let device = &files.json["rows"][0];
    assert_eq!(device["serial"], "=HYPERLINK(\"http://x\")");
    assert_eq!(device["site"], "-2+3, \"north\"\nwing");
    let at = |name: &str| {
        let column = files.csv[0].iter().position(|c| c == name).expect("a column");
        files.csv[1][column].as_str()
    };
    assert_eq!(at("serial"), "'=HYPERLINK(\"http://x\")");
    assert_eq!((at("model"), at("site")), ("'@SUM(A1)", "'-2+3, \"north\"\nwing"));
    assert_eq!(files.csv.len(), 2, "the choice of the page is the file's");
    // A file keeps the moments of the page that led to it.
    let page = site.get("/fleet").await;
    let link = links(&page).remove(1);
    let before: Value = serde_json::from_str(&site.get(&link).await.text).expect("JSON");
    assert_eq!(before["known"]["size"], site.app.ledger.read().size);
    assert!(link.contains(&format!("known={}", site.app.ledger.read().size)), "{link}");
    for (path, status) in [
        ("/fleet?format=xml", 400),
        ("/fleet?format=csv&where=%3F%3F", 400),
        ("/log?format=json&fact=Nothing", 400),
        ("/vulnerabilities?format=csv&show=nothing", 400),
        ("/vulnerabilities?format=csv&known=100", 200),
        ("/vulnerabilities/CVE-1?format=csv", 404),
        ("/trace?of=Ward+pump,+main&rows=user-need&format=csv", 400),
    ] {
        assert_eq!(site.get(path).await.status, status, "{path}");
    }
    let anyone = Site { cookie: String::new(), ..site };
    assert_eq!(anyone.get("/fleet?format=csv").await.status, 303, "nobody without a session");
    populations.stop();
}
