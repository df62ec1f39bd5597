import { chromium } from "playwright-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

/** No sandbox as root (it cannot be had there), no GPU, and nothing that talks to anyone by itself. */
const launchArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A headless browser with a profile of its own, which goes with it. */
export function openBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args: launchArguments });
}

/** A page whose every misstep is written down: what no page of ours should ever do. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors and warnings on the console, uncaught exceptions, dialogs, requests to anyone but `origin`. */
  readonly missteps: readonly string[];
  /** Calls of `canary()`, and breaches of the content policy, that happened on the page itself. */
  traps(): Promise<{ readonly canary: number; readonly breaches: readonly string[] }>;
}

const trapScript = `
  globalThis.trapped = { canary: 0, breaches: [] };
  globalThis.canary = () => { trapped.canary += 1; };
  document.addEventListener("securitypolicyviolation", (event) => {
    trapped.breaches.push(event.violatedDirective + " " + event.blockedURI);
  });
`;

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  await context.addInitScript({ content: trapScript });
  const page = await context.newPage();
  const missteps: string[] = [];
  const { origin } = new URL(url);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) missteps.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => missteps.push(`uncaught: ${error.message}`));
  page.on("popup", () => missteps.push("popup"));
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) missteps.push(`request: ${request.url()}`);
  });
  page.on("dialog", (dialog) => {
    missteps.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, missteps, traps: () => page.evaluate("trapped") };
}
