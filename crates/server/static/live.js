// Announces entries that came after the page was made, and asks again for what is still being counted. Everything else on the
// pages works without script. The server's events carry the index of an entry as their id, its fact and its source; a page
// that shows a part of the log says which facts or which source it is about, and hears of these only. The page is never
// changed under its reader.

const here = document.querySelector('script[type="module"][data-size]');
const place = document.getElementById("fresh");
const size = Number(here?.dataset.size);
const facts = document.querySelector("[data-live-facts]")?.dataset.liveFacts.split(" ");
const about = document.querySelector("[data-live-about]")?.dataset.liveAbout ?? "the fleet";
const source = document.querySelector("[data-live-source]")?.dataset.liveSource;

if (place && Number.isSafeInteger(size) && "EventSource" in window) {
  const seen = { size, about: 0 };
  const events = new EventSource(`/api/v1/events?from=${size}`);

  const show = () => {
    if (seen.about <= 0) return;
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = "Show them";
    const whose = source ? " by this device" : facts ? ` about ${about}` : "";
    const words = seen.about === 1 ? `1 new entry${whose}. ` : `${seen.about.toLocaleString("en")} new entries${whose}. `;
    place.replaceChildren(words, link);
    place.hidden = false;
  };

  const concerns = (text) => {
    if (!facts && !source) return true;
    try {
      const entry = JSON.parse(text);
      return source ? entry.source === source : facts.includes(entry.fact);
    } catch {
      return true;
    }
  };

  const take = (event) => {
    const index = Number.parseInt(event.lastEventId, 10);
    const next = Number.isSafeInteger(index) ? index + 1 : seen.size + 1;
    if (next <= seen.size) return;
    seen.size = next;
    if (!concerns(event.data)) return;
    seen.about += 1;
    // One announcement a second at most: a screen reader reads each.
    seen.timer ??= setTimeout(() => { seen.timer = undefined; show(); }, 1000);
  };

  events.addEventListener("message", take);
  events.addEventListener("entry", take);
  // The server went away or the session ended: stop, the page itself stays true.
  events.addEventListener("error", () => { if (events.readyState === EventSource.CLOSED) events.close(); });
  addEventListener("pagehide", () => events.close());
}

// What is being counted is asked for again: each time a second later, so that nobody is kept busy by a forgotten page.
if (document.querySelector("[data-counting]")) {
  const tries = Number(sessionStorage.getItem(location.href) ?? 0);
  sessionStorage.setItem(location.href, String(tries + 1));
  if (tries < 30) setTimeout(() => location.reload(), 1000 * (tries + 1));
} else {
  sessionStorage.removeItem(location.href);
}
