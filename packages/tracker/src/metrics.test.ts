import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { instruments, metricsOf } from "./metrics.js";
import { dropReasons, rejectReasons } from "./report.js";
import { createMemoryDestination, createManualRuntime } from "./testing.js";
import { createTracker } from "./tracker.js";

const page = readFileSync(new URL("../../../docs/tracker.md", import.meta.url), "utf8");

it("documents exactly the metrics there are, with their kinds and units", () => {
  const rows = [...page.matchAll(/^\| `(oncewire\.tracker\.[\w.]+)`\s*\| (\w+)\s*\| `([^`]+)`/gm)];
  const documented = rows.map(([, name, kind, unit]) => [name, kind, unit]);
  expect(documented).toEqual(Object.entries(instruments).map(([name, { kind, unit }]) => [name, kind, unit]));
});

it("documents exactly the reasons there are", () => {
  const listed = (title: string): unknown[] => {
    const section = page.split(/^### /m).find((part) => part.startsWith(title)) ?? "";
    return [...section.matchAll(/^\| `([\w-]+)`\s*\|/gm)].map(([, reason]) => reason);
  };
  expect(listed("Rejected")).toEqual(rejectReasons);
  expect(listed("Dropped")).toEqual(dropReasons);
});

it("adds up to the ledger", async () => {
  const runtime = createManualRuntime();
  const destinations = [
    createMemoryDestination({ name: "a" }),
    createMemoryDestination({ name: "b", answer: () => 503 }),
  ];
  const tracker = createTracker({ destinations, runtime });
  for (const userId of ["u", "v"]) tracker.track({ userId, event: "x" });
  tracker.track({ event: "nobody's" });
  await runtime.advance(1000);
  const value = (name: string, attributes: Record<string, string>): number | undefined =>
    metricsOf(tracker.stats()).find(
      (metric) =>
        metric.name === `oncewire.tracker.${name}` &&
        Object.entries(attributes).every(([key, each]) => metric.attributes[key] === each),
    )?.value;
  expect(value("event.accepted", { "oncewire.destination": "a" })).toBe(3);
  expect(value("event.delivered", { "oncewire.destination": "a" })).toBe(2);
  expect(value("event.rejected", { "oncewire.destination": "b", "error.type": "invalid" })).toBe(1);
  expect(value("event.pending", { "oncewire.destination": "b" })).toBe(2);
  expect(value("request.sent", { "oncewire.destination": "b" })).toBeGreaterThan(0);
});
