//! What stands around a record: what it rests on and what rests on it, two steps far, as a picture in layers and as a table. The
//! picture's positions are in per cent, so that it reflows; the table has every line of it in words.

use std::collections::{BTreeMap, BTreeSet};

use ledger::properties::grouped;
use records::record::Record;
use records::set::{Edge, LinkState, Node, RecordSet};

use super::super::markup::Markup;
use super::super::moments::View;
use super::super::phrase::cut;
use super::Lines;

/// Records of one layer; more are counted, not drawn.
const MAX_LAYER: usize = 18;
/// Records side by side.
const SIDE: usize = 6;
/// Height of a record with the space below it, of its box, of the words above a layer, in pixels.
const ROW: usize = 38;
const BOX: usize = 24;
const WORDS: usize = 20;
/// Space between layers, for the lines.
const BETWEEN: usize = 26;
/// Steps in each direction.
const STEPS: usize = 2;
/// A whole, in hundredths of a per cent.
const WHOLE: usize = 10_000;

/// A link of the neighbourhood, in words.
pub(super) struct Line {
    pub(super) from: Markup,
    pub(super) link: String,
    pub(super) to: Markup,
    pub(super) state: Markup,
}

/// The neighbourhood of a record.
pub(super) struct Around {
    pub(super) picture: Markup,
    pub(super) lines: Vec<Line>,
    /// What is not drawn.
    pub(super) left: Option<String>,
}

/// A link as it is drawn: from and to in the direction of the link.
type Drawn = (Node, Edge);

struct Layers {
    /// Above: what is rested on, farthest first; the record itself; below: what rests on it.
    all: Vec<(String, Vec<Node>, usize)>,
    links: Vec<Drawn>,
}

/// The neighbourhood, or `None` where nothing is linked.
pub(super) fn around(view: &View<'_>, lines: &Lines, set: &RecordSet, centre: Node) -> Option<Around> {
    let layers = layers(set, centre)?;
    let name = |node: Node| {
        let id = set.id(node);
        let title = cut(set.record(node).map_or("", Record::title), 60);
        let m = match set.record(node) {
            Some(_) => Markup::new().link(&view.to(&lines.record(id)), id),
            None => Markup::new().text(id),
        };
        if title.is_empty() { m } else { m.element("span", "sub", &title) }
    };
    let rows = layers.links.iter().map(|(from, edge)| Line {
        from: name(*from),
        link: set.schema().link(edge.link).map(|link| link.title.clone()).unwrap_or_default(),
        to: name(edge.node),
        state: state(set, *from, *edge),
    });
    let left: usize = layers.all.iter().map(|(.., left)| left).sum();
    Some(Around {
        lines: rows.collect(),
        left: (left > 0).then(|| {
            format!(
                "{} more records stand around it; their links are in the lists above.",
                grouped(left as u64)
            )
        }),
        picture: draw(view, lines, set, centre, &layers),
    })
}

fn state(set: &RecordSet, from: Node, edge: Edge) -> Markup {
    if set.record(edge.node).is_none() {
        return Markup::new().state("gap", "leads nowhere");
    }
    match set.link_state(from, edge) {
        LinkState::Accepted => Markup::new().state("accepted", "accepted"),
        LinkState::Unaccepted => Markup::new().state("open", "not accepted"),
        LinkState::Suspect(_) => Markup::new().state("suspect", "suspect"),
    }
}

fn layers(set: &RecordSet, centre: Node) -> Option<Layers> {
    let mut seen = BTreeSet::from([centre]);
    let mut links: Vec<Drawn> = Vec::new();
    let mut drawn = BTreeSet::new();
    let mut side = |back: bool| {
        let (mut found, mut from) = (Vec::new(), vec![centre]);
        for _ in 0..STEPS {
            let (mut layer, mut left) = (Vec::new(), BTreeSet::new());
            for node in &from {
                let edges = if back { set.back(*node) } else { set.out(*node) };
                for edge in edges {
                    if !seen.contains(&edge.node) {
                        if layer.len() == MAX_LAYER {
                            left.insert(edge.node);
                            continue;
                        }
                        seen.insert(edge.node);
                        layer.push(edge.node);
                    }
                    let (source, target) = if back { (edge.node, *node) } else { (*node, edge.node) };
                    if drawn.insert((source, edge.link, target)) {
                        links.push((source, Edge { link: edge.link, node: target }));
                    }
                }
            }
            layer.sort_by_key(|node| set.id(*node));
            from.clone_from(&layer);
            found.push((layer, left.len()));
        }
        found
    };
    let (above, below) = (side(false), side(true));
    if links.is_empty() {
        return None;
    }
    let words = |steps: usize, what: &str| {
        if steps == 0 { what.to_owned() } else { format!("{what}, {} steps away", steps + 1) }
    };
    let mut all = Vec::new();
    for (steps, (layer, left)) in above.into_iter().enumerate().rev() {
        all.push((words(steps, "It links to"), layer, left));
    }
    all.push(("This record".to_owned(), vec![centre], 0));
    for (steps, (layer, left)) in below.into_iter().enumerate() {
        all.push((words(steps, "Linked from"), layer, left));
    }
    all.retain(|(_, layer, _)| !layer.is_empty());
    Some(Layers { all, links })
}

