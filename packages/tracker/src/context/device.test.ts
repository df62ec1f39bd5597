import { describe, expect, it } from "vitest";
import { machineOf } from "./device.js";
import type { Machine } from "./device.js";

const mozilla = "Mozilla/5.0";
const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
const iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";

const agents: readonly (readonly [name: string, userAgent: string, machine: Machine])[] = [
  [
    "Chrome on Windows 10 or 11",
    `${mozilla} (Windows NT 10.0; Win64; x64) ${webkit} Chrome/126.0.0.0 Safari/537.36`,
    { browser: { name: "Chrome", version: "126.0.0.0" }, os: { name: "Windows" }, device: { type: "desktop" } },
  ],
  [
    "Edge",
    `${mozilla} (Windows NT 10.0; Win64; x64) ${webkit} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.56`,
    { browser: { name: "Edge", version: "126.0.2592.56" }, os: { name: "Windows" }, device: { type: "desktop" } },
  ],
  [
    "Internet Explorer on Windows 7",
    `${mozilla} (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko`,
    {
      browser: { name: "Internet Explorer", version: "11.0" },
      os: { name: "Windows", version: "7" },
      device: { type: "desktop" },
    },
  ],
  [
    "Safari on a Mac that hides its version",
    `${mozilla} (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15`,
    {
      browser: { name: "Safari", version: "17.5" },
      os: { name: "macOS" },
      device: { type: "desktop", vendor: "Apple" },
    },
  ],
  [
    "Firefox on an older Mac",
    `${mozilla} (Macintosh; Intel Mac OS X 10.14; rv:115.0) Gecko/20100101 Firefox/115.0`,
    {
      browser: { name: "Firefox", version: "115.0" },
      os: { name: "macOS", version: "10.14" },
      device: { type: "desktop", vendor: "Apple" },
    },
  ],
  [
    "Firefox on Linux",
    `${mozilla} (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0`,
    { browser: { name: "Firefox", version: "127.0" }, os: { name: "Linux" }, device: { type: "desktop" } },
  ],
  [
    "a Chromebook",
    `${mozilla} (X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/126.0.0.0 Safari/537.36`,
    { browser: { name: "Chrome", version: "126.0.0.0" }, os: { name: "Chrome OS" }, device: { type: "desktop" } },
  ],
  [
    "Safari on an iPhone",
    `${iphone} Version/17.5 Mobile/15E148 Safari/604.1`,
    {
      browser: { name: "Safari", version: "17.5" },
      os: { name: "iOS", version: "17.5.1" },
      device: { type: "mobile", vendor: "Apple", model: "iPhone" },
    },
  ],
  [
    "Chrome on an iPhone",
    `${iphone} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1`,
    {
      browser: { name: "Chrome", version: "126.0.6478.54" },
      os: { name: "iOS", version: "17.5.1" },
      device: { type: "mobile", vendor: "Apple", model: "iPhone" },
    },
  ],
  [
    "Facebook's app on an iPhone",
    `${iphone} Mobile/15E148 [FBAN/FBIOS;FBAV/468.0.0.36.72;FBDV/iPhone15,2]`,
    {
      browser: { name: "Facebook", version: "468.0.0.36.72" },
      os: { name: "iOS", version: "17.5.1" },
      device: { type: "mobile", vendor: "Apple", model: "iPhone" },
    },
  ],
  [
    "an iPad that says so",
    `${mozilla} (iPad; CPU OS 12_5_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1`,
    {
      browser: { name: "Safari", version: "12.1.2" },
      os: { name: "iPadOS", version: "12.5.7" },
      device: { type: "tablet", vendor: "Apple", model: "iPad" },
    },
  ],
  [
    "Chrome on an Android that hides all",
    `${mozilla} (Linux; Android 10; K) ${webkit} Chrome/126.0.0.0 Mobile Safari/537.36`,
    { browser: { name: "Chrome", version: "126.0.0.0" }, os: { name: "Android" }, device: { type: "mobile" } },
  ],
  [
    "a Samsung phone",
    `${mozilla} (Linux; Android 13; SM-S918B) ${webkit} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36`,
    {
      browser: { name: "Samsung Internet", version: "25.0" },
      os: { name: "Android", version: "13" },
      device: { type: "mobile", vendor: "Samsung", model: "SM-S918B" },
    },
  ],
  [
    "a Pixel with a build",
    `${mozilla} (Linux; Android 12; Pixel 6 Build/SD1A.210817.023; wv) ${webkit} Version/4.0 Chrome/94.0.4606.71 Mobile Safari/537.36`,
    {
      browser: { name: "Chrome", version: "94.0.4606.71" },
      os: { name: "Android", version: "12" },
      device: { type: "mobile", vendor: "Google", model: "Pixel 6" },
    },
  ],
  [
    "an Android tablet",
    `${mozilla} (Linux; Android 11; SM-T870) ${webkit} Chrome/126.0.0.0 Safari/537.36`,
    {
      browser: { name: "Chrome", version: "126.0.0.0" },
      os: { name: "Android", version: "11" },
      device: { type: "tablet", vendor: "Samsung", model: "SM-T870" },
    },
  ],
  [
    "Firefox on Android",
    `${mozilla} (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0`,
    {
      browser: { name: "Firefox", version: "127.0" },
      os: { name: "Android", version: "14" },
      device: { type: "mobile" },
    },
  ],
  [
    "a television",
    `${mozilla} (SMART-TV; Linux; Tizen 6.0) ${webkit} Version/6.0 TV Safari/537.36`,
    {
      browser: { name: "Safari", version: "6.0" },
      os: { name: "Tizen", version: "6.0" },
      device: { type: "tv" },
    },
  ],
  ["the page's own service", "rust-service/1.0", { device: { type: "server" } }],
  ["curl", "curl/8.5.0", { device: { type: "server" } }],
  ["Go's client", "Go-http-client/2.0", { device: { type: "server" } }],
  ["a service that says more", "my-worker/2.1 (linux; amd64) node/20.11.0", { device: { type: "server" } }],
  ["Googlebot", `${mozilla} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`, { device: { type: "bot" } }],
  ["Facebook's fetcher", "facebookexternalhit/1.1", { device: { type: "bot" } }],
  [
    "a crawler behind a browser's name",
    `${mozilla} (Linux; Android 6.0.1; Nexus 5X) ${webkit} Chrome/126.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1)`,
    { device: { type: "bot" } },
  ],
  ["an app on an iPhone", "Shop/3.2 CFNetwork/1494.0.7 Darwin/23.4.0", {}],
  ["an Android app's library", "okhttp/4.12.0", {}],
  ["a word", "hello", {}],
  ["nothing that makes sense", "%$#@!", {}],
];

