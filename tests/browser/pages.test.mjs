// Every page at two widths, light and dark: no axe violation, no console error, no overflow. Then without script, by keyboard,
// in print, at past moments, and the way in and out.

import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { browse, serve, signIn } from "./site.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SHOTS = process.env.SCREENSHOTS ?? "screenshots";

/** The product file of the example, as addresses call it. */
const EXAMPLE = "of=Infusion%20Pump%20IP-2%2C%202.x";

/** Pages that exist, by the name of their screenshot. `{device}` and so on are filled in from the fixture. */
const PAGES = {
  overview: "/",
  "overview-then": "/?known=2023-11-24T12:00:00Z",
  "overview-early": "/?known=120",
  "overview-ward": "/?of=Ward%20pump%2C%20main",
  fleet: "/fleet",
  "fleet-filtered": "/fleet?where=seen+%3C+2023-11-27T00%3A00%3A00Z&grade=attested",
  "fleet-then": "/fleet?known=700",
  "fleet-wrong": "/fleet?where=grade+%3D+atested",
  "fleet-none": "/fleet?where=serial+%3D+nobody",
  "fleet-empty": "/fleet?known=100",
  device: "/fleet/{updated}",
  "device-then": "/fleet/{updated}?at=2023-11-20T12:00:00Z&known=2023-11-20T12:00:00Z",
  "device-cloned": "/fleet/{cloned}",
  "device-altered": "/fleet/{altered}",
  "device-never": "/fleet/{never}",
  "device-declared": "/fleet/{declared}",
  findings: "/findings?state=all",
  "findings-silence": "/findings?kind=silence&site=site-14",
  "findings-none": "/findings?known=100",
  releases: "/releases",
  "releases-none": "/releases?known=100",
  release: "/releases/{newest}",
  "release-withdrawn": "/releases/{withdrawn}",
  "device-proof": "/fleet/{updated}/proof",
  "device-proof-absent": "/fleet/{nobody}/proof",
  "device-proof-none": "/fleet/{updated}/proof?known=1700",
  vulnerabilities: "/vulnerabilities",
  "vulnerabilities-then": "/vulnerabilities?known=2023-11-22T12:00:00Z",
  "vulnerabilities-none": "/vulnerabilities?known=120",
  "vulnerabilities-release": "/vulnerabilities?release={vulnerable}",
  vulnerability: "/vulnerabilities/CVE-2023-45853",
  "vulnerability-open": "/vulnerabilities/CVE-2023-45853?list=undetermined",
  "vulnerability-decided": "/vulnerabilities/CVE-2020-22283",
  "vulnerability-corrected": "/vulnerabilities/CVE-2023-3635",
  "vulnerability-then": "/vulnerabilities/CVE-2023-3635?known=2023-11-22T12:00:00Z",
  component: "/vulnerabilities/pkg%3Agithub%2Fmbed-tls%2Fmbedtls",
  metrics: "/vulnerability-metrics",
  "metrics-product": "/vulnerability-metrics?product=WG-10&show=implemented",
  "metrics-none": "/vulnerability-metrics?known=120",
  log: "/log",
  "log-filtered": "/log?fact=Equivocated",
  "log-none": "/log?fact=Recovered",
  "log-source": "/log?source={ci}",
  "entry-genesis": "/log/0",
  "entry-attested": "/log/{attested}",
  "entry-then": "/log/40?known=120&at=2023-11-15T00:30:00Z",
  "entry-corrected": "/log/{corrected}",
  "entry-equivocated": "/log/{equivocated}",
  "entry-release": "/log/{release}",
  sources: "/sources",
  "sources-gaps": "/sources?show=gaps",
  "source-ci": "/sources/{ci}",
  "source-device": "/sources/{gap}",
  "source-hostile": "/sources/{hostile}",
  records: "/records?of=Ward%20pump%2C%20main",
  "records-bare": "/records",
  "records-none": "/records?known=5",
  record: "/records/SWR-001?of=Ward%20pump%2C%20main",
  "record-need": "/records/UN-001?of=Ward%20pump%2C%20main",
  "record-hostile": "/records/UN-002?of=Ward%20pump%2C%20main",
  trace: "/trace?of=Ward%20pump%2C%20main",
  "trace-tests": "/trace?of=Ward%20pump%2C%20main&rows=system-requirement&column1=software-requirement&column2=test-case",
  "gaps": "/gaps?of=Ward%20pump%2C%20main",
  "gaps-clause": "/gaps?of=Ward%20pump%2C%20main&by=clause&show=all",
  "gaps-family": `/gaps?${EXAMPLE}&family=iec62304`,
  rules: `/rules?${EXAMPLE}`,
  "rules-family": `/rules?${EXAMPLE}&family=cybersecurity`,
  "rules-none": "/rules?known=5",
  risk: `/risk?${EXAMPLE}`,
  "risk-cell": `/risk?${EXAMPLE}&when=residual&severity=S5&probability=remote`,
  "risk-then": `/risk?${EXAMPLE}&known=1700`,
  "risk-none": "/risk?of=Ward%20pump%2C%20main",
  "records-example": `/records?${EXAMPLE}`,
  "record-risk": `/records/RISK-003?${EXAMPLE}`,
  "record-many": `/records/SWR-003?${EXAMPLE}`,
  "trace-example": `/trace?${EXAMPLE}`,
  search: "/search?q=pump",
  "search-none": "/search?q=nothing+like+this",
  "error-404": "/nowhere",
  "error-ahead": "/?known=999999",
};
/** What of axe depends on size and colours; all else is the same in each view and asked in two of them. */
const LOOKS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"];
const VIEWS = [
  { name: "1280", width: 1280, height: 900, colorScheme: "light" },
  { name: "1280-dark", width: 1280, height: 900, colorScheme: "dark", rules: LOOKS },
  { name: "360", width: 360, height: 740, colorScheme: "light", rules: LOOKS },
  { name: "360-dark", width: 360, height: 740, colorScheme: "dark" },
];

