import { describe, expect, it } from "vitest";
import { createSeenIds } from "./seen-ids.js";

describe("ids that have been seen", () => {
  it("are new once", () => {
    const seen = createSeenIds(10);
    expect(["a", "b", "a", "b"].map((id) => seen.isNew(id))).toEqual([true, true, false, false]);
  });

  it("are forgotten oldest first when there are too many", () => {
    const seen = createSeenIds(2);
    expect(["a", "b", "c", "b", "a"].map((id) => seen.isNew(id))).toEqual([true, true, true, false, true]);
  });
});
