//! Cobertura XML, as coverage.py, gcovr, `JaCoCo` converters, coverlet and cargo-llvm-cov write it. A line may stand in its
//! method and again in its class, and a file in several classes: the greatest count is the line's.

use std::io::BufRead;

use super::{Coverage, Error, Found};
use crate::source::{Bounded, Bounds, Trouble, XmlEvent, XmlPull};

pub(super) fn read<R: BufRead>(src: Bounded<R>, mut found: Found) -> Result<Coverage, Error> {
    let bounds = Bounds { depth: found.limits.depth, token: found.limits.token };
    let mut pull = XmlPull::new(src, bounds);
    let done = document(&mut pull, &mut found);
    done.map_err(|trouble| match trouble {
        Stop::Unknown(reason) => Error::Unknown { reason },
        Stop::Trouble(trouble) => Error::of(trouble, pull.position()),
    })?;
    Ok(found.coverage)
}

enum Stop {
    Unknown(String),
    Trouble(Trouble),
}

fn document<R: BufRead>(pull: &mut XmlPull<R>, found: &mut Found) -> Result<(), Stop> {
    let next = |pull: &mut XmlPull<R>| pull.next().map_err(Stop::Trouble);
    if next(pull)? != XmlEvent::Start || pull.name() != "coverage" {
        let root: String = pull.name().chars().take(80).collect();
        return Err(Stop::Unknown(format!("the root is <{root}>, expected <coverage>")));
    }
    found.coverage.timestamp = pull.attribute("timestamp").filter(|text| !text.is_empty()).map(Box::from);
    // Which element each open one is; a class keeps its file.
    let mut open: Vec<Option<Box<str>>> = vec![None];
    let mut in_source = false;
    while !open.is_empty() {
        match next(pull)? {
            XmlEvent::Start => {
                let mut file = None;
                in_source = pull.name() == "source";
                match pull.name() {
                    "class" => {
                        let name = pull.attribute("filename").filter(|name| !name.is_empty());
                        let Some(name) = name else {
                            return Err(Stop::Trouble(Trouble::syntax("a <class> without `filename`")));
                        };
                        found.file(name).map_err(Stop::Trouble)?;
                        file = Some(Box::from(name));
                    }
                    "line" => {
                        if let Some(of) = open.iter().rev().flatten().next() {
                            line(pull, of, found).map_err(Stop::Trouble)?;
                        }
                    }
                    _ => {}
                }
                open.push(file);
            }
            XmlEvent::End => {
                in_source = false;
                open.pop();
            }
            XmlEvent::Text if in_source => {
                let folder = pull.text().trim();
                if !folder.is_empty() && found.coverage.sources.len() < found.limits.files {
                    found.coverage.sources.push(folder.into());
                }
            }
            XmlEvent::Text => {}
            XmlEvent::Finish => return Err(Stop::Trouble(Trouble::syntax("the document ends too early"))),
        }
    }
    match next(pull)? {
        XmlEvent::Finish => Ok(()),
        _ => Err(Stop::Trouble(Trouble::syntax("something follows the root element"))),
    }
}

fn line<R: BufRead>(pull: &XmlPull<R>, file: &str, found: &mut Found) -> Result<(), Trouble> {
    let number = |name: &str| pull.attribute(name).map(str::trim).unwrap_or_default().to_owned();
    let (Ok(at), Ok(hits)) = (number("number").parse::<u32>(), number("hits").parse::<u64>()) else {
        return Err(Trouble::syntax("a <line> without `number` and `hits`"));
    };
    let known = found.file(file)?.lines.contains_key(&at);
    found.line(file, at, hits, u64::max)?;
    // `condition-coverage="50% (1/2)"`; counted where the line is met first.
    let branches = pull.attribute("condition-coverage").and_then(|text| {
        let (taken, all) = text.split_once('(')?.1.trim_end().strip_suffix(')')?.split_once('/')?;
        Some((taken.trim().parse::<u64>().ok()?, all.trim().parse::<u64>().ok()?))
    });
    if let Some((taken, all)) = branches.filter(|_| !known) {
        let to = &mut found.file(file)?.branches;
        *to = (to.0.saturating_add(taken), to.1.saturating_add(all));
    }
    Ok(())
}
