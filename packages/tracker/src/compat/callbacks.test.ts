import { describe, expect, it } from "vitest";
import type { EventHandle, EventResult } from "../handle.js";
import type { EventEnd } from "../report.js";
import { Callbacks, failureOf } from "./callbacks.js";

const delivered: EventResult = { delivered: true, destinations: { d: { kind: "delivered" } } };

function handleOf(result: Promise<EventResult>): EventHandle {
  return { id: "e", accepted: true, durable: Promise.resolve(true), delivered: result };
}

describe("callbacks", () => {
  it("are called when their events have ended, and waited for", async () => {
    const callbacks = new Callbacks();
    let end: (result: EventResult) => void = () => undefined;
    const called: EventResult[] = [];
    callbacks.add(handleOf(new Promise((resolve) => (end = resolve))), (result) => called.push(result));
    const all = callbacks.called().then(() => called.length);
    setImmediate(() => end(delivered));
    expect(await all).toBe(1);
    expect(called).toEqual([delivered]);
  });

  it("of later events are not waited for", async () => {
    const callbacks = new Callbacks();
    const all = callbacks.called();
    callbacks.add(handleOf(new Promise(() => undefined)), () => undefined);
    await expect(all).resolves.toBeUndefined();
  });
});

it.each<[EventEnd, string | undefined]>([
  [{ kind: "delivered" }, undefined],
  [{ kind: "kept" }, undefined],
  [{ kind: "dropped", reason: "disabled" }, undefined],
  [{ kind: "dropped", reason: "queue-full" }, "the event was dropped: queue-full"],
  [{ kind: "rejected", reason: "invalid", detail: "no user" }, "no user"],
  [{ kind: "forgotten" }, "how the event ended is not known any more"],
])("%j is the error %j", (end, message) => {
  expect(failureOf({ delivered: false, destinations: { d: end } })?.message).toBe(message);
});
