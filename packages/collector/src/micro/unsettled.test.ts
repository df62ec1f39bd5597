import { describe, expect, it } from "vitest";
import type { StoredBadEvent } from "../store/event-store.js";
import { StoreError } from "../store/store-error.js";
import { createMicroApi } from "./micro-api.js";
import type { MicroApi, MicroSources } from "./micro-api.js";

const nothing = { items: [], next: null };

function microOver(sources: Partial<MicroSources>): MicroApi {
  return createMicroApi({
    reader: { events: () => Promise.resolve(nothing), bad: () => Promise.resolve(nothing) },
    sql: () => Promise.resolve({ rows: [[0, 0]] }),
    log: { read: () => Promise.resolve({ requests: [], next: 0, lost: [] }), first: 0, durable: 0 },
    schemas: new Map(),
    mark: { position: 0, moveTo: () => Promise.resolve() },
    settled: () => Promise.resolve(),
    ...sources,
  });
}

async function ask(sources: Partial<MicroSources>, path: string, filter: object = {}): Promise<unknown> {
  const body = new TextEncoder().encode(JSON.stringify(filter));
  const answer = await microOver(sources).answer({ method: "GET", path, query: "", headers: {} }, body);
  return answer === null ? null : [answer.status, JSON.parse(answer.json)];
}

const refusal = (code: string, message: string): unknown => [
  503,
  { error: { code, message: expect.stringContaining(message) } },
];

describe("a question that cannot be answered now", () => {
  it.each(["/micro/all", "/micro/good", "/micro/bad", "/micro/events", "/micro/columns"])(
    "is refused while the store is behind: %s",
    async (path) => {
      const settled = (): Promise<void> => Promise.reject(new Error("it is at 5"));
      expect(await ask({ settled }, path)).toEqual(
        refusal("not-settled", "is not in the store yet; ask again: it is at 5"),
      );
    },
  );

  it("is refused while the store is away", async () => {
    const away = (): Promise<never> => Promise.reject(new StoreError("engine-unavailable", "it is starting"));
    expect(await ask({ sql: away }, "/micro/all")).toEqual(refusal("not-settled", "it is starting"));
    const reader = { events: away, bad: away };
    expect(await ask({ reader }, "/micro/good")).toEqual(refusal("not-settled", "it is starting"));
  });

  it("is refused where the mark cannot be kept", async () => {
    const mark = { position: 0, moveTo: (): Promise<void> => Promise.reject(new Error("ENOSPC")) };
    expect(await ask({ mark }, "/micro/reset")).toEqual(refusal("not-reset", "until the next start only"));
  });

  it("is a defect where nothing else is to blame", async () => {
    const sql = (): Promise<never> => Promise.reject(new TypeError("a defect"));
    await expect(ask({ sql }, "/micro/all")).rejects.toThrow("a defect");
  });

  it("is none where there is nothing to ask", async () => {
    expect(await ask({}, "/micro/nothing")).toBeNull();
    expect(await ask({}, "/micro/good")).toEqual([200, []]);
  });
});

describe("the table of events", () => {
  it("is made of no more than an answer may hold, and of one event at least", async () => {
    const bad = (position: number, megabytes: number): StoredBadEvent => ({
      id: String(position),
      protocol: "snowplow",
      project: "default",
      receivedAt: "2026-11-20T12:00:00.000Z",
      code: "invalid-json",
      message: "no JSON",
      wire: "x".repeat(megabytes * 1024 * 1024),
      position,
    });
    const totalOf = async (megabytes: number): Promise<unknown> => {
      const items = Array.from({ length: 40 }, (_, index) => bad(40 - index, megabytes));
      const reader = { events: () => Promise.resolve(nothing), bad: () => Promise.resolve({ items, next: null }) };
      return ask({ reader }, "/micro/timeline", { buckets: [{}] });
    };
    const point = (failedEvents: number): unknown => [200, { points: [{ validEvents: 0, failedEvents, bucket: {} }] }];
    expect(await totalOf(1)).toEqual(point(31));
    expect(await totalOf(33)).toEqual(point(1));
  });
});
