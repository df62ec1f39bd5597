/**
 * What every vendor's codec must keep, whatever its wire looks like. `samples` are events this vendor's callers may
 * pass; `roundTrips` are canonical events that come back from the wire as they went in, ids and times included.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Arrival, Encoder, Receiver } from "./codec.js";
import type { Decoded } from "./decoded.js";
import type { EncodedEvent } from "./encoded-event.js";
import { eventKinds } from "./event.js";
import type { WireRequest } from "./http.js";
import type { CanonicalEvent, TrackedEvent } from "./event.js";
import type { Result } from "./problem.js";

export interface CodecUnderTest<Vendor> {
  /** A fresh encoder, with the limits of its own. */
  readonly encoder: () => Encoder<Vendor>;
  readonly receiver: () => Receiver;
  readonly samples: readonly Vendor[];
  readonly roundTrips: readonly TrackedEvent[];
  /** The canonical event as this wire gives it back, where it says more or less than what went in. */
  readonly asReturned?: (event: TrackedEvent) => TrackedEvent;
  /** What of a decoded event is not the sender's word, for the round trip. */
  readonly asTracked?: (event: CanonicalEvent) => TrackedEvent;
}

const stamp = { id: "0197c2c8-5e0f-7000-8000-0000000000aa", nowMs: Date.parse("2026-11-20T14:28:12.741Z") };
const sentAtMs = stamp.nowMs + 1500;

function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problems.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  return result.value;
}

