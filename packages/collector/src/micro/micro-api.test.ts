import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startCollector } from "../collector.js";
import type { Collector } from "../collector.js";
import type { CollectorOptions } from "../options.js";
import { columnNames } from "./atomic-event.js";

let directory: string;
let collector: Collector | null = null;

beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "oncewire-micro-"))));
afterEach(async () => {
  await collector?.close();
  collector = null;
  rmSync(directory, { recursive: true, force: true });
});

async function start(options: Partial<CollectorOptions> = {}): Promise<void> {
  collector = await startCollector({ dataDirectory: directory, port: 0, ...options });
}

type Pairs = Readonly<Record<string, string>>;

const tp2 = "/com.snowplowanalytics.snowplow/tp2";
const ids = {
  view: "4c0f1d6c-0c65-4a0f-9c31-6d1ad1f4ad10",
  cart: "4c0f1d6c-0c65-4a0f-9c31-6d1ad1f4ad11",
  struct: "4c0f1d6c-0c65-4a0f-9c31-6d1ad1f4ad12",
};
const snowplow = (name: string, version = "1-0-0"): string =>
  `iglu:com.snowplowanalytics.snowplow/${name}/jsonschema/${version}`;
const user = "iglu:com.acme/user/jsonschema/1-0-0";

const base = { tv: "js-4.0.0", p: "web", aid: "shop", tna: "sp1" };
const view: Pairs = {
  ...base,
  e: "pv",
  eid: ids.view,
  url: "https://shop.example:8443/cart?a=1#top",
  page: "Cart",
  res: "1366x768",
  uid: "ada",
  co: JSON.stringify({ schema: snowplow("contexts"), data: [{ schema: user, data: { plan: "pro" } }] }),
};
const struct: Pairs = { ...base, e: "se", eid: ids.struct, se_ca: "shop", se_ac: "add", se_va: "2.50" };

function described(schema: string, data: unknown): string {
  return JSON.stringify({ schema: snowplow("unstruct_event"), data: { schema, data } });
}

function cart(data: unknown, eid = ids.cart): Pairs {
  return { ...base, e: "ue", eid, ue_pr: described(snowplow("add_to_cart"), data) };
}

async function post(events: readonly unknown[], headers: Pairs = {}): Promise<void> {
  const body = JSON.stringify({ schema: snowplow("payload_data", "1-0-4"), data: events });
  const type = { "content-type": "application/json; charset=utf-8" };
  const answer = await fetch(`${collector?.url}${tp2}`, { method: "POST", headers: { ...type, ...headers }, body });
  expect([answer.status, await answer.text()]).toEqual([200, "ok"]);
}

async function micro<T = unknown>(path: string, filter?: unknown): Promise<T> {
  const init = filter === undefined ? {} : { method: "POST", body: JSON.stringify(filter) };
  const answer = await fetch(`${collector?.url}/micro/${path}`, init);
  return (await answer.json()) as T;
}

interface Good {
  readonly rawEvent: {
    readonly api: object;
    readonly parameters: Pairs;
    readonly contentType: string | null;
    readonly context: { readonly ipAddress: string; readonly headers: readonly string[]; readonly userId: string };
  };
  readonly eventType: string;
  readonly schema: string;
  readonly contexts: readonly string[];
  readonly event: Readonly<Record<string, unknown>>;
}

interface Bad {
  readonly collectorPayload: { readonly api: object; readonly querystring: string[]; readonly body: string } | null;
  readonly rawEvent: { readonly parameters: Pairs } | null;
  readonly errors: readonly [string, string];
}

async function goodIds(filter?: unknown): Promise<unknown[]> {
  return (await micro<Good[]>("good", filter)).map(({ event }) => event["event_id"]);
}