let site, chrome, cookies, paths;

/** Opens a page in a context of its own and says what the console complained about. */
async function open(path, options = {}) {
  const { width = 1280, height = 900, name: _name, rules: _rules, ...rest } = options;
  // Without motion, so that a picture shows what is there and not what is on its way.
  const context = await chrome.browser.newContext({ viewport: { width, height }, reducedMotion: "reduce", ...rest });
  await context.addCookies(cookies);
  const page = await context.newPage();
  const complaints = [];
  // The fixture has no event stream, and error pages answer with an error status: neither is the page's fault.
  const expected = (text, url) => url.includes("/api/v1/events") || (url === site.url + path && /status of 40\d/.test(text));
  page.on("console", (m) => {
    if (m.type() === "error" && !expected(m.text(), m.location().url)) complaints.push(`${m.text()} ${m.location().url}`);
  });
  page.on("pageerror", (e) => complaints.push(String(e)));
  await page.goto(site.url + path, { waitUntil: "load" });
  return { page, context, complaints };
}

/** Where the first link whose row contains a text leads. */
async function find(path, text) {
  const { page, context } = await open(path);
  const row = page.locator("tbody tr", { hasText: text }).first();
  const href = await row.locator("a.row").getAttribute("href");
  await context.close();
  return href.replace(/^.*\//, "").replace(/\?.*$/, "");
}

before(async () => {
  await mkdir(SHOTS, { recursive: true });
  site = await serve();
  chrome = await browse();
  cookies = await signIn(chrome.browser, site.url, site.codes[0]);
  paths = {
    ci: await find("/sources?kind=ci", "Firmware"),
    gap: await find("/sources?show=gaps", "missing"),
    hostile: await find("/sources?kind=service", "script"),
    attested: await find("/log?fact=Attested", "2.1.0"),
    corrected: await find("/log?fact=Decision", "corrected"),
    equivocated: await find("/log?fact=Equivocated", "claim"),
    release: await find("/log?fact=ReleaseMade", "released"),
    updated: await find("/fleet", "IP4-0100000"),
    cloned: await find("/fleet", "IP4-0100005"),
    altered: await find("/fleet", "IP4-0100010"),
    never: await find("/fleet", "IP4-0100008"),
    declared: await find("/fleet", "IP4-0000902"),
    newest: await find("/releases", "2.1.1"),
    withdrawn: await find("/releases", "2.0.3"),
    vulnerable: await find("/releases", "2.0.3"),
    nobody: site.nobody,
  };
});

after(async () => {
  await chrome?.stop();
  site?.stop();
});

const fill = (path) => path.replace(/\{(\w+)\}/g, (_, name) => paths[name]);

async function assertSound(page, complaints, what, rules) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(overflow, 0, `${what}: overflows by ${overflow} px`);
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((only) => {
    const runOnly = only && { type: "rule", values: only };
    return globalThis.axe.run(document, { resultTypes: ["violations"], ...(runOnly && { runOnly }) });
  }, rules);
  const said = violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(" | ")}`);
  assert.deepEqual(said, [], what);
  assert.deepEqual(complaints, [], what);
}

for (const view of VIEWS) {
  for (const [name, path] of Object.entries(PAGES)) {
    test(`${name} at ${view.name}`, async () => {
      const { page, context, complaints } = await open(fill(path), view);
      await page.screenshot({ path: join(SHOTS, `${name}-${view.name}.png`), fullPage: true });
      await assertSound(page, complaints, `${name} at ${view.name}`, view.rules);
      await context.close();
    });
  }
}

for (const view of VIEWS) {
  test(`sign-in at ${view.name}`, async () => {
    const context = await chrome.browser.newContext({ viewport: view, colorScheme: view.colorScheme, reducedMotion: "reduce" });
    const page = await context.newPage();
    await page.goto(`${site.url}/log/3`);
    assert.equal(new URL(page.url()).pathname, "/sign-in");
    await page.screenshot({ path: join(SHOTS, `sign-in-${view.name}.png`), fullPage: true });
    await assertSound(page, [], `sign-in at ${view.name}`);
    await context.close();
  });
}

test("nothing overflows at any width between, with the navigation open or folded", async () => {
  const { page, context } = await open("/risk?" + EXAMPLE);
  for (const width of [320, 480, 640, 768, 900, 1024, 1100, 1180, 1240, 1260, 1600, 2200]) {
    await page.setViewportSize({ width, height: 800 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(overflow, 0, `at ${width} px by ${overflow} px`);
  }
  await context.close();
});

test("the as-of popover holds at both widths", async () => {
  for (const view of VIEWS) {
    const { page, context, complaints } = await open("/log", view);
    await page.getByRole("button", { name: /As it was at/ }).click();
    await page.locator("#asof").waitFor({ state: "visible" });
    await page.screenshot({ path: join(SHOTS, `as-of-${view.name}.png`) });
    await assertSound(page, complaints, `as-of at ${view.name}`);
    await context.close();
  }
});

test("pages work without script: popover, form, links keep both moments", async () => {
  const { page, context } = await open("/log?fact=Attested", { javaScriptEnabled: false });
  await page.getByRole("button", { name: /As it was at/ }).click();
  await page.getByLabel("As known at (UTC or entries)").fill("150");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  const here = new URL(page.url());
  assert.equal(here.searchParams.get("known"), "150");
  assert.equal(here.searchParams.get("fact"), "Attested", "the filter stays");
  await page.getByRole("link", { name: "Overview", exact: true }).click();
  assert.equal(new URL(page.url()).searchParams.get("known"), "150", "the moments stay");
  assert.ok(await page.locator(".asof[data-past]").count(), "the strip says so");
  await page.getByRole("link", { name: "Return to the present" }).click();
  assert.equal(new URL(page.url()).search, "");
  assert.equal(await page.locator(".asof[data-past]").count(), 0);
  await context.close();
});

test("the keyboard reaches the skip link, the navigation and the as-of panel", async () => {
  const { page, context } = await open("/");
  const focus = () => page.evaluate(() => document.activeElement?.textContent?.trim().replace(/\s+/g, " ") ?? "");
  await page.keyboard.press("Tab");
  assert.equal(await focus(), "Skip to content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  await page.goto(`${site.url}/`);
  for (let n = 0; n < 24 && !(await focus()).startsWith("As it was at"); n += 1) await page.keyboard.press("Tab");
  assert.match(await focus(), /^As it was at/);
  await page.keyboard.press("Enter");
  assert.ok(await page.locator("#asof").isVisible());
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "at");
  await page.keyboard.press("Escape");
  assert.ok(!(await page.locator("#asof").isVisible()));
  await context.close();
});

test("the fleet is narrowed without script, by keyboard alone, and numbers lead to their lists", async () => {
  const { page, context } = await open("/fleet", { javaScriptEnabled: false });
  await page.getByLabel("Condition").focus();
  await page.keyboard.type('serial ~ "IP4-01" and not silent = yes');
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "f-site");
  await page.keyboard.press("ArrowDown");
  await page.getByLabel("Condition").press("Enter");
  const here = new URL(page.url());
  assert.equal(here.searchParams.get("where"), 'serial ~ "IP4-01" and not silent = yes');
  assert.equal(here.searchParams.get("site"), "site-14");
  const said = await page.locator(".lead").innerText();
  const rows = await page.locator("#devices tbody tr").count();
  assert.match(said, new RegExp(`^${rows} of 35 devices match\\.`));
  await page.locator("#devices a.row").first().focus();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/fleet/dev:**");
  await page.getByRole("link", { name: "The same as a table" }).press("Enter");
  assert.equal(new URL(page.url()).hash, "#h-iv");
  await context.close();
});

test("a bad condition says where, and is corrected in place", async () => {
  const { page, context } = await open("/fleet?where=site+%3D%3D+x", { javaScriptEnabled: false });
  assert.match(await page.getByRole("alert").innerText(), /At character 7/);
  assert.equal(await page.locator("mark").innerText(), "=");
  assert.equal(await page.getByLabel("Condition").getAttribute("aria-describedby"), "f-wrong");
  await page.getByLabel("Condition").fill("site = site-21");
  await page.getByRole("button", { name: "Filter" }).click();
  assert.match(await page.locator(".lead").innerText(), /of 35 devices match/);
  await context.close();
});

test("every picture has a title, a description and a table with the same figures", async () => {
  for (const path of ["/fleet", "/fleet/{updated}", "/", PAGES.metrics, PAGES.vulnerability, PAGES["record-risk"]]) {
    const { page, context } = await open(fill(path));
    for (const picture of await page.locator("svg.pic").all()) {
      const names = (await picture.getAttribute("aria-labelledby")).split(" ");
      for (const id of names) assert.ok((await page.locator(`#${id}`).textContent()).length > 10, `${path}: ${id}`);
      assert.ok(await picture.locator("xpath=ancestor::main").locator("table").count(), `${path}: a table`);
    }
    // What certainty is drawn as is told apart by pattern too.
    const fills = await page.locator("svg.pic .m-ass").evaluateAll((all) => all.map((e) => e.getAttribute("fill")));
    assert.ok(fills.every((fill) => fill === "url(#hatch)"), path);
    await context.close();
  }
});

