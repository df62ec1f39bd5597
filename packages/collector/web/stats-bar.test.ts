// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { StatsBar } from "./stats-bar.js";

const html = readFileSync(join(import.meta.dirname, "index.html"), "utf8");
const numbers = { accepted: 12_345, stored: 12_300, pending: 45, bad: 0, duplicates: 2, eventsPerSecond: 99.6 };

beforeEach(() => {
  document.body.innerHTML = html.slice(html.indexOf("<body>") + 6, html.indexOf("</body>"));
});

const shown = (name: string): string | null | undefined => document.querySelector(`[data-stat="${name}"]`)?.textContent;

it("shows each number the feed sends in its place, and a dash for what it does not say", () => {
  new StatsBar(document).show({ ...numbers, duplicates: "two" });
  expect(["accepted", "stored", "pending", "bad", "duplicates", "eventsPerSecond"].map(shown)).toEqual([
    "12,345",
    "12,300",
    "45",
    "0",
    "–",
    "100",
  ]);
});

it("marks the bad events once there are some", () => {
  const bar = new StatsBar(document);
  bar.show(numbers);
  expect(document.querySelector(".stat-bad")?.classList.contains("some")).toBe(false);
  bar.show({ ...numbers, bad: 1 });
  expect(document.querySelector(".stat-bad")?.classList.contains("some")).toBe(true);
});

it("draws the last minute, the highest rate at the top", () => {
  const bar = new StatsBar(document);
  for (let at = 0; at < 70; at += 1) bar.show({ eventsPerSecond: at });
  const points = document.querySelector("#sparkline polyline")?.getAttribute("points")?.split(" ") ?? [];
  expect(points).toHaveLength(60);
  expect([points[0], points.at(-1)]).toEqual(["0,16.4", "59,1.0"]);
});
