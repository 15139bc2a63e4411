//! Who a device is, where it is, and what its stream amounts to.

use evidence::facts::fleet::{Custody, KeyOrigin};
use evidence::{Hash, SourceId, Time};
use ledger::properties::grouped;
use world::World;
use world::fleet::{DeviceState, FleetView, Subject};

use super::super::markup::{Markup, count, percent};
use super::super::moments::View;
use super::super::phrase::cut;
use super::super::sources::totals;
use super::super::words;
use super::now::{ago, length};

pub(super) struct Identity {
    subject: Subject,
    asset: Option<String>,
    udi: Option<String>,
    serial: Option<String>,
    model: Option<String>,
    product: Option<String>,
    hardware: Option<String>,
    site: Option<(String, Option<String>)>,
    owner: Option<String>,
    custody: Option<Custody>,
    origin: Option<(KeyOrigin, u64, Time)>,
    key: Option<(&'static str, Hash)>,
    stream: Option<(u64, u64, u64)>,
    seen: Option<Time>,
    at: Time,
    interval: u64,
    deadline: u64,
}

impl Identity {
    pub(super) fn of(world: &World, fleet: &FleetView<'_>, state: &DeviceState<'_>) -> Self {
        let subject = state.subject();
        let origin = fleet.enrolment(&subject);
        let origin = origin.map(|(origin, index)| (origin, index, world.clock().time_of(index)));
        let own = |text: Option<&str>| text.map(str::to_owned);
        let (interval, deadline) = fleet.reporting(state.model, fleet.at());
        let key = |id: SourceId| {
            let source = world.sources().get(&id)?;
            let period = source.keys_at(fleet.known()).last()?;
            Some((period.key.algorithm.word(), period.id))
        };
        let stream = |id: SourceId| {
            let t = totals(world.streams().of_source(id).map(|(_, s)| s));
            (t.entries, t.missing, t.forks)
        };
        let site = state.site.map(|s| {
            (s.to_owned(), fleet.site(s).and_then(|s| named(s.name.as_deref(), s.country.as_deref())))
        });
        Self {
            asset: state.asset.clone(),
            udi: state.udi.clone(),
            serial: state.serial.clone(),
            model: own(state.model),
            product: own(state.product),
            hardware: own(state.hardware_version),
            site,
            owner: own(state.owner),
            custody: state.custody,
            origin,
            key: state.device.and_then(key),
            // Of the log as it is: at past moments the stream's own page says what it was.
            stream: state.device.filter(|_| fleet.known() == world.size()).map(stream),
            seen: state.seen,
            at: fleet.at(),
            interval,
            deadline,
            subject,
        }
    }

    /// Seconds for which evidence of its model is fresh.
    pub(super) const fn interval(&self) -> u64 {
        self.interval
    }

    /// Index of the entry that enrolled it.
    pub(super) fn enrolled(&self) -> Option<u64> {
        self.origin.map(|(_, index, _)| index)
    }

    pub(super) fn rows(&self, view: &View<'_>) -> Vec<(&'static str, Markup)> {
        let code = |text: &str| Markup::new().element("code", "", text);
        let none = |why: &str| Markup::new().element("span", "u", why);
        let narrowed = |field: &str, value: &str| {
            Markup::new().link(&view.to(&format!("/fleet?{field}={}", percent(value))), &cut(value, 60))
        };
        let mut out: Vec<(&'static str, Markup)> = Vec::new();
        out.push(("UDI", self.udi.as_deref().map_or_else(|| none("nobody said"), code)));
        out.push(("Serial number", self.serial.as_deref().map_or_else(|| none("nobody said"), code)));
        match &self.subject {
            Subject::Device(id) => out.push(("UEID", code(&id.to_string()))),
            Subject::Asset(_) => out.push(("UEID", none("not enrolled; it cannot attest"))),
        }
        out.extend(self.asset.as_deref().map(|a| ("Declared as", code(a))));
        out.push((
            "Model",
            self.model.as_deref().map_or_else(|| none("nobody said"), |m| narrowed("model", m)),
        ));
        out.extend(self.product.as_deref().map(|p| ("Product", Markup::new().text(p))));
        out.extend(self.hardware.as_deref().map(|h| ("Hardware", Markup::new().text(h))));
        if let Some((origin, index, time)) = &self.origin {
            let m = Markup::new()
                .text(words::origin(*origin))
                .text("; enrolled ")
                .time(*time)
                .text(" UTC, entry ");
            out.push(("Key lives in", m.link(&view.to(&format!("/log/{index}")), &grouped(*index))));
        }
        if let (Some((algorithm, id)), Subject::Device(source)) = (&self.key, &self.subject) {
            let m = Markup::new().text(algorithm).text(" ").digest(id).text(", ");
            out.push(("Key", m.link(&view.to(&format!("/sources/{source}")), "its history")));
        }
        out.push(("Site", self.site(&narrowed, &none)));
        out.extend(self.owner.as_deref().map(|o| ("Owner", Markup::new().text(&cut(o, 60)))));
        let custody = self.custody.map_or_else(
            || none("nobody said; taken to be in use"),
            |c| Markup::new().text(words::custody(c)),
        );
        out.push(("Custody", custody));
        let seen = self.seen.map_or_else(
            || none("never"),
            |t| Markup::new().time(t).text(" UTC").element("span", "sub", &ago(self.at, t)),
        );
        out.push(("Last seen", seen));
        if matches!(self.subject, Subject::Device(_)) {
            let text = format!("every {}; silent after {}", length(self.interval), length(self.deadline));
            out.push(("Reports", Markup::new().text(&text)));
        }
        if let (Some((entries, missing, forks)), Subject::Device(source)) = (self.stream, &self.subject) {
            let text = count(entries, "entry", "entries");
            let m = Markup::new().link(&view.to(&format!("/log?source={source}")), &text);
            let m = match missing {
                0 => m.text(", none missing"),
                n => m.text(", ").state("gap", &format!("{} missing", grouped(n))),
            };
            let m = if forks == 0 { m.text(", not forked") } else { m.text(", ").state("alarm", "forked") };
            out.push(("Stream", m));
        }
        out
    }

    fn site(&self, narrowed: &impl Fn(&str, &str) -> Markup, none: &impl Fn(&str) -> Markup) -> Markup {
        match &self.site {
            None => none("nobody said where it is"),
            Some((site, None)) => narrowed("site", site),
            Some((site, Some(name))) => narrowed("site", site).element("span", "sub", name),
        }
    }
}

fn named(name: Option<&str>, country: Option<&str>) -> Option<String> {
    let parts: Vec<&str> = name.into_iter().chain(country).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
