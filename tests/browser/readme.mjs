// Takes the picture of the README: the overview of the fixture, as wide as the README shows it. Usage: node readme.mjs FILE.
// `crates/server/tests/it/pages_overview.rs` holds the file to its size.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { pack } from "./png.mjs";
import { browse, serve, signIn } from "./site.mjs";

const SIZE = { width: 1280, height: 1100 };

const file = process.argv[2];
const site = await serve();
const chrome = await browse();
try {
  const cookies = await signIn(chrome.browser, site.url, site.codes[0]);
  const context = await chrome.browser.newContext({ viewport: SIZE, colorScheme: "light", reducedMotion: "reduce" });
  await context.addCookies(cookies);
  const page = await context.newPage();
  await page.goto(`${site.url}/`, { waitUntil: "load" });
  const picture = pack(await page.screenshot({ type: "png" }));
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, picture);
  console.log(`${file}: ${SIZE.width} × ${SIZE.height}, ${picture.length} bytes`);
} finally {
  await chrome.stop();
  site.stop();
}