const narrowings: readonly (readonly [what: string, filter: unknown, expected: readonly string[]])[] = [
  ["nothing", {}, [ids.struct, ids.cart, ids.view]],
  ["a type", { event_type: "page_view" }, [ids.view]],
  ["a type by the trackers' code", { event_type: "se" }, [ids.struct]],
  ["events of a schema of their own", { event_type: "unstruct" }, [ids.cart]],
  ["a type that there is none of", { event_type: "paage_view" }, []],
  ["a schema", { schema: snowplow("add_to_cart") }, [ids.cart]],
  ["a schema of a built-in event", { schema: "iglu:com.google.analytics/event/jsonschema/1-0-0" }, [ids.struct]],
  ["a schema without its scheme", { schema: "com.google.analytics/event/jsonschema/1-0-0" }, [ids.struct]],
  ["an entity", { contexts: [user] }, [ids.view]],
  ["two entities, of which one is not there", { contexts: [user, snowplow("web_page")] }, []],
  ["so many", { limit: 2 }, [ids.struct, ids.cart]],
  ["none", { limit: 0 }, []],
  ["an id", { event_id: ids.cart.toUpperCase() }, [ids.cart]],
  ["all at once", { event_id: ids.view, event_type: "page_view", contexts: [user], limit: 1 }, [ids.view]],
];

const wrongFilters: readonly (readonly [filter: unknown, message: string])[] = [
  [{ eventType: "page_view" }, "`eventType` is not a filter; expected one of: event_id, event_type"],
  [{ contexts: user }, "`contexts` must be a list of texts"],
  [{ schema: 5 }, "`schema` must be a text"],
  [{ limit: -1 }, "`limit` must be an integer of 0 or more"],
  [[], "expected filters as a JSON object, got another body"],
];

describe("what came", () => {
  beforeEach(async () => {
    await start();
    await post([view, cart({ sku: "A1", quantity: 1 })]);
    await post([struct]);
  });

  it("can be asked for at once, newest first", async () => {
    expect(await micro("all")).toEqual({ total: 3, good: 3, bad: 0 });
    expect(await goodIds()).toEqual([ids.struct, ids.cart, ids.view]);
    expect(await micro("bad")).toEqual([]);
  });

  it("is narrowed by what is asked for", async () => {
    for (const [what, filter, expected] of narrowings) expect(await goodIds(filter), what).toEqual(expected);
  });

  it("is narrowed by a query in the same words", async () => {
    const ofQuery = async (query: string): Promise<unknown[]> =>
      (await micro<Good[]>(`good?${query}`)).map(({ event }) => event["event_id"]);
    expect(await ofQuery(`event_id=${ids.view}`)).toEqual([ids.view]);
    expect(await ofQuery("event_type=struct&limit=5")).toEqual([ids.struct]);
    expect(await ofQuery(`contexts=${user}&contexts=${user}`)).toEqual([ids.view]);
  });

  it("is not narrowed by what is no filter", async () => {
    for (const [filter, message] of wrongFilters) {
      const answer = await fetch(`${collector?.url}/micro/good`, { method: "POST", body: JSON.stringify(filter) });
      expect(answer.status, message).toBe(400);
      expect(((await answer.json()) as { error: { message: string } }).error.message).toContain(message);
    }
  });

  it("is hidden by a reset, also from the next process, and nothing is deleted", async () => {
    expect(await micro("reset", {})).toEqual({ total: 0, good: 0, bad: 0 });
    expect(await micro("all")).toEqual({ total: 0, good: 0, bad: 0 });
    expect(await goodIds()).toEqual([]);
    const later = { ...struct, eid: "4c0f1d6c-0c65-4a0f-9c31-6d1ad1f4ad13" };
    await post([later, { ...base }]);
    expect(await micro("all")).toEqual({ total: 2, good: 1, bad: 1 });
    await collector?.close();
    await start();
    expect(await goodIds()).toEqual([later.eid]);
    expect((await collector?.store.counts())?.events).toBe(4);
  });
});

