import type { ProtocolName } from "@oncewire/protocol";
import { describe, expect, it } from "vitest";
import type { LoggedRequest } from "../log/accept-log.js";
import { newestFirst } from "./newest-first.js";
import { findRequests } from "./request-finder.js";

interface Item {
  readonly position: number;
  readonly protocol: ProtocolName;
}

/** Pages of three, and what was asked for. */
function pagesOf(items: readonly Item[]): {
  readonly asked: number[];
  readonly read: Parameters<typeof newestFirst<Item>>[0];
} {
  const asked: number[] = [];
  return {
    asked,
    read: ({ cursor = "0" }) => {
      const at = Number(cursor);
      asked.push(at);
      return Promise.resolve({ items: items.slice(at, at + 3), next: at + 3 < items.length ? String(at + 3) : null });
    },
  };
}

async function found(items: readonly Item[], from: number): Promise<{ positions: number[]; asked: number[] }> {
  const { asked, read } = pagesOf(items);
  const positions: number[] = [];
  for await (const page of newestFirst(read, from)) positions.push(...page.map(({ position }) => position));
  return { positions, asked };
}

const items = [9, 8, 7, 7, 5, 4, 3, 2].map((position): Item => ({
  position,
  protocol: position === 8 ? "rudderstack" : "snowplow",
}));

describe("what came, newest first", () => {
  it("is what came on Snowplow's wire", async () => {
    expect(await found(items, 0)).toEqual({ positions: [9, 7, 7, 5, 4, 3, 2], asked: [0, 3, 6] });
  });

  it("ends at the position, and reads no further", async () => {
    expect(await found(items, 5)).toEqual({ positions: [9, 7, 7, 5], asked: [0, 3] });
    expect(await found(items, 10)).toEqual({ positions: [], asked: [0] });
    expect(await found([], 0)).toEqual({ positions: [], asked: [0] });
  });
});

describe("requests of the log", () => {
  it("are found with one read where they are near, and passed over where the log has none", async () => {
    const reads: number[] = [];
    const log = {
      first: 3,
      durable: 20,
      read: (from: number) => {
        reads.push(from);
        const requests = [0, 1, 2, 3].map((offset) => ({ position: from + offset }) as LoggedRequest);
        return Promise.resolve({ requests, next: from + 4, lost: [] });
      },
    };
    const requests = await findRequests(log, [6, 1, 5, 5, 15, 25]);
    expect([...requests.keys()]).toEqual([5, 6, 15]);
    expect(reads).toEqual([5, 15]);
  });
});
