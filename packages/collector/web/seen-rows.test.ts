import { describe, expect, it } from "vitest";
import { eventRow } from "./event-row.js";
import { SeenRows } from "./seen-rows.js";

const row = (id: string, project = "shop") => eventRow("event", { id, project });
const named = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => row(`n${from + at}`));

describe("SeenRows", () => {
  it("knows a row that comes again by its project and id, whatever else is in it", () => {
    const seen = new SeenRows({ maxRows: 10, maxChars: 1_000 });
    expect(seen.isNew(row("a"))).toBe(true);
    expect(seen.isNew(eventRow("event", { id: "a", project: "shop", name: "Other" }))).toBe(false);
    expect(seen.isNew(row("a", "blog"))).toBe(true);
    expect(seen.isNew(eventRow("bad", { id: "a", project: "shop" }))).toBe(true);
    expect(seen.isNew(eventRow("bad", { id: "a", project: "shop" }))).toBe(false);
  });

  it("takes rows without an id for new", () => {
    const seen = new SeenRows({ maxRows: 10, maxChars: 1_000 });
    expect([seen.isNew(eventRow("event", {})), seen.isNew(eventRow("event", {}))]).toEqual([true, true]);
  });

  it("knows the newest rows, and forgets the oldest", () => {
    const seen = new SeenRows({ maxRows: 10, maxChars: 1_000_000 });
    for (const one of named(0, 100)) expect(seen.isNew(one)).toBe(true);
    expect(named(90, 100).some((one) => seen.isNew(one))).toBe(false);
    expect(seen.isNew(row("n0"))).toBe(true);
  });

  it("forgets sooner where ids are long", () => {
    const seen = new SeenRows({ maxRows: 1_000, maxChars: 1_000 });
    const ids = ["a", "b", "c"].map((letter) => letter.repeat(2_000));
    for (const id of ids) seen.isNew(row(id));
    expect(ids.map((id) => seen.isNew(row(id)))).toEqual([true, true, true]);
  });
});