test("a page prints without its bar and in black on white", async () => {
  for (const name of ["entry-attested", "overview", "fleet", "device", "findings", "release", "risk", "metrics", "vulnerability", "record-risk", "device-proof"]) {
    const { page, context } = await open(fill(PAGES[name]), { colorScheme: "dark" });
    await page.pdf({ path: join(SHOTS, `${name}.pdf`), preferCSSPageSize: true });
    await page.emulateMedia({ media: "print" });
    assert.ok(!(await page.locator(".bar").isVisible()), "the bar is for the screen");
    assert.ok(await page.locator(".asof .moments").isVisible(), "the moments are printed");
    const ink = await page.evaluate(() => getComputedStyle(document.body).color);
    assert.equal(ink, "rgb(0, 0, 0)");
    await context.close();
  }
});

test("new entries are announced where an event stream says so", async () => {
  const { page, context } = await open("/nowhere");
  const size = await page.locator("script[data-size]").getAttribute("data-size");
  await page.route("**/api/v1/events**", (route) => route.fulfill({
    contentType: "text/event-stream",
    body: `id: ${size}\ndata: {}\n\nid: ${Number(size) + 1}\ndata: {}\n\n`,
  }));
  await page.goto(`${site.url}/log`);
  await page.locator("#fresh").waitFor({ state: "visible" });
  assert.match(await page.locator("#fresh").innerText(), /2 new entries/);
  await context.close();
});