describe("a good event", () => {
  it("has its request, its type, its schemas and the columns of an enriched event", async () => {
    await start();
    await post([view], { "user-agent": "Mozilla/5.0", cookie: `sp=${ids.cart}`, referer: "https://shop.example/" });
    const [good] = await micro<Good[]>("good");
    expect(good).toMatchObject({
      eventType: "page_view",
      schema: snowplow("page_view"),
      contexts: [user],
      incomplete: false,
    });
    expect(good?.rawEvent).toMatchObject({
      api: { vendor: "com.snowplowanalytics.snowplow", version: "tp2" },
      parameters: view,
      contentType: "application/json; charset=utf-8",
      source: { encoding: "UTF-8" },
      context: {
        ipAddress: "127.0.0.1",
        useragent: "Mozilla/5.0",
        refererUri: "https://shop.example/",
        userId: ids.cart,
      },
    });
    expect(good?.rawEvent.context.headers).toContain("user-agent: Mozilla/5.0");
    expect(Object.keys(good?.event ?? {}).toSorted()).toEqual(columnNames.toSorted());
    expect(good?.event).toMatchObject({
      app_id: "shop",
      event: "page_view",
      event_id: ids.view,
      event_vendor: "com.snowplowanalytics.snowplow",
      event_name: "page_view",
      user_id: "ada",
      network_userid: ids.cart,
      page_urlscheme: "https",
      page_urlhost: "shop.example",
      page_urlport: 8443,
      page_urlpath: "/cart",
      page_urlquery: "a=1",
      page_urlfragment: "top",
      dvce_screenwidth: 1366,
      contexts: { data: [{ schema: user, data: { plan: "pro" } }] },
      unstruct_event: null,
      geo_country: null,
    });
  });

  it("of a pixel is one of the first version, with its own data", async () => {
    await start();
    const data = { name: "Home", id: "h1" };
    const ue_px = Buffer.from(described(snowplow("screen_view"), data)).toString("base64url");
    const query = new URLSearchParams({ e: "ue", p: "mob", tv: "py-1.1.0", tid: "7", dtm: "1795186000000", ue_px });
    await fetch(`${collector?.url}/i?${query}`);
    const [good] = await micro<Good[]>("good", { schema: snowplow("screen_view") });
    expect(good?.rawEvent.api).toEqual({ vendor: "com.snowplowanalytics.snowplow", version: "tp1" });
    expect(good?.eventType).toBe("unstruct");
    expect(good?.event).toMatchObject({
      txn_id: 7,
      dvce_created_tstamp: new Date(1_795_186_000_000).toISOString(),
      unstruct_event: { schema: snowplow("unstruct_event"), data: { schema: snowplow("screen_view"), data } },
      contexts: {},
    });
  });

  it("has the 131 columns", () => expect(new Set(columnNames).size).toBe(131));
});

describe("a bad event", () => {
  it("says why, with its request, and its neighbours are good", async () => {
    await start();
    const wrong = cart({ sku: "A1", quantity: "many" });
    await post([struct, wrong]);
    await fetch(`${collector?.url}/com.acme/v9?x=1`, {
      method: "POST",
      body: gzipSync("a=b"),
      headers: { "content-encoding": "gzip" },
    });
    expect(await micro("all")).toEqual({ total: 3, good: 1, bad: 2 });
    const [foreign, violation] = await micro<Bad[]>("bad");
    expect(violation?.rawEvent?.parameters).toEqual(wrong);
    expect(violation?.errors[0]).toBe("Error while validating the event.");
    const row = JSON.parse(violation?.errors[1] ?? "") as { schema: string; data: { failure: object } };
    expect(row.schema).toContain(".badrows/schema_violations/");
    expect(row.data.failure).toMatchObject({
      messages: [{ error: "schema-violation", message: expect.stringContaining("/quantity must be number") }],
    });
    expect(foreign).toMatchObject({
      collectorPayload: { api: { vendor: "com.acme", version: "v9" }, querystring: ["x=1"], body: "a=b" },
      rawEvent: null,
    });
    expect(foreign?.errors[1]).toContain(".badrows/adapter_failures/");
  });

  it("is narrowed by the path it came to, and by number", async () => {
    await start();
    await post([{}, { ...base }]);
    await fetch(`${collector?.url}/com.acme/v9`, { method: "POST", body: "{}" });
    const count = async (filter: unknown): Promise<number> => (await micro<Bad[]>("bad", filter)).length;
    expect(await count({})).toBe(3);
    expect(await count({ vendor: "com.acme" })).toBe(1);
    expect(await count({ vendor: "com.snowplowanalytics.snowplow", version: "tp2" })).toBe(2);
    expect(await count({ version: "tp1" })).toBe(0);
    expect(await count({ limit: 2 })).toBe(2);
  });
});