export function testCodec<Vendor>(name: string, codec: CodecUnderTest<Vendor>): void {
  const encodeAll = (encoder: Encoder<Vendor>): readonly EncodedEvent[] =>
    codec.samples.map((sample, index) =>
      unwrap(encoder.encode(sample, { ...stamp, id: stamp.id.replace("aa", String(index).padStart(2, "0")) })),
    );

  function arrivalAt(receiver: Receiver, path: string): Arrival {
    const route = receiver.routes.find((one) => one.path === path);
    if (route === undefined) throw new Error(`the receiver has no route for ${path}`);
    return {
      route: route.name,
      project: "p",
      receivedAtMs: sentAtMs,
      remoteAddress: "192.0.2.1",
      requestId: "0197c2c8-5e0f-7000-8000-000000000001",
    };
  }

  describe(`${name} codec`, () => {
    it("encodes the same event to the same bytes", () => {
      const once = encodeAll(codec.encoder());
      const again = encodeAll(codec.encoder());
      expect(again.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(
        once.map(({ bytes }) => Buffer.from(bytes).toString()),
      );
    });

    it("leaves the bytes of an event as they are, while it frames and goes on encoding", () => {
      const encoder = codec.encoder();
      const events = encodeAll(encoder);
      const before = events.map(({ bytes }) => Buffer.from(bytes).toString());
      encoder.frame(events.slice(0, encoder.limits.maxBatchEvents), sentAtMs);
      encodeAll(encoder);
      expect(events.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(before);
    });

    it("adds no more bytes to a batch than it says", () => {
      const encoder = codec.encoder();
      const events = encodeAll(encoder);
      for (let count = 1; count <= Math.min(events.length, encoder.limits.maxBatchEvents); count += 1) {
        const batch = events.slice(0, count);
        const framed = encoder.frame(batch, sentAtMs).body.length;
        const own = batch.reduce((total, { bytes }) => total + bytes.length, 0);
        expect(framed).toBeLessThanOrEqual(own + encoder.overheadBytes(count));
      }
    });

    it("decodes what it framed, every event with its id, in order", () => {
      const encoder = codec.encoder();
      const receiver = codec.receiver();
      for (const batch of batchesOf(encodeAll(encoder), encoder.limits.maxBatchEvents)) {
        const request = encoder.frame(batch, sentAtMs);
        const { count, events, bad, reply } = receiver.decode(request, arrivalAt(receiver, request.path));
        expect(bad).toEqual([]);
        expect(count).toBe(batch.length);
        expect(events.map(({ id }) => id)).toEqual(batch.map(({ id }) => id));
        expect(encoder.classify(reply, sentAtMs)).toEqual({ kind: "delivered" });
      }
    });

    it("sees in passing what it decodes, where it can", () => {
      const receiver = codec.receiver();
      const encoder = codec.encoder();
      const isSeen = (request: WireRequest, arrival: Arrival): boolean => {
        const skimmed = receiver.skim?.(request, arrival) ?? null;
        const { count, bad, reply } = receiver.decode(request, arrival);
        if (skimmed !== null) expect({ count, bad, reply }).toEqual({ ...skimmed, bad: [] });
        if (receiver.answer !== undefined) expect(receiver.answer(request, arrival)).toEqual(reply);
        return skimmed !== null;
      };
      fc.assert(fc.property(anyRequest(receiver), ({ request, arrival }) => void isSeen(request, arrival)));
      for (const batch of batchesOf(encodeAll(encoder), encoder.limits.maxBatchEvents)) {
        const request = encoder.frame(batch, sentAtMs);
        const arrival = arrivalAt(receiver, request.path);
        const enrichment = receiver.enrich?.(receiver.decode(request, arrival), arrival) ?? null;
        expect(isSeen(request, arrival)).toBe(receiver.skim !== undefined && enrichment === null);
      }
    });

    it("gives back each kind of event as it was tracked", () => {
      const encoder = codec.encoder();
      const receiver = codec.receiver();
      for (const tracked of codec.roundTrips) {
        const encoded = unwrap(encoder.encode(unwrap(encoder.translate(tracked)), { ...stamp, id: tracked.id }));
        const request = encoder.frame([encoded], sentAtMs);
        const { events } = receiver.decode(request, arrivalAt(receiver, request.path));
        const returned = events.map((event) => trackedPart(codec.asTracked?.(event) ?? event));
        expect(returned).toEqual([trackedPart(codec.asReturned?.(tracked) ?? tracked)]);
      }
    });

    it.each(["order-17", "100-1-3", "Bestellung № 17", "0197C2C8-5E0F-7000-8000-0000000000AA"])(
      "gives an event back under the id that it was tracked with: %s",
      (id) => {
        const encoder = codec.encoder();
        const receiver = codec.receiver();
        for (const tracked of codec.roundTrips) {
          const encoded = unwrap(encoder.encode(unwrap(encoder.translate({ ...tracked, id })), { ...stamp, id }));
          const request = encoder.frame([encoded], sentAtMs);
          const { events } = receiver.decode(request, arrivalAt(receiver, request.path));
          const expected = codec.asReturned?.({ ...tracked, id }) ?? { id };
          expect([tracked.kind, events.map((event) => event.id)]).toEqual([tracked.kind, [expected.id]]);
        }
      },
    );

    it("has a round trip for each kind, or a problem that says why not", () => {
      const covered = new Set(codec.roundTrips.map(({ kind }) => kind));
      expect(eventKinds.filter((kind) => !covered.has(kind))).toEqual([]);
    });

    it("decodes a request to the same answer at every reading", () => {
      fc.assert(
        fc.property(anyRequest(codec.receiver()), ({ request, arrival }) => {
          const [first, again] = [1, 2].map(() => wholeOf(codec.receiver().decode(request, arrival)));
          expect(again).toEqual(first);
        }),
        { numRuns: 200 },
      );
    });

    it("answers any bytes on any route, with a status and without a throw", () => {
      const receiver = codec.receiver();
      fc.assert(
        fc.property(anyRequest(receiver), ({ request, arrival }) => {
          const { count, events, bad, reply } = receiver.decode(request, arrival);
          expect(count).toBe(events.length);
          expect(reply.status).toBeGreaterThanOrEqual(200);
          const ids = [...events, ...bad].map(({ id }) => id);
          expect(ids.every((id) => typeof id === "string" && id !== "")).toBe(true);
          expect(() => JSON.stringify([events, bad])).not.toThrow();
        }),
        { numRuns: 1000 },
      );
    });

    it("encodes or refuses any value, without a throw, and never over its limit", () => {
      const encoder = codec.encoder();
      const fields = fc.dictionary(fc.constantFrom(...fieldNames(codec.samples)), fc.anything({ withBigInt: true }));
      const spoiled = fc
        .tuple(fc.constantFrom(...codec.samples), fields)
        .map(([sample, extra]) => ({ ...sample, ...extra }));
      fc.assert(
        fc.property(fc.oneof(spoiled, fc.anything()), (value) => {
          const result = encoder.encode(value as Vendor, stamp);
          if (result.ok) expect(result.value.bytes.length).toBeLessThanOrEqual(encoder.limits.maxEventBytes);
          else expect(result.problems[0].message).toMatch(/^Expected .*\.$/s);
        }),
        { numRuns: 1000 },
      );
    });

    it("names an outcome for every status", () => {
      const encoder = codec.encoder();
      for (let status = 100; status <= 599; status += 1) {
        const outcome = encoder.classify({ status, headers: {}, body: new Uint8Array() }, sentAtMs);
        expect(["delivered", "retry", "split", "partial", "rejected", "denied"]).toContain(outcome.kind);
      }
    });
  });
}

function batchesOf(events: readonly EncodedEvent[], size: number): readonly (readonly EncodedEvent[])[] {
  return Array.from({ length: Math.ceil(events.length / size) }, (_, at) => events.slice(at * size, (at + 1) * size));
}

function trackedPart(event: TrackedEvent): TrackedEvent {
  const { id, kind, name, userId, anonymousId, previousId, groupId, sessionId, occurredAt } = event;
  const { properties, entities, context } = event;
  const ids = { userId, anonymousId, previousId, groupId, sessionId };
  return { id, kind, name, ...ids, occurredAt, properties, entities, context };
}

function fieldNames(samples: readonly unknown[]): readonly string[] {
  const names = samples.flatMap((sample) => (typeof sample === "object" && sample !== null ? Object.keys(sample) : []));
  return [...new Set(names)];
}

/** Bytes, JSON, and JSON of nearly the right form, on each of the receiver's routes. */
function anyRequest(receiver: Receiver) {
  const nearly = fc.record({ batch: fc.array(fc.oneof(fc.jsonValue(), nearlyEvent()), { maxLength: 4 }) });
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.oneof(fc.jsonValue(), nearly, nearlyEvent()).map((json) => new TextEncoder().encode(JSON.stringify(json))),
  );
  const query = fc.dictionary(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }));
  return fc
    .record({
      route: fc.constantFrom(...receiver.routes),
      body,
      query,
      receivedAtMs: fc.integer({ min: 0, max: 4e12 }),
    })
    .map(({ route, body: bytes, query: pairs, receivedAtMs }) => ({
      request: {
        method: route.methods[0] ?? "POST",
        path: route.path,
        query: new URLSearchParams(pairs).toString(),
        headers: {},
        body: bytes,
      },
      arrival: {
        route: route.name,
        project: "p",
        receivedAtMs,
        remoteAddress: "192.0.2.1",
        requestId: "0197c2c8-5e0f-7000-8000-000000000001",
      },
    }));
}

function nearlyEvent() {
  const names = ["type", "userId", "anonymousId", "event", "name", "properties", "context", "timestamp", "messageId"];
  const times = fc.constantFrom(
    "2026-11-20T14:28:12.741Z",
    "0000-01-01T00:00:00.000Z",
    "9999-12-31T23:59:59.999Z",
    "x",
  );
  const value = fc.oneof(fc.jsonValue(), times, fc.string());
  return fc.dictionary(fc.constantFrom(...names, "sentAt", "traits", "originalTimestamp"), value);
}

/** With what is made on demand. */
function wholeOf({ count, events, bad, reply }: Decoded): Decoded {
  return { count, events, bad, reply };
}