fn percent(n: usize) -> String {
    format!("{}.{:02}%", n / 100, n % 100)
}

fn draw(view: &View<'_>, lines: &Lines, set: &RecordSet, centre: Node, layers: &Layers) -> Markup {
    // Where each record stands: left edge and width in hundredths of a per cent, top in pixels.
    let mut places: BTreeMap<Node, (usize, usize, usize)> = BTreeMap::new();
    let (mut y, mut heads) = (0, Vec::new());
    for (words, layer, left) in &layers.all {
        let more = if *left > 0 { format!("{words}; {left} more") } else { words.clone() };
        heads.push((y, more));
        y += WORDS;
        let wide = layer.len().clamp(1, SIDE);
        let cell = WHOLE / SIDE;
        // Fewer than a full row stand in the middle.
        let indent = (WHOLE - wide * cell) / 2;
        for (n, node) in layer.iter().enumerate() {
            let x = indent + (n % wide) * cell + cell / 20;
            places.insert(*node, (x, cell - cell / 10, y + n / wide * ROW));
        }
        y += layer.len().div_ceil(wide) * ROW + BETWEEN;
    }
    let height = y.saturating_sub(BETWEEN);
    let mut m = Markup::new().raw(&format!(
        "<svg class=\"pic net\" role=\"group\" aria-labelledby=\"net-t net-d\" height=\"{height}\"><title id=\"net-t\">"
    ));
    m = m.text(&format!("Records around {}", set.id(centre))).raw("</title><desc id=\"net-d\">");
    m = m
        .text("What it links to stands above it, what links to it below; the same links stand in the table.");
    let sound = |from: Node, edge: Edge| {
        set.record(edge.node).is_some() && set.link_state(from, edge) == LinkState::Accepted
    };
    if layers.links.iter().any(|(from, edge)| !sound(*from, *edge)) {
        m = m.text(" A dashed line is a link in doubt.");
    }
    m = m.raw("</desc>");
    for (from, edge) in &layers.links {
        let (Some((x1, w1, y1)), Some((x2, w2, y2))) = (places.get(from), places.get(&edge.node)) else {
            continue;
        };
        // A link goes upwards: from the top of its source to the bottom of its target.
        let (x1, x2) = (percent(x1 + w1 / 2), percent(x2 + w2 / 2));
        let class = if sound(*from, *edge) { "wire" } else { "wire doubt" };
        m = m.raw(&format!(
            "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{}\"/>",
            y2 + BOX
        ));
    }
    for (y, words) in &heads {
        m = m.raw(&format!("<text class=\"lay\" x=\"0\" y=\"{}\">", y + 12)).text(words).raw("</text>");
    }
    for (node, (x, width, y)) in &places {
        let id = set.id(*node);
        let record = set.record(*node);
        let class = if *node == centre { "nbox here" } else { "nbox" };
        let there = record.is_some() && *node != centre;
        if there {
            m = m.raw("<a href=\"").text(&view.to(&lines.record(id))).raw("\">");
        }
        m = m.raw("<g><title>").text(&format!("{id} {}", record.map_or("", Record::title))).raw("</title>");
        m = m.raw(&format!(
            "<rect class=\"{class}\" x=\"{}\" y=\"{y}\" width=\"{}\" height=\"{BOX}\"/><text class=\"mid{}\" x=\"{}\" y=\"{}\">",
            percent(*x),
            percent(*width),
            if *node == centre { " inbar" } else { "" },
            percent(x + width / 2),
            y + 16
        ));
        m = m.text(&cut(id, 14)).raw("</text></g>");
        if there {
            m = m.raw("</a>");
        }
    }
    m.raw("</svg>")
}
