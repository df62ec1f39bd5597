import { describe, expect, it } from "vitest";
import { EventChain } from "./event-chain.js";
import { QueuedEvent } from "./queued-event.js";

/** An event that counts how often somebody looks at its bytes. */
function createCounted(looks: { count: number }): QueuedEvent {
  const bytes = new Uint8Array(10);
  const event = {
    id: "id",
    lane: "lane",
    get bytes(): Uint8Array {
      looks.count += 1;
      return bytes;
    },
  };
  return new QueuedEvent(event, 0);
}

describe("the chain", () => {
  it("looks at an event as often in a long chain as in a short one", () => {
    const looks = { count: 0 };
    const chain = new EventChain();
    const looksAt = (events: number): number => {
      const before = looks.count;
      for (let event = 0; event < events; event += 1) chain.add(createCounted(looks));
      return looks.count - before;
    };
    const inShort = looksAt(10);
    looksAt(5000);
    expect(looksAt(10)).toBe(inShort);
    expect(looksAt(0)).toBe(0);
    for (let event = chain.take(); event !== undefined; event = chain.take()) expect(event.event.id).toBe("id");
    expect(chain.count).toBe(0);
    expect(looks.count).toBeLessThanOrEqual(4 * 5020);
  });

  it("gives events out in their order, over many chunks", () => {
    const chain = new EventChain();
    const events = Array.from({ length: 2000 }, () => createCounted({ count: 0 }));
    for (const event of events.slice(0, 700)) chain.add(event);
    const taken = Array.from({ length: 600 }, () => chain.take());
    for (const event of events.slice(700)) chain.add(event);
    while (chain.count > 0) taken.push(chain.take());
    expect(taken).toEqual(events);
    expect([chain.peek(), chain.bytes]).toEqual([undefined, 0]);
  });
});
