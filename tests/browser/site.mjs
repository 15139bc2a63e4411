// Starts the fixture's server and a browser with a fresh profile, and takes both down again.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** The fixture's address and sign-in codes, how to tell it something, and how to end it. */
export async function serve() {
  const server = spawn(process.env.FIXTURE, { stdio: ["pipe", "pipe", "inherit"] });
  const line = await new Promise((resolve, reject) => {
    createInterface(server.stdout).once("line", resolve);
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`the fixture ended with ${code}`)));
  });
  return { ...JSON.parse(line), tell: (word) => server.stdin.write(`${word}\n`), stop: () => server.kill() };
}

/** A browser, and how to end it. */
export async function browse() {
  const profile = await mkdtemp(join(tmpdir(), "vouchsafe-browser-"));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    headless: true,
    args: [...FLAGS, `--disk-cache-dir=${profile}`],
  });
  return {
    browser,
    stop: async () => {
      await browser.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Signs in with a code and answers the session's cookies. */
export async function signIn(browser, url, code) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${url}/`);
  await page.getByLabel("Sign-in code").fill(code);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${url}/`);
  const cookies = await context.cookies();
  await context.close();
  return cookies;
}
