import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventWith } from "./canonical-event.fixture.js";
import { openEnrichment, stepNames } from "./open-enrichment.js";
import type { EnrichmentSetup } from "./open-enrichment.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "oncewire-enrichment-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("counts what fails by the step, also a file that cannot be used, until it is asked", async () => {
  const path = join(folder, "own.mjs");
  writeFileSync(path, "export function enrich() { throw new Error('no table'); }");
  const [own, gone] = [pathToFileURL(path).href, pathToFileURL(join(folder, "gone.mjs")).href];
  const setup: EnrichmentSetup = {
    steps: ["bot", own, gone],
    geoDatabase: join(folder, "gone.mmdb"),
    ipPolicy: "keep",
  };
  const said: string[] = [];
  const enrichment = await openEnrichment(setup, {
    runtime: { monotonicMs: () => 0 },
    onFailure: (message) => void said.push(message),
  });
  for (let count = 0; count < 3; count += 1) enrichment.event(eventWith({ ip: "203.0.113.9" }));
  expect(enrichment.takeFailures()).toEqual({ geo: 1, [own]: 3, [gone]: 1 });
  expect(enrichment.takeFailures()).toEqual({});
  enrichment.event(eventWith({}));
  expect(enrichment.takeFailures()).toEqual({ [own]: 1 });
  expect(said).toHaveLength(2);
  expect(stepNames(setup)).toEqual(["geo", "bot", own, gone]);
});

it("names no place where there is no database", () => {
  expect(stepNames({ steps: ["device"], geoDatabase: null, ipPolicy: "keep" })).toEqual(["device"]);
});
