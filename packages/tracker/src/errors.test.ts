import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { errorCodes, TrackerError } from "./errors.js";

it("documents exactly the codes there are", () => {
  const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
  const section = page.split(/^## /m).find((part) => part.startsWith("The tracker")) ?? "";
  const rows = [...section.matchAll(/^\| `(E_\w+)`\s*\| ([^|]+?)\s*\|/gm)].map(([, code, meaning]) => [code, meaning]);
  expect(Object.fromEntries(rows)).toEqual(errorCodes);
});

it("knows errors of another copy of the library", () => {
  const foreign = Object.defineProperty(new Error("x"), Symbol.for("oncewire.TrackerError"), { value: true });
  expect([new TrackerError("E_EVENT", "userId", "x"), foreign].map((each) => TrackerError.is(each))).toEqual([
    true,
    true,
  ]);
  expect([new Error("x"), null, undefined, "x", {}].some((each) => TrackerError.is(each))).toBe(false);
});
