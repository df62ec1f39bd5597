import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoredBadEvent, StoredItem } from "../store/event-store.js";
import { LiveRing } from "./live-ring.js";

const bounds = { maxItems: 8, maxItemBytes: 1_000, maxBytes: 2_000, epoch: "e" };

function bad(id: string, chars = 0, wire: StoredBadEvent["wire"] = null): StoredItem {
  const message = "x".repeat(chars);
  const facts = { protocol: "rudderstack", project: "p", receivedAt: "", code: "c" } as const;
  return { type: "bad", bad: { id, ...facts, message, wire, position: 0 } };
}

describe("LiveRing", () => {
  it("holds the newest items within its bounds, in order, whatever is pushed and encoded when", () => {
    const pushes = fc.array(fc.oneof(fc.nat({ max: 900 }), fc.constant("encode" as const)), { maxLength: 60 });
    fc.assert(
      fc.property(pushes, (steps) => {
        const ring = new LiveRing(bounds);
        let pushed = 0;
        for (const step of [...steps, "encode" as const]) {
          if (step === "encode") ring.encode();
          else ring.push(bad(`n${pushed++}`, step));
        }
        const frames: Buffer[] = [];
        for (let at = ring.first; at < ring.encodedTo; at += 1) {
          const frame = ring.frameAt(at);
          expect(frame?.toString()).toContain(`id: e-${at}\nevent: bad\ndata: {"id":"n${at}"`);
          if (frame !== null) frames.push(frame);
        }
        expect(ring.encodedTo).toBe(pushed);
        expect(frames.length).toBeLessThanOrEqual(bounds.maxItems);
        expect(Buffer.concat(frames).byteLength).toBeLessThanOrEqual(bounds.maxBytes);
        expect(frames.length).toBeGreaterThanOrEqual(Math.min(pushed, 1));
      }),
    );
  });

  it("shows an item only once it is encoded", () => {
    const ring = new LiveRing(bounds);
    ring.push(bad("n0"));
    expect([ring.encodedTo, ring.frameAt(0)]).toEqual([0, null]);
    ring.encode();
    expect(ring.encodedTo).toBe(1);
    expect(ring.frameAt(0)).not.toBeNull();
  });

  it("does without an item that JSON cannot carry", () => {
    const ring = new LiveRing(bounds);
    const cycle: Record<string, never> = {};
    Object.assign(cycle, { cycle });
    ring.push(bad("n0", 0, cycle));
    ring.push(bad("n1"));
    ring.encode();
    expect(ring.frameAt(0)).toBeNull();
    expect(ring.frameAt(1)).not.toBeNull();
  });
});
