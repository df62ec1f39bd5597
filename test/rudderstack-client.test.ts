/** Our RudderStack client and our collector, over HTTP: what is said arrives, and what is refused is told. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCollector, type Collector, type StoredEvent } from "@oncewire/collector";
import { createRudderStack, type APIError } from "oncewire/rudderstack";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let directory: string;
let collector: Collector;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-rudderstack-"));
  const keys = { "write-key": "shop" };
  collector = await startCollector({ dataDirectory: directory, port: 0, keys, disabledKeys: ["disabled-key"] });
});
afterAll(async () => {
  await collector.close();
  rmSync(directory, { recursive: true, force: true });
});

async function stored(id: string): Promise<StoredEvent | undefined> {
  await collector.settled();
  return (await collector.store.events({ id, limit: 1 })).items[0];
}

const common = {
  userId: "user",
  anonymousId: "anon",
  context: { ip: "1.2.3.4", locale: "de" },
  integrations: { Amplitude: true },
  timestamp: "2024-01-02T03:04:05.678Z",
};

describe("what is said to the client is in the collector's store", () => {
  it.each([
    ["identify", { traits: { friends: 16 } }, { properties: { friends: 16 } }],
    ["track", { event: "Read", properties: { pages: 3 } }, { name: "Read", properties: { pages: 3 } }],
    ["page", { name: "n", category: "c", properties: { p: 1 } }, { name: "n", properties: { p: 1, category: "c" } }],
    ["screen", { name: "n", category: "c", properties: { p: 1 } }, { name: "n", properties: { p: 1, category: "c" } }],
    ["group", { groupId: 12, traits: { size: 5 } }, { groupId: "12", properties: { size: 5 } }],
    ["alias", { previousId: "before" }, { previousId: "before" }],
  ] as const)("%s, right in every field", async (call, given, expected) => {
    const client = createRudderStack({ writeKey: "write-key", dataPlaneUrl: collector.url, syncMode: true });
    await client[call]({ ...common, ...given, messageId: call } as never);
    await client.close();
    expect(await stored(call)).toMatchObject({
      protocol: "rudderstack",
      project: "shop",
      kind: call,
      userId: "user",
      anonymousId: "anon",
      occurredAt: "2024-01-02T03:04:05.678Z",
      context: { ip: "1.2.3.4", locale: "de", request_ip: "127.0.0.1" },
      library: { name: "oncewire" },
      wire: { integrations: { Amplitude: true }, channel: "server" },
      ...expected,
    });
  });

  it("once, however often it is said", async () => {
    const client = createRudderStack({ writeKey: "write-key", dataPlaneUrl: collector.url });
    for (const event of ["First", "Second"]) client.track({ userId: "u", event, messageId: "same" });
    expect(await client.close()).toMatchObject({ delivered: 2 });
    expect((await stored("same"))?.name).toBe("First");
    const { items } = await collector.store.events({ userId: "u", limit: 10 });
    expect(items).toHaveLength(1);
  });
});

describe("what the collector refuses is told to onError, with the events", () => {
  it.each([
    ["wrong-key", 401, "invalid write key"],
    ["disabled-key", 404, "source is disabled"],
  ])("the key %s", async (writeKey, status, message) => {
    const told: (readonly [APIError, readonly object[]])[] = [];
    const onError = (error: APIError, events: readonly object[]): void => void told.push([error, events]);
    const client = createRudderStack({ writeKey, dataPlaneUrl: collector.url, onError });
    client.track({ userId: "u", event: "Refused", messageId: writeKey });
    expect(await client.close()).toMatchObject({ rejectedBy: { refused: 1 }, pending: 0 });
    expect(told).toHaveLength(1);
    expect(told[0]?.[0]).toMatchObject({ status, code: "unknown", message });
    expect(told[0]?.[1]).toMatchObject([{ type: "track", event: "Refused", messageId: writeKey }]);
    expect(await stored(writeKey)).toBeUndefined();
  });
});
