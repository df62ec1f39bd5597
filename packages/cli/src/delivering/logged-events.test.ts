import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { CollectorClient, Query } from "../collector-client.js";
import { readLoggedEvents } from "./logged-events.js";

/** A log that is as long again with every page that is read of it. */
const growing: Pick<CollectorClient, "get"> = {
  get: <Answer>(_path: string, { from = 0 }: Query = {}) => {
    const position = Number(from);
    const request = {
      position,
      protocol: "rudderstack",
      route: "track",
      project: position === 1 ? "blog" : "shop",
      receivedAt: "2026-11-20T10:00:00.000Z",
      requestId: "0b6e2a3c-6a1f-4f6e-9c1a-2f9f5f0f6a11",
      remoteAddress: "",
      head: { method: "POST", path: "/v1/track", query: "", headers: {} },
      body: Buffer.from(JSON.stringify({ userId: "ada", event: "Seen", messageId: `m-${position}` })).toString(
        "base64",
      ),
    };
    return Promise.resolve({ items: [request], next: position + 1, durable: position + 3 } as Answer);
  },
};

async function marks(project: string | undefined): Promise<number[]> {
  const found: number[] = [];
  const options = { from: 0, project, onUnreadable: () => {} };
  for await (const { mark } of readLoggedEvents(growing as CollectorClient, options)) found.push(mark);
  return found;
}

describe("the events of a log", () => {
  it("end where the log ended at the beginning, though it grows while it is read", async () => {
    expect(await marks(undefined)).toEqual([0, 1, 2]);
  });

  it("are those of one project when asked for", async () => {
    expect(await marks("shop")).toEqual([0, 2]);
  });

  it("are unpacked, and those of a request that does not unpack any more are the only ones left out", async () => {
    const bodyOf = (id: string): Buffer =>
      gzipSync(JSON.stringify({ userId: "ada", event: "Seen", messageId: `m-${id}` }));
    const bodies = [bodyOf("0"), bodyOf("1").subarray(0, 40), bodyOf("2")];
    const packed: Pick<CollectorClient, "get"> = {
      get: async <Answer>(path: string, { from = 0 }: Query = {}) => {
        const page = await growing.get<{ items: { head: object }[]; next: number }>(path, { from });
        const head = { ...page.items[0]?.head, headers: { "content-encoding": "gzip" } };
        const body = bodies[Number(from)]?.toString("base64") ?? "";
        return { ...page, items: [{ ...page.items[0], head, body }], durable: 3 } as Answer;
      },
    };
    const [ids, unreadable]: [unknown[], number[]] = [[], []];
    const onUnreadable = (position: number): void => void unreadable.push(position);
    const options = { from: 0, project: undefined, onUnreadable };
    for await (const { message } of readLoggedEvents(packed as CollectorClient, options)) ids.push(message.id);
    expect([ids, unreadable]).toEqual([["m-0", "m-2"], [1]]);
  });
});
