//! A product of generated records: chains of one need, two system requirements, four software requirements and three
//! test cases. Same count, same bytes. Also the same records as StrictDoc reads them.

use records::command::{Accept, accept};
use std::fmt::Write as _;
use std::path::Path;

use crate::records::Layout;

const CONFIG: &str = "[product]\nname = \"Generated\"\nstage = \"development\"\nprofiles = [\"iso13485\", \"iec62304\", \"iso14971\"]\nrecords = [\"q\"]\n";
const WORDS: [&str; 16] = [
    "pump",
    "shall",
    "alarm",
    "within",
    "seconds",
    "occlusion",
    "pressure",
    "battery",
    "rate",
    "infusion",
    "display",
    "operator",
    "limit",
    "detect",
    "signal",
    "state",
];

struct Generated {
    id: String,
    kind: &'static str,
    fields: Vec<(&'static str, String)>,
    links: Vec<(&'static str, String)>,
    text: String,
}

fn sentence(seed: usize) -> String {
    let mut text = String::new();
    let mut state = seed.wrapping_mul(0x9E37_79B9).wrapping_add(7);
    for at in 0..40 {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let word = WORDS.get((state >> 16) % WORDS.len()).copied().unwrap_or("x");
        text.push_str(word);
        text.push(if at % 12 == 11 { '\n' } else { ' ' });
    }
    text
}

/// One record of a repeating chain: need, two system requirements, four software requirements, three tests.
fn generated(at: usize) -> Generated {
    let (chain, place) = (at / 10, at % 10);
    let id = |prefix: &str, number: usize| format!("{prefix}-{number}");
    let mut fields = Vec::new();
    let mut links = Vec::new();
    let (name, kind) = match place {
        0 => (id("UN", chain), "user-need"),
        1 | 2 => {
            links.push(("refines", id("UN", chain)));
            (id("SYS", chain * 2 + place - 1), "system-requirement")
        }
        3..=6 => {
            let number = chain * 4 + place - 3;
            fields.push(("requirement-type", "functional".to_owned()));
            links.push(("refines", id("SYS", chain * 2 + (place - 3) / 2)));
            links.push(("allocated-to", "SI-1".to_owned()));
            (id("SWR", number), "software-requirement")
        }
        _ => {
            let first = chain * 4 + (place - 7);
            fields.push(("level", "system".to_owned()));
            links.push(("verifies", format!("SWR-{first};SWR-{}", first + 1)));
            (id("TC", chain * 3 + place - 7), "test-case")
        }
    };
    Generated { id: name, kind, fields, links, text: sentence(at) }
}

fn markdown(record: &Generated) -> String {
    let mut text = format!("---\nid: {}\nkind: {}\ntitle: Title of {}\n", record.id, record.kind, record.id);
    for (name, value) in &record.fields {
        let _ = writeln!(text, "{name}: {value}");
    }
    if !record.links.is_empty() {
        text.push_str("links:\n");
        for (name, targets) in &record.links {
            let _ = writeln!(text, "  {name}: [{}]", targets.replace(';', ", "));
        }
    }
    let _ = write!(text, "---\n\n{}", record.text);
    text
}

fn table(records: &[Generated]) -> String {
    let mut text = String::from(
        "id,kind,title,requirement-type,level,links.refines,links.allocated-to,links.verifies,text\n",
    );
    for record in records {
        let field = |wanted: &str| {
            record.fields.iter().find(|(name, _)| *name == wanted).map_or("", |(_, value)| value)
        };
        let link = |wanted: &str| {
            record.links.iter().find(|(name, _)| *name == wanted).map_or("", |(_, value)| value)
        };
        let _ = writeln!(
            text,
            "{},{},Title of {},{},{},{},{},{},\"{}\"",
            record.id,
            record.kind,
            record.id,
            field("requirement-type"),
            field("level"),
            link("refines"),
            link("allocated-to"),
            link("verifies"),
            record.text
        );
    }
    text
}

/// Writes the product, accepted.
pub(crate) fn product(root: &Path, count: usize, layout: Layout) {
    std::fs::create_dir_all(root.join("q")).unwrap();
    std::fs::write(root.join("vouchsafe.toml"), CONFIG).unwrap();
    let system = "id,kind,title,safety-class,rationale,links.part-of\nPROD-1,product,Pump,,,\nSW-1,software-system,Firmware,B,worst case,PROD-1\nSI-1,software-item,Control,,,SW-1\n";
    std::fs::write(root.join("q/system.csv"), system).unwrap();
    match layout {
        Layout::Files => {
            for at in 0..count {
                let record = generated(at);
                let folder = root.join("q").join(format!("{:03}", at / 500));
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(folder.join(format!("{}.md", record.id)), markdown(&record)).unwrap();
            }
        }
        Layout::Mixed => {
            let records: Vec<Generated> = (0..count).map(generated).collect();
            for (number, share) in records.chunks(200).enumerate() {
                let (first, rest) = share.split_first().unwrap();
                std::fs::write(root.join(format!("q/{}.md", first.id)), markdown(first)).unwrap();
                std::fs::write(root.join(format!("q/t{number:04}.csv")), table(rest)).unwrap();
            }
        }
    }
    let options = Accept {
        root: root.to_path_buf(),
        all: true,
        by: "generator".to_owned(),
        at: "2026-01-01T00:00:00Z".to_owned(),
        ..Accept::default()
    };
    accept(&options, &mut std::io::sink()).unwrap();
}

/// The same records and links as StrictDoc documents of 100 each.
pub(crate) fn strictdoc(root: &Path, count: usize) {
    std::fs::create_dir_all(root).unwrap();
    let records: Vec<Generated> = (0..count).map(generated).collect();
    for (number, share) in records.chunks(100).enumerate() {
        let mut text = format!("[DOCUMENT]\nTITLE: Part {number}\n");
        for record in share {
            let (id, body) = (&record.id, record.text.trim());
            let _ = write!(
                text,
                "\n[REQUIREMENT]\nUID: {id}\nTITLE: Title of {id}\nSTATEMENT: >>>\n{body}\n<<<\n"
            );
            // The software item stands outside these documents.
            let links = record.links.iter().filter(|(name, _)| *name != "allocated-to");
            let targets: Vec<&str> = links.flat_map(|(_, targets)| targets.split(';')).collect();
            if !targets.is_empty() {
                text.push_str("RELATIONS:\n");
            }
            for target in targets {
                let _ = write!(text, "- TYPE: Parent\n  VALUE: {target}\n");
            }
        }
        std::fs::write(root.join(format!("part{number:04}.sdoc")), text).unwrap();
    }
}