describe("the table of events", () => {
  beforeEach(async () => {
    await start();
    await post([view, cart({ sku: "A1", quantity: 1 }), { ...struct, dtm: "soon" }]);
  });

  interface TablePage {
    readonly events: readonly Readonly<Record<string, unknown>>[];
    readonly totalPages: number;
    readonly totalItems: number;
  }

  it("has good and bad events at once, narrowed, sorted and page by page", async () => {
    const all = await micro<TablePage>("events", { filters: [], page: 1, pageSize: 2 });
    expect([all.events.length, all.totalPages, all.totalItems]).toEqual([2, 2, 3]);
    const good = await micro<TablePage>("events", {
      filters: [{ column: "app_id", values: ["SHOP"] }],
      validEvents: true,
      sorting: { column: "event_name", desc: false },
    });
    expect(good.events.map((event) => [event["event_name"], event["event_id"]])).toEqual([
      ["add_to_cart", ids.cart],
      ["page_view", ids.view],
    ]);
    expect(good.events[0]).toMatchObject({
      unstruct_event_com_snowplowanalytics_snowplow_add_to_cart_1: { sku: "A1", quantity: 1 },
    });
    expect(good.events[1]).toMatchObject({ contexts_com_acme_user_1: [{ _schema_version: "1-0-0", plan: "pro" }] });
    const bad = await micro<TablePage>("events", { validEvents: false });
    expect(bad.events).toMatchObject([
      {
        event_id: ids.struct,
        se_category: "shop",
        contexts_com_snowplowanalytics_snowplow_failure_1: [{ failureType: "wrong-format" }],
      },
    ]);
    expect(await micro("events", { sort: "x" })).toMatchObject({ error: { code: "invalid-filter" } });
  });

  it("says which columns there are, what they hold, and how many came when", async () => {
    expect(await micro<string[]>("columns")).toEqual(
      expect.arrayContaining(["app_id", "contexts_com_acme_user_1.plan"]),
    );
    expect(await micro("columnStats", { columns: ["event_name"] })).toEqual({
      event_name: { sortable: true, filterable: true, values: ["add_to_cart", "event", "page_view"] },
    });
    const buckets = [{ start: "2020-01-01T00:00:00Z" }, { end: "2020-01-01T00:00:00Z" }];
    expect(await micro("timeline", { buckets })).toEqual({
      points: [
        { validEvents: 2, failedEvents: 1, bucket: buckets[0] },
        { validEvents: 0, failedEvents: 0, bucket: buckets[1] },
      ],
    });
  });

  it("is empty after a reset, and knows of no authentication of its own", async () => {
    await micro("reset");
    expect(await micro("events", {})).toEqual({ events: [], totalPages: 1, totalItems: 0 });
    expect(await micro("columns")).toEqual([]);
    expect(await micro("auth-config")).toEqual({ domain: "", audience: "", clientId: "", enabled: false });
  });
});

describe("schemas", () => {
  it("are given by their names, bundled ones and the operator's own", async () => {
    await start();
    expect(await micro("iglu/com.snowplowanalytics.snowplow/add_to_cart/jsonschema/1-0-0")).toMatchObject({
      self: { vendor: "com.snowplowanalytics.snowplow", name: "add_to_cart", format: "jsonschema", version: "1-0-0" },
      required: ["sku", "quantity"],
    });
    const missing = await fetch(`${collector?.url}/micro/iglu/com.acme/x/jsonschema/1-0-0`);
    expect([missing.status, await missing.json()]).toMatchObject([404, { value: expect.anything() }]);
  });

  it("that are not known pass, unless they are to be refused", async () => {
    const event = { ...base, e: "ue", ue_pr: described("iglu:com.acme/x/jsonschema/1-0-0", { a: 1 }) };
    await start();
    await post([event]);
    expect(await micro("all")).toMatchObject({ good: 1, bad: 0 });
    await collector?.close();
    await start({ unknownSchemas: "refuse" });
    await post([event, view]);
    expect(await micro("all")).toMatchObject({ good: 1, bad: 2 });
    expect(collector?.stats()).toMatchObject({ accepted: 0, bad: 2, pending: 0 });
  });
});

