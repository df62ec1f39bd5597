/**
 * The live page as a user has it: the real collector, the real SDK, a real Chromium. Where none is installed the tests
 * are skipped and say so; `npm run test:browser` installs it, or fails.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { startCollector } from "@oncewire/collector";
import type { Collector } from "@oncewire/collector";
import { createTracker, rudderStack } from "oncewire";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { findChromium } from "../../scripts/chromium.mjs";
import { hostileTexts } from "./hostile-texts.js";
import { openBrowser, openPage } from "./open-browser.js";
import type { WatchedPage } from "./open-browser.js";

const chromium = findChromium();
const isSkipped = chromium === null && process.env["ONCEWIRE_BROWSER"] !== "required";
if (isSkipped)
  process.stderr.write("Skipped: no Chromium found for test/browser; `npm run test:browser` installs one.\n");

let browser: Browser;
let dataDirectory: string;
let collector: Collector;
let watched: WatchedPage;
let page: Page;

const rows = (): Locator => page.locator("#rows tr");
const row = (text: string): Locator => rows().filter({ hasText: text });
const summary = (): Locator => page.locator("#summary");
const connection = (state: string): Locator => page.locator(`#connection[data-state="${state}"]`);

async function open(options: BrowserContextOptions = {}): Promise<void> {
  watched = await openPage(browser, collector.url, options);
  ({ page } = watched);
  await connection("live").waitFor();
}

async function post(path: string, body: unknown, writeKey = "browser-test"): Promise<Response> {
  return fetch(collector.url + path, {
    method: "POST",
    headers: {
      authorization: `Basic ${Buffer.from(`${writeKey}:`).toString("base64")}`,
      "content-type": "application/json",
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

async function track(...names: readonly string[]): Promise<void> {
  const batch = names.map((event) => ({ type: "track", userId: "ada", event, messageId: `id of ${event}` }));
  expect((await post("/v1/batch", { batch })).status).toBe(200);
}

describe.skipIf(isSkipped)(`the live page${isSkipped ? " (skipped: no Chromium found)" : ""}`, () => {
  beforeAll(async () => {
    if (chromium === null) throw new Error("expected a Chromium: install one or set ONCEWIRE_CHROMIUM to its path");
    browser = await openBrowser(chromium);
  });
  afterAll(() => browser.close());

  beforeEach(async () => {
    dataDirectory = mkdtempSync(join(tmpdir(), "oncewire-browser-"));
    collector = await startCollector({ dataDirectory, port: 0 });
  });
  afterEach(async () => {
    await page.context().close();
    await collector.close();
    rmSync(dataDirectory, { recursive: true, force: true });
  });

  it("shows how to send the first event, then an event the SDK tracked, opened beside its wire form", async () => {
    await open();
    await page.getByText("Waiting for the first event").waitFor();
    const example = (await page.locator("#example").textContent()) ?? "";
    const [, body, url] = /^curl -u demo: .* -d '(.*)' \\\s+(\S+)$/s.exec(example) ?? [];
    expect(url).toBe(`${collector.url}/v1/track`);
    expect((await post("/v1/track", body, "demo")).status).toBe(200);
    await row("Hello").waitFor();

    const tracker = createTracker({
      destinations: [rudderStack({ writeKey: "browser-test", dataPlaneUrl: collector.url })],
    });
    const { id } = tracker.track({
      userId: "ada",
      event: "Order Completed",
      properties: { total: 42.5, items: [{ sku: "tea-01" }] },
    });
    await tracker.close();

    await row("Order Completed").click();
    expect(await row("Order Completed").textContent()).toMatch(/^\d\d:\d\d:\d\d\.\d{3}trackOrder Completedada/);
    await page.getByText("Waiting for the first event").waitFor({ state: "hidden" });
    expect(await page.locator(".tree").textContent()).toContain("skutea-01");
    expect(JSON.parse((await page.locator(".wire").textContent()) ?? "")).toMatchObject({
      messageId: id,
      event: "Order Completed",
    });
    await page.locator('[data-stat="accepted"]', { hasText: /^2$/ }).waitFor();
    await page.locator('[data-stat="stored"]', { hasText: /^2$/ }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("#detail").waitFor({ state: "hidden" });
    expect(watched.missteps).toEqual([]);
  });

  it("shows what was there before the page was opened", async () => {
    await track("Before");
    await collector.settled();
    await open();
    await row("Before").waitFor();
  });

  it("marks what is bad with its reason and shows it as it came", async () => {
    await open();
    expect((await post("/v1/batch", '{"batch": [oops')).status).toBe(400);
    await page.locator("#rows tr.bad").click();
    expect(await page.locator("#rows tr.bad .cell-name").textContent()).toMatch(/^invalid-json: Expected .+/);
    expect(await page.locator(".reason").textContent()).toContain("Expected one JSON text");
    expect(await page.locator(".wire").textContent()).toContain("[oops");
    await page.locator('[data-stat="bad"]', { hasText: /^1$/ }).waitFor();
  });

  it("holds still during a pause, counts what waits, and shows it when the pause ends", async () => {
    await open();
    await track("One");
    await row("One").waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await track("Two", "Three");
    await summary().filter({ hasText: "2 waiting" }).waitFor();
    expect(await rows().count()).toBe(1);
    await page.getByRole("button", { name: "Resume" }).click();
    await row("Three").waitFor();
    expect(await rows().locator(".cell-name").allTextContents()).toEqual(["Three", "Two", "One"]);
  });

  it("filters by any field at once, and new events, too", async () => {
    await open();
    await track("Apple Bought", "Pear Bought");
    await row("Pear Bought").waitFor();
    await page.getByRole("searchbox").fill("APPLE");
    await summary().filter({ hasText: "1 shown of 2" }).waitFor();
    await track("Pear Eaten", "Apple Eaten");
    await row("Apple Eaten").waitFor();
    expect(await rows().locator(".cell-name").allTextContents()).toEqual(["Apple Eaten", "Apple Bought"]);
    await page.getByRole("searchbox").fill("id of pear eaten");
    await row("Pear Eaten").waitFor();
    expect(await rows().count()).toBe(1);
  });

  it("can be used by keyboard alone", async () => {
    await open();
    await track("First", "Second");
    await row("Second").waitFor();
    await page.getByRole("button", { name: "Pause" }).focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator("#detail h2", { hasText: "Second" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.locator("#detail h2", { hasText: "First" }).waitFor();
    await page.keyboard.press("Escape");
    expect(await page.evaluate("document.activeElement.querySelector('.cell-name').textContent")).toBe("First");
  });

  it("says when the connection is lost, and goes on when the collector is back", async () => {
    await open();
    await track("Before");
    await row("Before").waitFor();
    const port = Number(new URL(collector.url).port);
    await collector.close();
    await connection("lost").waitFor();
    collector = await startCollector({ dataDirectory, port });
    await connection("live").waitFor();
    await track("After");
    await row("After").waitFor();
  });

  it("shows each event once, although a collector that was killed sends again what it had not sealed", async () => {
    await track("Sealed");
    await collector.close();
    collector = await startCollector({ dataDirectory, port: 0 });
    await open();
    await row("Sealed").waitFor();
    await track("One", "Two");
    await row("Two").waitFor();
    // What a process leaves that ends without doing anything more.
    const left = mkdtempSync(join(tmpdir(), "oncewire-browser-"));
    cpSync(dataDirectory, left, { recursive: true, filter: (path) => !basename(path).startsWith("lock") });
    const port = Number(new URL(collector.url).port);
    await collector.close();
    await connection("lost").waitFor();
    rmSync(dataDirectory, { recursive: true });
    dataDirectory = left;
    collector = await startCollector({ dataDirectory, port });
    await connection("live").waitFor();
    await track("Three");
    await row("Three").waitFor();
    expect(await rows().locator(".cell-name").allTextContents()).toEqual(["Three", "Two", "One", "Sealed"]);
    expect(await summary().textContent()).toBe("4 shown");
  });

  it("fits a phone, in light and in dark", async () => {
    await open({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, colorScheme: "dark" });
    await track("A name that is far too long for the narrow screen of a telephone");
    await rows().first().tap();
    await page.getByRole("button", { name: "Close the event" }).waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    const ground = (): Promise<unknown> =>
      page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor");
    const dark = await ground();
    await page.emulateMedia({ colorScheme: "light" });
    expect(await ground()).not.toBe(dark);
  });

  it("never holds more than a thousand rows", async () => {
    await open();
    let tracked = 0;
    const trackMore = async (): Promise<void> => {
      await track(...Array.from({ length: 250 }, (_, at) => `Event ${tracked + at}`));
      tracked += 250;
      await row(`Event ${tracked - 1}`)
        .first()
        .waitFor();
    };
    // Of what comes faster than it can be looked at, some is left out.
    while ((await rows().count()) < 1_000) await trackMore();
    await trackMore();
    expect(await rows().count()).toBe(1_000);
  });

  it("takes hostile texts in every field for text", async () => {
    expect(hostileTexts.length).toBeGreaterThanOrEqual(200);
    await open();
    for (const [at, text] of hostileTexts.entries())
      await post("/v1/batch", hostileBatch(text, at), text.replaceAll(":", ";"));
    await collector.settled();
    const { stored } = collector.stats();
    await page.locator('[data-stat="stored"]', { hasText: stored.toLocaleString("en") }).waitFor();
    await vi.waitFor(async () => expect(await rows().count()).toBeGreaterThan(hostileTexts.length), {
      timeout: 10_000,
    });
    const count = await rows().count();

    await rows().first().press("Enter");
    expect(await page.evaluate(openEveryEvent)).toBe(count);
    await page.getByRole("searchbox").fill("<script>canary()</script>");
    await summary().filter({ hasText: "shown of" }).waitFor();
    expect(await rows().count()).toBeGreaterThan(0);

    expect(await watched.traps()).toEqual({ canary: 0, breaches: [] });
    expect(watched.missteps).toEqual([]);
    expect(page.url()).toBe(`${collector.url}/`);
  }, 60_000);

  it("would notice: the traps of the test above work", async () => {
    await open();
    await page.evaluate("canary()");
    const isRefused = "(() => { try { document.body.innerHTML = '<p>'; } catch { return true; } })()";
    expect(await page.evaluate(isRefused)).toBe(true);
    await page.evaluate("document.body.append(Object.assign(new Image(), { src: 'https://evil.example/pixel.gif' }))");
    await page.waitForFunction("trapped.breaches.length >= 2");
    expect((await watched.traps()).canary).toBe(1);
    expect(watched.missteps.length).toBeGreaterThan(0);
  });
});

/** Walks down the table by arrow keys, unfolds each event that opens, and tells how many different ones there were. */
const openEveryEvent = `(async () => {
  const seen = new Set();
  while (!seen.has(document.activeElement)) {
    seen.add(document.activeElement);
    document.querySelectorAll("#detail details").forEach((branch) => (branch.open = true));
    if (seen.size % 10 === 0) await new Promise((rendered) => requestAnimationFrame(rendered));
    const key = new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true, cancelable: true });
    document.activeElement.dispatchEvent(key);
  }
  return seen.size;
})()`;

/** One hostile text as every field of an event, as its kind, and as a message that is none. */
function hostileBatch(text: string, at: number): unknown {
  const fields = {
    properties: { [text]: text, list: [text] },
    context: { [text]: { [text]: [text] }, page: { url: text } },
  };
  const ids = { userId: text, anonymousId: text, messageId: `${at} ${text}` };
  return {
    batch: [
      { type: "track", event: text, ...ids, ...fields },
      { type: "page", name: text, ...ids, ...fields, messageId: `page ${at} ${text}`, userId: undefined },
      { type: text, event: text, ...ids, messageId: `type ${at} ${text}` },
    ],
  };
}
