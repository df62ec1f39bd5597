import { expect, it } from "vitest";
import { Trouble } from "./trouble.js";

it("is told once, however often it is tried again, and once when it is over", () => {
  const trouble = new Trouble();
  const times = Array.from({ length: 5 }, () => trouble.failed("loading", "the disk is full"));
  expect(times).toEqual([true, false, false, false, false]);
  expect(trouble.message).toBe("the disk is full");
  expect([trouble.works("loading"), trouble.works("loading")]).toEqual([true, false]);
  expect(trouble.message).toBeNull();
  expect(trouble.failed("loading", "the disk is full")).toBe(true);
});

it("is told once although it is about another file each time", () => {
  const trouble = new Trouble();
  const full = (file: string): string => `ENOSPC: no space left on device, open '${file}'`;
  expect([trouble.failed("sealing", full("events-1")), trouble.failed("sealing", full("bad-2"))]).toEqual([
    true,
    false,
  ]);
});

it("is told again for another reason, and not when reasons take turns", () => {
  const trouble = new Trouble();
  const reasons = ["full", "read-only", "full", "read-only"];
  expect(reasons.map((reason) => trouble.failed("sealing", reason))).toEqual([true, true, false, false]);
  expect(trouble.message).toBe("read-only");
});

it("is over when nothing fails any more, whatever else works meanwhile", () => {
  const trouble = new Trouble();
  trouble.failed("sealing", "full");
  trouble.failed("profiles", "torn");
  expect([trouble.works("loading", "log"), trouble.works("profiles"), trouble.message]).toEqual([false, false, "full"]);
  expect(trouble.works("sealing")).toBe(true);
});

it("tells a bounded number of reasons that are never the same", () => {
  const trouble = new Trouble();
  const told = Array.from({ length: 1_000 }, (_, at) => trouble.failed("loading", `attempt ${"x".repeat(at)}`)).filter(
    Boolean,
  );
  expect([told.length, trouble.message]).toEqual([20, `attempt ${"x".repeat(999)}`]);
});
