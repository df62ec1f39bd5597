import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { baseUrlFor, geos } from "./base-url.js";

describe("baseUrlFor", () => {
  it("A9: is https://api.a-track.io without a geo", () => {
    expect(baseUrlFor()).toEqual({ ok: true, value: "https://api.a-track.io" });
    expect(baseUrlFor(null)).toEqual({ ok: true, value: "https://api.a-track.io" });
  });

  it.each(["fra", "FRA", "a-new-region-7"])("A10: is the region's host for %j", (geo) => {
    expect(baseUrlFor(geo)).toEqual({ ok: true, value: `https://${geo.toLowerCase()}.api.a-track.io` });
  });

  it("A70: takes each region that A-Track's SDKs name", () => {
    expect(geos).toEqual("nyc sfo ams sgp lon fra tor blr syd atl ric".split(" "));
    expect(geos.every((geo) => baseUrlFor(geo).ok)).toBe(true);
  });

  it.each([
    "",
    "evil.example/",
    "fra.evil",
    "fra@evil",
    "fra#",
    "fra/..",
    "fra\n",
    " fra",
    "x".repeat(33),
    "\u{212A}",
    7,
  ])("A10: refuses %j", (geo) => {
    expect(baseUrlFor(geo as string)).toMatchObject({ ok: false, problems: [{ path: "geo", code: "invalid-geo" }] });
  });

  it("A10: leads to a host of a-track.io or nowhere, whatever the geo is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[aF0\-./@#?:\\%]+$/)), (geo) => {
        const result = baseUrlFor(geo);
        if (!result.ok) return;
        const url = new URL(result.value);
        expect(url.hostname.endsWith(".api.a-track.io")).toBe(true);
        expect(url.href).toBe(`${result.value}/`);
      }),
    );
  });
});