test("a device's page announces that device's entries, the fleet's those about devices", async () => {
  const { page, context } = await open("/nowhere");
  const size = Number(await page.locator("script[data-size]").getAttribute("data-size"));
  const says = [
    { fact: "Tick", source: "ledger:0" },
    { fact: "Attested", source: paths.updated },
    { fact: "Attested", source: paths.cloned },
    { fact: "DeviceMoved", source: "person:0" },
  ];
  const body = says.map((data, n) => `id: ${size + n}\ndata: ${JSON.stringify(data)}\n\n`).join("");
  await page.route("**/api/v1/events**", (route) => route.fulfill({ contentType: "text/event-stream", body }));
  await page.goto(`${site.url}/fleet/${paths.updated}`);
  await page.locator("#fresh").waitFor({ state: "visible" });
  assert.match(await page.locator("#fresh").innerText(), /^1 new entry by this device/);
  await page.goto(`${site.url}/fleet`);
  await page.locator("#fresh").waitFor({ state: "visible" });
  assert.match(await page.locator("#fresh").innerText(), /^3 new entries about the fleet/);
  await context.close();
});

test("the risk matrix is read and followed by keyboard, without script and without colour", async () => {
  const { page, context } = await open(fill(PAGES.risk), { javaScriptEnabled: false, forcedColors: "active" });
  for (const heading of ["Before control", "After control"]) {
    const table = page.getByRole("table", { name: heading });
    assert.ok(await table.isVisible(), heading);
    // Each cell says its number and what the policy says of it.
    for (const cell of await table.locator("td").all()) assert.match(await cell.innerText(), /^\d+\s*(acceptable|reduce|unacceptable)$/);
  }
  const cell = page.getByRole("table", { name: "After control" }).locator("td a").first();
  const n = Number((await cell.locator("b").innerText()).trim());
  await cell.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL("**severity=**");
  assert.equal(await page.locator("#risks tbody tr").count(), n);
  assert.equal(await page.locator('a[aria-current="true"]').count(), 1);
  await context.close();
});

