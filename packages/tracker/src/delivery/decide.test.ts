import type { Outcome } from "@oncewire/protocol";
import fc from "fast-check";
import { expect, it } from "vitest";
import { decide, type Decision } from "./decide.js";

const answered = { kind: "answered" } as const;

it.each<[Outcome, number, Decision]>([
  [{ kind: "delivered" }, 5, { events: { kind: "delivered" }, destination: answered }],
  [
    { kind: "retry", reason: "status 503" },
    5,
    { events: { kind: "keep" }, destination: { kind: "failed", reason: "status 503", afterMs: null } },
  ],
  [
    { kind: "retry", reason: "status 429", afterMs: 3000 },
    5,
    { events: { kind: "keep" }, destination: { kind: "failed", reason: "status 429", afterMs: 3000 } },
  ],
  [
    { kind: "denied", reason: "status 401" },
    5,
    { events: { kind: "keep" }, destination: { kind: "denied", reason: "status 401" } },
  ],
  [{ kind: "split", reason: "status 413" }, 2, { events: { kind: "shrink" }, destination: answered }],
  [
    { kind: "split", reason: "status 413" },
    1,
    { events: { kind: "rejected", reason: "too-large", detail: "status 413" }, destination: answered },
  ],
  [{ kind: "rejected", reason: "status 400" }, 2, { events: { kind: "bisect" }, destination: answered }],
  [
    { kind: "rejected", reason: "status 400" },
    1,
    { events: { kind: "rejected", reason: "refused", detail: "status 400" }, destination: answered },
  ],
  [
    { kind: "partial", rejected: [{ index: 1, reason: "bad" }], retry: [] },
    3,
    { events: { kind: "sort", rejected: [{ index: 1, detail: "bad" }], keep: [] }, destination: answered },
  ],
  [
    { kind: "partial", rejected: [], retry: [0] },
    3,
    {
      events: { kind: "sort", rejected: [], keep: [0] },
      destination: { kind: "failed", reason: "part of the batch was put off", afterMs: null },
    },
  ],
])("%j for %i events", (outcome, events, decision) => {
  expect(decide(outcome, events)).toEqual(decision);
});

it.each<[Outcome, Decision]>([
  [
    { kind: "retry", reason: "status 503" },
    {
      events: { kind: "dropped", reason: "exhausted" },
      destination: { kind: "failed", reason: "status 503", afterMs: null },
    },
  ],
  [
    { kind: "denied", reason: "status 401" },
    { events: { kind: "rejected", reason: "refused", detail: "status 401" }, destination: answered },
  ],
  [
    { kind: "rejected", reason: "status 400" },
    { events: { kind: "bisect" }, destination: answered },
  ],
  [
    { kind: "split", reason: "status 413" },
    { events: { kind: "shrink" }, destination: answered },
  ],
  [{ kind: "delivered" }, { events: { kind: "delivered" }, destination: answered }],
])("%j, given up by its destination", (outcome, decision) => {
  expect(decide(outcome, 5, "give-up")).toEqual(decision);
});

it("gives up no event of a batch of several, whatever the answer", () => {
  const outcomes = fc.oneof(
    fc.record({ kind: fc.constantFrom("split" as const, "rejected" as const, "denied" as const), reason: fc.string() }),
    fc.record({ kind: fc.constant("retry" as const), reason: fc.string(), afterMs: fc.integer() }),
  );
  fc.assert(
    fc.property(outcomes, fc.integer({ min: 2, max: 1000 }), (outcome, events) => {
      expect(["keep", "shrink", "bisect"]).toContain(decide(outcome, events).events.kind);
    }),
  );
});
