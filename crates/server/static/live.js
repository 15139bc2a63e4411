// Announces entries that came after the page was made. Everything else on the pages works without script.
// The server's events carry the index of an entry as their id; the page is never changed under its reader.

const here = document.querySelector('script[type="module"][data-size]');
const place = document.getElementById("fresh");
const size = Number(here?.dataset.size);

if (place && Number.isSafeInteger(size) && "EventSource" in window) {
  const seen = { size };
  const source = new EventSource(`/api/v1/events?from=${size}`);

  const show = () => {
    const fresh = seen.size - size;
    if (fresh <= 0) return;
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = "Show them";
    const words = fresh === 1 ? "1 new entry. " : `${fresh.toLocaleString("en")} new entries. `;
    place.replaceChildren(words, link);
    place.hidden = false;
  };

  const take = (event) => {
    const index = Number.parseInt(event.lastEventId, 10);
    seen.size = Math.max(seen.size, Number.isSafeInteger(index) ? index + 1 : seen.size + 1);
    // One announcement a second at most: a screen reader reads each.
    seen.timer ??= setTimeout(() => { seen.timer = undefined; show(); }, 1000);
  };

  source.addEventListener("message", take);
  source.addEventListener("entry", take);
  // The server went away or the session ended: stop, the page itself stays true.
  source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) source.close(); });
  addEventListener("pagehide", () => source.close());
}
