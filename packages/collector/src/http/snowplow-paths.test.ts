/** What three systems on one port answer where a Snowplow collector has an answer of its own; docs/protocols/snowplow.md has the table. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCollector } from "../collector.js";
import type { Collector } from "../collector.js";

let directory: string;
let collector: Collector;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-paths-"));
  collector = await startCollector({ dataDirectory: directory, port: 0 });
});
afterAll(async () => {
  await collector.close();
  rmSync(directory, { recursive: true, force: true });
});

async function ask(request: string, headers: Readonly<Record<string, string>> = {}): Promise<[number, string]> {
  const [method = "", path = ""] = request.split(" ");
  const answer = await fetch(`${collector.url}${path}`, { method, headers, redirect: "manual" });
  return [answer.status, await answer.text()];
}

it.each<[string, number, string]>([
  ["POST /com.acme/v1", 200, "ok"],
  ["GET /sink-health", 200, "ok"],
  ["GET /health", 200, '"acceptingEvents":"TRUE"'],
  ["GET /robots.txt", 200, "Disallow: /"],
  ["GET /", 200, '"server":"UP"'],
  ["GET /crossdomain.xml", 404, ""],
  ["POST /i", 404, "Not found"],
  ["POST /one", 404, ""],
  ["POST /one/two/three", 404, ""],
  ["GET /r/tp2?u=https://example.com", 404, "redirects disabled"],
  ["GET /api/evnets", 404, "404 page not found"],
  ["POST /api/events", 405, ""],
  ["GET /health/redy", 404, "404 page not found"],
  ["GET /_live/nothing.js", 404, "404 page not found"],
  ["POST /v1/nothing", 200, "ok"],
  ["OPTIONS /i", 200, ""],
  ["OPTIONS /com.acme/v1", 200, ""],
  ["OPTIONS /v1/batch", 204, ""],
  ["OPTIONS /micro/all", 204, ""],
  ["OPTIONS /api/events", 405, ""],
  ["OPTIONS /nowhere", 404, ""],
])("%s is answered %d", async (request, status, text) => {
  const [answered, said] = await ask(request);
  expect(answered).toBe(status);
  expect(said).toContain(text);
});

it("takes nothing with credentials for Snowplow's", async () => {
  expect((await ask("POST /v1/nothing", { authorization: "Basic eDo=" }))[0]).toBe(404);
});

it("answers a pixel with 43 bytes of GIF that nobody keeps", async () => {
  const answer = await fetch(`${collector.url}/i?e=pv&p=web&tv=js-1`);
  expect(answer.headers.get("content-type")).toBe("image/gif");
  expect(answer.headers.get("cache-control")).toBe("no-cache, no-store, must-revalidate");
  expect((await answer.arrayBuffer()).byteLength).toBe(43);
});

describe("a collector that is told how to receive Snowplow's wire", () => {
  let own: Collector;
  beforeAll(async () => {
    own = await startCollector({
      dataDirectory: join(directory, "own"),
      port: 0,
      snowplow: {
        cookie: { name: "visitor", domains: ["shop.example"] },
        redirects: { domains: ["shop.example"] },
        paths: { "/com.acme/track": "/com.snowplowanalytics.snowplow/tp2" },
      },
    });
  });
  afterAll(() => own.close());

  async function goodSchemas(): Promise<unknown[]> {
    const answer = await fetch(`${own.url}/micro/good`);
    return ((await answer.json()) as { schema: string }[]).map(({ schema }) => schema);
  }

  it("leads to the hosts that are allowed and to no other, and counts either", async () => {
    const follow = (target: string): Promise<Response> =>
      fetch(`${own.url}/r/tp2?${String(new URLSearchParams({ u: target }))}`, { redirect: "manual" });
    const allowed = await follow("https://shop.example/cart?a=1");
    expect([allowed.status, allowed.headers.get("location")]).toEqual([302, "https://shop.example/cart?a=1"]);
    const refused = await follow("https://shop.example.attacker.example/");
    expect([refused.status, refused.headers.get("location")]).toEqual([400, null]);
    const schema = "iglu:com.snowplowanalytics.snowplow/uri_redirect/jsonschema/1-0-0";
    expect(await goodSchemas()).toEqual([schema, schema]);
  });

  it("reads a path of the operator's own, and names the cookie as it is told", async () => {
    await fetch(`${own.url}/micro/reset`);
    const event = { e: "pv", p: "web", tv: "js-4" };
    const schema = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4";
    const answer = await fetch(`${own.url}/com.acme/track`, {
      method: "POST",
      headers: { origin: "https://www.shop.example" },
      body: JSON.stringify({ schema, data: [event] }),
    });
    expect(answer.headers.get("set-cookie")).toMatch(
      /^visitor=[0-9a-f-]{36}; Expires=.*; Domain=shop\.example; Path=\/;/,
    );
    expect(await goodSchemas()).toEqual(["iglu:com.snowplowanalytics.snowplow/page_view/jsonschema/1-0-0"]);
  });
});

describe("a collector that asks whether cookies are kept, and keeps nothing of those who say so", () => {
  let own: Collector;
  beforeAll(async () => {
    own = await startCollector({
      dataDirectory: join(directory, "cookies"),
      port: 0,
      snowplow: {
        cookie: { clientCookieName: "sp-page" },
        cookieBounce: {},
        doNotTrackCookie: { name: "dnt", values: ["1"] },
      },
    });
  });
  afterAll(() => own.close());

  async function stored(): Promise<unknown> {
    return (await fetch(`${own.url}/micro/all`)).json();
  }

  it("leads a browser to its pixel, and knows it there by the cookie", async () => {
    const first = await fetch(`${own.url}/i?e=pv&p=web&tv=js-4`, { redirect: "manual" });
    expect([first.status, await stored()]).toEqual([302, { total: 0, good: 0, bad: 0 }]);
    const cookies = first.headers.getSetCookie();
    expect(cookies.map((line) => line.slice(0, line.indexOf("=")))).toEqual(["sp", "sp-page"]);
    const second = new URL(first.headers.get("location") ?? "", `${own.url}/i?e=pv`);
    expect(second.href).toBe(`${own.url}/i?e=pv&p=web&tv=js-4&n3pc=true`);
    const cookie = cookies[0]?.split(";", 1)[0] ?? "";
    const answer = await fetch(second, { headers: { cookie } });
    expect([answer.status, (await answer.arrayBuffer()).byteLength, await stored()]).toEqual([
      200,
      43,
      { total: 1, good: 1, bad: 0 },
    ]);
    const [{ event }] = (await (await fetch(`${own.url}/micro/good`)).json()) as [{ event: object }];
    expect(event).toMatchObject({ network_userid: cookie.slice("sp=".length) });
  });

  it("answers who is not to be tracked like all others, and keeps nothing", async () => {
    await fetch(`${own.url}/micro/reset`);
    const answer = await fetch(`${own.url}/com.acme/v1`, { method: "POST", headers: { cookie: "dnt=1" }, body: "{}" });
    expect([answer.status, await answer.text(), answer.headers.getSetCookie()]).toEqual([200, "ok", []]);
    expect(await stored()).toEqual({ total: 0, good: 0, bad: 0 });
  });

  it("counts each request of which nothing was kept by its reason, beside those that were", async () => {
    const before = own.stats();
    await fetch(`${own.url}/i?e=pv&p=web&tv=js-4`, { redirect: "manual" });
    await fetch(`${own.url}/i?e=pv&p=web&tv=js-4`, { headers: { cookie: "dnt=1" } });
    await fetch(`${own.url}/r/tp2?u=https://shop.example/`, { redirect: "manual" });
    const headers = { authorization: "Basic azo=" };
    await fetch(`${own.url}/v1/import`, { method: "POST", headers, body: '{"batch":[]}' });
    await fetch(`${own.url}/i?e=pv&p=web&tv=js-4&n3pc=true`);
    const { unkept, requests } = own.stats();
    const news = Object.entries(unkept).map(([reason, count]) => [reason, count - before.unkept[reason as "empty"]]);
    expect(Object.fromEntries(news)).toEqual({ "cookie-bounce": 1, "do-not-track": 1, "redirects-off": 1, empty: 1 });
    expect(requests - before.requests).toBe(1);
  });
});
