//! The export to SQLite: the tables that docs/export.md names, with the rows that the log has.

use rusqlite::Connection;

use crate::story::Story;

#[test]
fn the_database_answers_what_the_log_says() {
    let story = Story::tell();
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("log.db");
    let log = story.ledger().log().clone();
    let blobs = story.ledger().blobs().clone();
    let loaded = ledger::load(&*log, None).expect("loads");
    let written =
        report::sqlite::export(&*log, &*blobs, &loaded.world, None, None, &path, |_| {}).expect("written");
    assert_eq!(written.known, loaded.world.size());
    let db = Connection::open(&path).expect("opens");
    let one = |sql: &str| -> i64 { db.query_row(sql, [], |r| r.get(0)).expect(sql) };
    assert_eq!(one("SELECT count(*) FROM entries"), i64::try_from(loaded.world.size()).expect("small"));
    assert_eq!(one("SELECT count(*) FROM releases"), 2);
    assert_eq!(one("SELECT count(*) FROM evidence"), 4);
    assert_eq!(one("SELECT count(*) FROM devices WHERE grade = 'attested'"), 3);
    assert_eq!(one("SELECT count(*) FROM findings WHERE closed IS NULL AND kind = 'clone-suspected'"), 1);
    assert_eq!(one("SELECT count(*) FROM log_keys"), 1);
    assert_eq!(
        one(
            "SELECT count(*) FROM withdrawals w JOIN releases r ON r.entry = w.release WHERE r.version = '1.0.0'"
        ),
        1
    );
    assert_eq!(
        one(
            "SELECT count(*) FROM signatures s JOIN sources p ON p.source = s.signer WHERE p.name = 'Somebody'"
        ),
        3
    );
    assert_eq!(one("PRAGMA user_version"), i64::from(report::sqlite::VERSION));
    // Every row cites an entry that is there.
    for table in written.rows.keys().filter(|t| t.as_str() != "about" && t.as_str() != "entries") {
        let table = table.replace('-', "_");
        assert_eq!(
            one(&format!(
                "SELECT count(*) FROM \"{table}\" t LEFT JOIN entries e USING (entry) WHERE e.entry IS NULL AND t.entry IS NOT NULL"
            )),
            0,
            "{table}"
        );
    }
    // As it was known before the second release.
    let path = dir.path().join("early.db");
    report::sqlite::export(&*log, &*blobs, &loaded.world, None, Some(story.early), &path, |_| {})
        .expect("written");
    let db = Connection::open(&path).expect("opens");
    let n: i64 = db.query_row("SELECT count(*) FROM releases", [], |r| r.get(0)).expect("a number");
    assert_eq!(n, 1);
    // A file that is there is not touched.
    assert!(report::sqlite::export(&*log, &*blobs, &loaded.world, None, None, &path, |_| {}).is_err());
}
