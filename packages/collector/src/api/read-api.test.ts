/** The read API over a real collector, checked against its own OpenAPI document. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCollector } from "../collector.js";
import type { Collector } from "../collector.js";

let directory: string;
let collector: Collector;

const at = (minute: number): string => `2026-04-08T12:${String(minute).padStart(2, "0")}:00.000Z`;
const batch = [
  {
    type: "identify",
    userId: "ada",
    anonymousId: "a-1",
    messageId: "m1",
    traits: { plan: "free", city: "London" },
    originalTimestamp: at(0),
  },
  { type: "track", userId: "ada", event: "Order Completed", messageId: "m2", originalTimestamp: at(1) },
  { type: "track", userId: "bob", event: "Order Completed", messageId: "m3", originalTimestamp: at(1) },
  { type: "track", userId: "ada", event: "it's; DROP TABLE events --", messageId: "m4", originalTimestamp: at(59) },
  { type: "identify", userId: "ada", messageId: "m5", traits: { plan: "paid", city: null }, originalTimestamp: at(59) },
  { type: "alias", userId: "ada", previousId: "a-0", messageId: "m6", originalTimestamp: at(59) },
];

async function post(body: unknown, gzip = false): Promise<number> {
  const text = JSON.stringify(body);
  const headers = { authorization: `Basic ${btoa("key:")}`, ...(gzip ? { "content-encoding": "gzip" } : {}) };
  const answer = await fetch(`${collector.url}/v1/batch`, {
    method: "POST",
    headers,
    body: gzip ? gzipSync(text) : text,
  });
  return answer.status;
}

async function get(
  path: string,
  query: Record<string, string | number> = {},
): Promise<{ status: number; value: never }> {
  const text = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  const answer = await fetch(`${collector.url}${path}?${text}`);
  return { status: answer.status, value: (await answer.json()) as never };
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-api-"));
  collector = await startCollector({ dataDirectory: directory, port: 0 });
  expect(await post({ batch, sentAt: new Date().toISOString() }, true)).toBe(200);
  expect(await post({ batch: [{ type: "track", event: "Nobody", messageId: "m7" }] })).toBe(400);
  expect(await post({ batch: [batch[1]] })).toBe(200);
  await collector.settled();
});
afterAll(async () => {
  await collector.close();
  rmSync(directory, { recursive: true, force: true });
});

describe("the counts", () => {
  it("are by name and by time", async () => {
    const { value } = await get("/api/counts", { group: "name", kind: "track" });
    expect(value).toEqual({
      items: [
        { time: null, key: "Order Completed", count: 2 },
        { time: null, key: "it's; DROP TABLE events --", count: 1 },
      ],
      truncated: false,
    });
    const byHour = (await get("/api/counts", { by: "month" })).value as { items: { time: string; count: number }[] };
    expect(byHour.items.reduce((sum, { count }) => sum + count, 0)).toBe(6);
    expect(byHour.items[0]?.time).toMatch(/^\d{4}-\d\d-01T00:00:00\.000Z$/);
  });

  it.each([
    [{ name: "it's; DROP TABLE events --" }, 1],
    [{ userId: "bob" }, 1],
    [{ userId: "' OR '1' = '1" }, 0],
    [{ userId: "😀\u0000" }, 0],
    [{ project: "default", to: "2030-01-01" }, 6],
    [{ from: "2030-01-01" }, 0],
  ])("are narrowed by %j", async (query, expected) => {
    const { value } = await get("/api/counts", query);
    expect((value as { items: { count: number }[] }).items.map(({ count }) => count)).toEqual(
      expected === 0 ? [] : [expected],
    );
  });
});

describe("a profile", () => {
  it("has the attributes as they are now, and the ids joined to the user's", async () => {
    expect((await get("/api/profiles", { userId: "ada" })).value).toMatchObject({
      profile: {
        userIds: ["ada"],
        anonymousIds: ["a-1", "a-0"],
        events: 5,
        attributes: { plan: "paid", city: null },
      },
    });
  });

  it("is null for somebody who never came", async () => {
    expect((await get("/api/profiles", { userId: "eve" })).value).toEqual({ profile: null, behind: 0, forgotten: 0 });
  });
});

describe("SQL", () => {
  it("answers one SELECT", async () => {
    const query = "SELECT id, kind FROM events WHERE user_id = 'bob' UNION ALL SELECT code, 'bad' FROM bad_events";
    expect((await get("/api/sql", { query })).value).toMatchObject({
      columns: [
        { name: "id", type: "VARCHAR" },
        { name: "kind", type: "VARCHAR" },
      ],
      rows: expect.arrayContaining([
        ["m3", "track"],
        ["no-identity", "bad"],
      ]),
      truncated: false,
    });
  });

  it("gives whole numbers as numbers, and as text where a number would lose digits", async () => {
    const query = "SELECT count(*), sum(position), 9007199254740993, NULL::BIGINT, '7' FROM events";
    expect((await get("/api/sql", { query })).value).toMatchObject({
      rows: [[expect.any(Number), expect.any(Number), "9007199254740993", null, "7"]],
    });
  });

  it("says that there was more than was asked for", async () => {
    expect((await get("/api/sql", { query: "SELECT id FROM events", limit: 2 })).value).toMatchObject({
      truncated: true,
    });
  });

  it.each([
    ["SELECT nothing FROM events", 400],
    ["DROP VIEW events", 400],
    ["SELECT 1; SELECT 2", 400],
    ["COPY events TO '/tmp/stolen.csv'", 400],
    ["SELECT * FROM read_text('/etc/passwd')", 400],
    ["", 400],
  ])("refuses %s", async (query, status) => {
    const answer = await get("/api/sql", { query });
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.value)).not.toContain("root:");
  });

  it("ends a query that takes too long", async () => {
    const query = "SELECT count(*) FROM range(100000000000) a";
    expect((await get("/api/sql", { query, timeoutMs: 50 })).status).toBe(504);
  });
});

describe("the accept log", () => {
  it("is read in the order it was written, with bodies as received", async () => {
    const first = (await get("/api/requests", { limit: 1 })).value as { items: { body: string }[]; next: number };
    expect(Buffer.from(first.items[0]?.body ?? "", "base64").subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
    const rest = (await get("/api/requests", { from: first.next })).value as {
      items: { position: number }[];
      next: null;
    };
    expect(rest.items.map(({ position }) => position)).toEqual([1, 2]);
    expect(rest.next).toBe(null);
  });

  it("finds every request that holds an id, also in a compressed body", async () => {
    const found = (await get("/api/requests", { containing: '"m2"' })).value as {
      items: { position: number; body?: string }[];
    };
    expect(found.items.map(({ position, body }) => [position, body])).toEqual([
      [0, undefined],
      [2, undefined],
    ]);
  });

  it("finds the requests that hold one of several texts", async () => {
    const answer = await fetch(`${collector.url}/api/requests?containing=nowhere&containing=m2`);
    const { items } = (await answer.json()) as { items: { position: number }[] };
    expect(items.map(({ position }) => position)).toEqual([0, 2]);
  });

  it("shows no key", async () => {
    expect(JSON.stringify((await get("/api/requests")).value)).not.toContain("authorization");
  });
});

describe("the OpenAPI document", () => {
  const queries: Readonly<Record<string, Record<string, string>>> = {
    "/api/profiles": { userId: "ada" },
    "/session/show": { uuid: "ada" },
    "/api/sql": { query: "SELECT 1" },
    "/api/counts": { by: "day", group: "kind" },
  };

  it("is docs/openapi.json", async () => {
    const file = readFileSync(new URL("../../../../docs/openapi.json", import.meta.url), "utf8");
    expect((await get("/api/openapi.json")).value).toEqual(JSON.parse(file));
  });

  it("describes every path as the server answers it", async () => {
    const document = (await get("/api/openapi.json")).value as OpenApi;
    expect(Object.keys(document.paths).length).toBeGreaterThan(5);
    for (const [path, { get: operation }] of Object.entries(document.paths)) {
      const answer = await get(path, queries[path] ?? {});
      expect(answer.status, path).toBe(200);
      expect(problemsWith(answer.value, operation.responses["200"].content["application/json"].schema, path)).toEqual(
        [],
      );
      const wrong = await get(path, { ...queries[path], nonsense: "1" });
      if (operation.parameters.length === 0) continue;
      expect(wrong.status, path).toBe(400);
      expect(problemsWith(wrong.value, operation.responses.default.content["application/json"].schema, path)).toEqual(
        [],
      );
      for (const { name } of operation.parameters) {
        expect((wrong.value as { error: { message: string } }).error.message, path).toContain(name);
      }
    }
  });

  it("would notice an answer of another form", () => {
    const schema = {
      type: "object",
      properties: { a: { type: "integer" } },
      required: ["a"],
      additionalProperties: false,
    };
    expect(problemsWith({ a: 1 }, schema, "")).toEqual([]);
    for (const value of [{ a: "1" }, {}, { a: 1, b: 2 }, [], null]) {
      expect(problemsWith(value, schema, ""), JSON.stringify(value)).not.toEqual([]);
    }
  });
});

interface OpenApi {
  readonly paths: Readonly<Record<string, { readonly get: OpenApiOperation }>>;
}
interface OpenApiOperation {
  readonly parameters: readonly { readonly name: string }[];
  readonly responses: Readonly<Record<"200" | "default", { content: { "application/json": { schema: Schema } } }>>;
}
interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
}

/** The part of JSON Schema that the document uses. */
function problemsWith(value: unknown, schema: Schema, path: string): string[] {
  const problems: string[] = [];
  const types = schema.type === undefined ? null : [schema.type].flat();
  if (types !== null && !types.some((type) => isOfType(value, type))) problems.push(`${path} is no ${types.join("|")}`);
  if (schema.enum !== undefined && !schema.enum.includes(value)) problems.push(`${path} is none of its values`);
  if (Array.isArray(value)) {
    return problems.concat(value.flatMap((item, index) => problemsWith(item, schema.items ?? {}, `${path}[${index}]`)));
  }
  if (typeof value !== "object" || value === null) return problems;
  return problems.concat(membersOf(value, schema, path));
}

function membersOf(
  value: object,
  { required = [], properties = {}, additionalProperties }: Schema,
  path: string,
): string[] {
  const missing = required.filter((name) => !(name in value)).map((name) => `${path}.${name} is missing`);
  const wrong = Object.entries(value).flatMap(([name, one]) => {
    const known = properties[name];
    if (known !== undefined) return problemsWith(one, known, `${path}.${name}`);
    return additionalProperties === false ? [`${path}.${name} is not described`] : [];
  });
  return [...missing, ...wrong];
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}
