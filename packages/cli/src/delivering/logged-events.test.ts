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
  for await (const { mark } of readLoggedEvents(growing as CollectorClient, { from: 0, project })) found.push(mark);
  return found;
}

describe("the events of a log", () => {
  it("end where the log ended at the beginning, though it grows while it is read", async () => {
    expect(await marks(undefined)).toEqual([0, 1, 2]);
  });

  it("are those of one project when asked for", async () => {
    expect(await marks("shop")).toEqual([0, 2]);
  });
});