describe("A66: machineOf", () => {
  it.each(agents)("knows of %s what it says, and no more", (_, userAgent, machine) => {
    expect(machineOf(userAgent)).toEqual(machine);
  });

  it("believes the hints that a browser gives beside its name", () => {
    const userAgent = `${mozilla} (Windows NT 10.0; Win64; x64) ${webkit} Chrome/126.0.0.0 Safari/537.36`;
    const os = (platformVersion: string) => machineOf(userAgent, { platform: '"Windows"', platformVersion }).os;
    expect(os('"15.0.0"')).toEqual({ name: "Windows", version: "11" });
    expect(os('"10.0.0"')).toEqual({ name: "Windows", version: "10" });
    expect(os('"0.1.0"')).toEqual({ name: "Windows" });
    const android = `${mozilla} (Linux; Android 10; K) ${webkit} Chrome/126.0.0.0 Safari/537.36`;
    const hints = { mobile: "?1", platform: '"Android"', platformVersion: '"14.0.0"', model: '"Pixel 8"' };
    expect(machineOf(android, hints)).toMatchObject({
      os: { name: "Android", version: "14.0.0" },
      device: { type: "mobile", vendor: "Google", model: "Pixel 8" },
    });
  });

  it("takes empty hints for none", () => {
    const userAgent = `${mozilla} (X11; Linux x86_64) ${webkit} Chrome/126.0.0.0 Safari/537.36`;
    expect(machineOf(userAgent, { platform: '""', model: '""', mobile: "?0", platformVersion: "" })).toEqual(
      machineOf(userAgent),
    );
  });
});
