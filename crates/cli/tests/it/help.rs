//! `docs/cli.md` holds the help of every command, word for word. `VOUCHSAFE_BLESS=1` writes it anew.

use std::fmt::Write;

use crate::kit::House;

const BEGIN: &str = "<!-- The rest is written by the tests from the command line's own help. -->\n";

/// Help of a command and of the commands below it.
fn gather(house: &House, verbs: &[&str], out: &mut String) {
    let help = house.ends(0, &[verbs, &["--help"]].concat());
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    let name = [&["vouchsafe"], verbs].concat().join(" ");
    write!(out, "\n## {name}\n\n```\n{}\n```\n", help.join("\n")).expect("a string");
    let commands =
        help.iter().skip_while(|line| **line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> =
        commands.filter(|l| !l.starts_with("    ")).filter_map(|l| l.split_whitespace().next()).collect();
    for name in names {
        gather(house, &[verbs, &[name]].concat(), out);
    }
}

#[test]
fn the_reference_is_the_help() {
    let house = House::new();
    let mut help = String::new();
    gather(&house, &[], &mut help);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");
    let text = std::fs::read_to_string(path).expect("docs/cli.md");
    let (head, reference) = text.split_once(BEGIN).expect("the line that separates the parts");
    if std::env::var_os("VOUCHSAFE_BLESS").is_some() {
        std::fs::write(path, format!("{head}{BEGIN}{help}")).expect("written");
        return;
    }
    assert!(
        reference == help,
        "docs/cli.md is behind the help: VOUCHSAFE_BLESS=1 cargo test -p vouchsafe writes it anew"
    );
}