describe("who may ask", () => {
  const secretKey = "a-secret-of-the-operator";

  it("is who may read, with the same key", async () => {
    await start({ secretKey });
    expect((await fetch(`${collector?.url}/micro/all`)).status).toBe(401);
    const headers = { authorization: `Bearer ${secretKey}` };
    expect((await fetch(`${collector?.url}/micro/all`, { headers })).status).toBe(200);
    expect((await fetch(`${collector?.url}/micro/reset`, { method: "POST", body: "{}" })).status).toBe(401);
    expect(existsSync(join(directory, "micro.json"))).toBe(false);
  });

  it.each([
    ["http://localhost:3000", 200, "http://localhost:3000"],
    ["https://app.example.com", 200, "https://app.example.com"],
    ["https://attacker.example", 403, null],
    ["null", 403, null],
  ])("from a page at %s is answered %d", async (origin, status, allowed) => {
    await start({ allowedHosts: ["app.example.com"] });
    const headers = { origin, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" };
    const answer = await fetch(`${collector?.url}/micro/all`, { headers });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("access-control-allow-origin")).toBe(allowed);
    const asked = await fetch(`${collector?.url}/micro/good`, { method: "OPTIONS", headers });
    expect(asked.status).toBe(204);
    expect(asked.headers.get("access-control-allow-methods")).toBe(allowed === null ? null : "GET, POST");
  });

  it("does not reset it by an image on another site's page", async () => {
    await start();
    await post([view]);
    const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" };
    expect((await fetch(`${collector?.url}/micro/reset`, { headers })).status).toBe(403);
    expect(await micro("all")).toMatchObject({ good: 1 });
  });

  it("is told what there is where nothing is, and which methods there are", async () => {
    await start();
    const answer = await fetch(`${collector?.url}/micro/goood`);
    expect([answer.status, await answer.text()]).toEqual([
      404,
      "Supported endpoints: /micro/all, /micro/good, /micro/bad, /micro/events, /micro/reset, /micro/columns, /micro/columnStats, /micro/timeline, /micro/iglu\n",
    ]);
    const put = await fetch(`${collector?.url}/micro/all`, { method: "PUT", body: "x" });
    expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, POST"]);
    const large = await fetch(`${collector?.url}/micro/good`, { method: "POST", body: "x".repeat(70_000) });
    expect(large.status).toBe(400);
    // A tracker that posts here is told so: its event would be one of nobody's.
    expect(await micro("all")).toEqual({ total: 0, good: 0, bad: 0 });
  });
});

describe("on Snowplow's paths", () => {
  it("a browser is told at once that it may send", async () => {
    await start();
    const headers = { origin: "https://shop.example", "access-control-request-method": "POST" };
    const answer = await fetch(`${collector?.url}${tp2}`, { method: "OPTIONS", headers });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "access-control-allow-origin": "https://shop.example",
      "access-control-allow-credentials": "true",
      "access-control-allow-headers": "Content-Type, SP-Anonymous",
      "access-control-max-age": "3600",
    });
  });

  it("an anonymous sender's address is nowhere", async () => {
    await start();
    await post([struct], { "sp-anonymous": "*", "x-forwarded-for": "192.0.2.77" });
    const [good] = await micro<Good[]>("good");
    expect(good?.rawEvent.context.ipAddress).toBe("unknown");
    expect(good?.event).toMatchObject({
      user_ipaddress: "unknown",
      network_userid: "00000000-0000-0000-0000-000000000000",
    });
    const kept = await (await fetch(`${collector?.url}/api/requests`)).text();
    expect(kept).toContain('"position":0');
    expect(kept).not.toContain("192.0.2.77");
    await collector?.close();
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const onDisk = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1")).join("\n");
    expect(onDisk).toContain(ids.struct);
    expect(onDisk).not.toContain("127.0.0.1");
  });

  it("says whether it can keep what comes", async () => {
    await start();
    const answer = await fetch(`${collector?.url}/sink-health`);
    expect([answer.status, await answer.text()]).toEqual([200, "ok"]);
  });
});