test("metrics and vulnerabilities are narrowed without script, and the moments stay", async () => {
  const { page, context } = await open("/vulnerability-metrics?known=2023-11-27T00:00:00Z", { javaScriptEnabled: false });
  await page.getByLabel("Product", { exact: true }).selectOption("WG-10");
  await page.getByLabel("Identified from").fill("2023-11-01");
  await page.getByRole("button", { name: "Show", exact: true }).last().click();
  const here = new URL(page.url());
  assert.equal(here.searchParams.get("product"), "WG-10");
  assert.match(here.searchParams.get("known"), /^\d+$/);
  assert.equal(await page.locator("#courses tbody tr").count(), 1);
  await page.getByRole("link", { name: "CVE-2023-3635", exact: true }).last().click();
  assert.ok(await page.locator(".asof[data-past]").count(), "the moments stay");
  await page.waitForURL("**/vulnerabilities/CVE-2023-3635**");
  // The reasoning opens.
  await page.locator("details.case summary").first().press("Enter");
  await page.locator("details.case[open] .steps li").first().waitFor();
  await context.close();
});

test("a device is shown at both moments, and its proofs are worked out", async () => {
  const { page, context } = await open(fill(PAGES.device), { javaScriptEnabled: false });
  await page.getByRole("button", { name: /As it was at/ }).click();
  await page.locator("#at").evaluate((field) => { field.value = "2023-11-20T12:00:00"; });
  await page.getByLabel("As known at (UTC or entries)").fill("2023-11-21 12:00");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  assert.ok(await page.locator(".asof[data-past]").count());
  assert.match(await page.locator(".moments").innerText(), /2023-11-20 12:00[\s\S]*2023-11-21 0/);
  await page.getByRole("link", { name: "Return to the present" }).click();
  await page.getByRole("link", { name: "by a seal" }).click();
  await page.locator("details summary", { hasText: "Leaf at place" }).first().click();
  const root = await page.locator(".note .dg").first().innerText();
  assert.match(root, /^[0-9a-f]{64}$/);
  assert.equal(await page.getByText("verified just now").count(), 2, "current, and absent before it was enrolled");
  await context.close();
});

test("a new advisory is announced on pages about vulnerabilities, and shown when asked for", async () => {
  const one = await open("/vulnerabilities");
  const two = await open("/vulnerability-metrics");
  const other = await open("/sources");
  assert.equal(await one.page.getByText("CVE-2099-0001").count(), 0);
  site.tell("advisory");
  for (const { page } of [one, two]) {
    await page.locator("#fresh").waitFor({ state: "visible" });
    assert.match(await page.locator("#fresh").innerText(), /^1 new entry about vulnerabilities/);
    assert.equal(await page.locator("#fresh").getAttribute("role"), "status", "read out without taking the place");
  }
  await other.page.locator("#fresh").waitFor({ state: "visible" });
  await one.page.getByRole("link", { name: "Show them" }).press("Enter");
  await one.page.getByRole("link", { name: "CVE-2099-0001" }).waitFor();
  for (const { context, complaints } of [one, two, other]) {
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test("a code is good once; signing out ends the session", async () => {
  const context = await chrome.browser.newContext({ reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto(`${site.url}/log/3`);
  await page.getByLabel("Sign-in code").fill(site.codes[0]);
  await page.getByRole("button", { name: "Sign in" }).click();
  assert.match(await page.getByRole("alert").innerText(), /not valid/);
  await page.screenshot({ path: join(SHOTS, "sign-in-refused.png") });
  await page.getByLabel("Sign-in code").fill(site.codes[1].toLowerCase());
  await page.getByRole("button", { name: "Sign in" }).click();
  assert.equal(new URL(page.url()).pathname, "/log/3", "it goes on where it was wanted");
  await page.getByRole("button", { name: "Sign out" }).click();
  assert.equal(new URL(page.url()).pathname, "/sign-in");
  await page.goto(`${site.url}/`);
  assert.equal(new URL(page.url()).pathname, "/sign-in");
  await context.close();
});
