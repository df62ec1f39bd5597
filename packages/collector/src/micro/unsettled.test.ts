import { describe, expect, it } from "vitest";
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

async function ask(sources: Partial<MicroSources>, path: string): Promise<unknown> {
  const answer = await microOver(sources).answer({ method: "GET", path, query: "", headers: {} }, new Uint8Array());
  return answer === null ? null : [answer.status, JSON.parse(answer.json)];
}

const refusal = (code: string, message: string): unknown => [
  503,
  { error: { code, message: expect.stringContaining(message) } },
];

describe("a question that cannot be answered now", () => {
  it.each(["/micro/all", "/micro/good", "/micro/bad"])("is refused while the store is behind: %s", async (path) => {
    const settled = (): Promise<void> => Promise.reject(new Error("it is at 5"));
    expect(await ask({ settled }, path)).toEqual(
      refusal("not-settled", "is not in the store yet; ask again: it is at 5"),
    );
  });

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
