import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "@oncewire/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventWith } from "./canonical-event.fixture.js";
import { createEnrichment, type Enrich } from "./enrichment.js";
import { createPlaceStep } from "./place.js";
import { readPlaceDatabase } from "./place-database.js";
import { placesFile, writePlaces } from "./place-database.fixture.js";

const berlin = { country: { iso_code: "DE" }, subdivisions: [{ iso_code: "BE" }], city: { names: { en: "Berlin" } } };
const france = { country: { iso_code: "FR" } };
const places = {
  "203.0.113.0/24": berlin,
  "198.51.100.0/25": france,
  "2001:db8::/32": berlin,
  "192.0.2.0/24": { asn: 1 },
};

let folder: string;
let path: string;
let nowMs: number;
let failures: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "oncewire-places-"));
  path = join(folder, "places.mmdb");
  [nowMs, failures] = [0, []];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function step(): Enrich {
  const onFailure = (message: string): void => void failures.push(message);
  return createPlaceStep({ path, runtime: { monotonicMs: () => nowMs }, onFailure });
}

function found(enrich: Enrich, context: JsonObject): unknown {
  return enrich(eventWith(context))?.["geo"];
}

/** As an operator should: written aside and renamed; always another state of the file. */
function replace(bytes: Buffer): void {
  writeFileSync(`${path}.new`, bytes);
  nowMs += 10_000;
  utimesSync(`${path}.new`, nowMs, nowMs);
  renameSync(`${path}.new`, path);
}

describe("A66: places", () => {
  it.each([
    ["203.0.113.9", { country: "DE", region: "BE", city: "Berlin" }],
    ["::ffff:203.0.113.9", { country: "DE", region: "BE", city: "Berlin" }],
    ["203.0.113.9:443", { country: "DE", region: "BE", city: "Berlin" }],
    ["2001:db8:5::1", { country: "DE", region: "BE", city: "Berlin" }],
    ["198.51.100.127", { country: "FR" }],
    ["198.51.100.128", undefined],
    ["192.0.2.1", undefined],
    ["2001:db9::1", undefined],
    ["10.0.0.1", undefined],
    ["unknown", undefined],
    ["", undefined],
  ])("finds %s at %j", (ip, geo) => {
    writePlaces(path, places);
    expect(found(step(), { ip })).toEqual(geo);
  });

  it.each([{ geo: { country: "US" } }, { location: { country: "US" } }])(
    "are not looked up where the event says %j",
    (said) => {
      writePlaces(path, places);
      expect(found(step(), { ip: "203.0.113.9", ...said })).toBeUndefined();
    },
  );

  it("are those of the new database when the file has changed", () => {
    writePlaces(path, places);
    const enrich = step();
    expect(found(enrich, { ip: "203.0.113.9" })).toMatchObject({ country: "DE" });
    replace(placesFile({ "203.0.113.0/24": france }));
    expect(found(enrich, { ip: "203.0.113.9" })).toEqual({ country: "FR" });
    expect(failures).toEqual([]);
  });

  it("stay those of the old database when the new file is damaged or gone, until it is mended", () => {
    writePlaces(path, places);
    const enrich = step();
    expect(found(enrich, { ip: "203.0.113.9" })).toMatchObject({ country: "DE" });
    const bytes = placesFile({ "203.0.113.0/24": france });
    replace(bytes.subarray(0, 500));
    expect(found(enrich, { ip: "203.0.113.9" })).toMatchObject({ country: "DE" });
    nowMs += 60_000;
    expect(found(enrich, { ip: "203.0.113.8" })).toMatchObject({ country: "DE" });
    expect(failures).toEqual([expect.stringMatching(/^geo: the database is not taken: /)]);
    rmSync(path);
    nowMs += 10_000;
    expect(found(enrich, { ip: "203.0.113.9" })).toMatchObject({ country: "DE" });
    replace(bytes);
    expect(found(enrich, { ip: "203.0.113.9" })).toEqual({ country: "FR" });
  });

  it("are found again when the file comes later", () => {
    const enrich = step();
    expect(found(enrich, { ip: "203.0.113.9" })).toBeUndefined();
    expect(failures).toEqual([expect.stringContaining("ENOENT")]);
    writePlaces(path, places);
    nowMs += 10_000;
    expect(found(enrich, { ip: "203.0.113.9" })).toMatchObject({ country: "DE" });
  });
});

describe("a database that is damaged", () => {
  const whole = placesFile(places);
  const change = (at: number, value: number): Buffer => {
    const bytes = Buffer.from(whole);
    bytes[at] = value;
    return bytes;
  };
  const separatorAt = whole.indexOf(Buffer.alloc(16));

  it.each([
    ["is empty", Buffer.alloc(0)],
    ["is another kind of file", Buffer.from("PK\u0003\u0004 and so on")],
    ["lacks its end", whole.subarray(0, -100)],
    ["lacks its beginning", whole.subarray(400)],
    ["has other bytes between tree and data", change(separatorAt + 8, 7)],
  ])("is refused where it %s", (_name, bytes) => {
    writeFileSync(path, bytes);
    expect(() => readPlaceDatabase(path)).toThrow(Error);
  });

  it("keeps no event back where the damage is only met later, and is told of", () => {
    const at = whole.indexOf("FR") - 20;
    writeFileSync(path, Buffer.concat([whole.subarray(0, at), Buffer.alloc(20, 0xff), whole.subarray(at + 20)]));
    expect(readPlaceDatabase(path).placeOf("203.0.113.9")).toMatchObject({ city: "Berlin" });
    const steps = [{ name: "geo", enrich: step() }];
    const enrichment = createEnrichment({ steps, ipPolicy: "keep", onFailure: (message) => failures.push(message) });
    const event = eventWith({ ip: "198.51.100.1" });
    expect(enrichment.event(event)).toBe(event);
    expect(failures).toEqual([expect.stringMatching(/^geo: /)]);
  });

  it("is taken where it is whole", () => {
    writeFileSync(path, whole);
    expect(readPlaceDatabase(path).placeOf("203.0.113.1")).toMatchObject({ city: "Berlin" });
  });
});
