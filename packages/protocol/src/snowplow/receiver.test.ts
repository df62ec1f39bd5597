import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Decoded, WireRequest, WireResponse } from "../index.js";
import { createSnowplowReceiver, sharedKey } from "./index.js";
import type { SnowplowReceiverOptions } from "./index.js";

const arrival = {
  route: "adapter",
  project: "default",
  receivedAtMs: Date.parse("2026-11-20T12:00:00.000Z"),
  remoteAddress: "192.0.2.7",
  requestId: "4c0f1d6c-0c65-4a0f-9c31-6d1ad1f4ad10",
};
const eid = "0b4e2f6c-5a5e-4c09-8a53-3e2f3ad0e2a1";
const nuid = "c6ef3124-b53a-4b13-a233-0088f79dcbcb";
const tp2 = "/com.snowplowanalytics.snowplow/tp2";
const base = { e: "pv", p: "srv", tv: "py-1.1.0", eid };

function post(body: unknown, request: Partial<WireRequest> = {}): WireRequest {
  const bytes = typeof body === "string" ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
  return { method: "POST", path: tp2, query: "", headers: {}, body: bytes, ...request };
}

function posted(...data: readonly unknown[]): object {
  return { schema: "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4", data };
}

function get(query: string, request: Partial<WireRequest> = {}): WireRequest {
  return { method: "GET", path: "/i", query, headers: {}, body: new Uint8Array(), ...request };
}

const route = { name: "adapter", methods: ["GET"], path: tp2 };

function decode(request: WireRequest, options: SnowplowReceiverOptions = {}): Decoded {
  return createSnowplowReceiver(options).decode(request, arrival);
}

/** The answer to a request of which nothing is kept. */
function turnedAway(request: WireRequest, options: SnowplowReceiverOptions = {}): WireResponse | null {
  return createSnowplowReceiver(options).turnAway?.(request, arrival)?.reply ?? null;
}

function selfDescribing(schema: string, data: unknown): string {
  const event = {
    schema: "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0",
    data: { schema, data },
  };
  return JSON.stringify(event);
}

describe("the answer", () => {
  it("to a post is ok, whatever was posted", () => {
    for (const body of [posted(base), "garbage", "", "[]", '{"schema":1}']) {
      const { reply } = decode(post(body));
      expect(reply.status).toBe(200);
      expect(Buffer.from(reply.body).toString()).toBe("ok");
      expect(reply.headers["content-type"]).toBe("text/plain");
    }
  });

  it.each(["/i", "/ice.png", tp2, "/com.acme/anything"])("to GET and HEAD %s is a pixel", (path) => {
    for (const method of ["GET", "HEAD"]) {
      const { reply } = decode(get("e=pv", { path, method }));
      expect(reply.status).toBe(200);
      expect(Buffer.from(reply.body).toString("base64")).toBe(
        "R0lGODlhAQABAPAAAP///wAAACH5BAUAAAAALAAAAAABAAEAAAICRAEAOw==",
      );
      expect(reply.headers).toMatchObject({
        "content-type": "image/gif",
        "cache-control": "no-cache, no-store, must-revalidate",
      });
    }
  });

  it("sets the cookie of the network user for a year, on https and every site", () => {
    expect(decode(get("e=pv", { headers: { cookie: `other=1; sp=${nuid}` } })).reply.cookies).toEqual([
      `sp=${nuid}; Expires=Sat, 20 Nov 2027 12:00:00 GMT; Path=/; SameSite=None; Secure; HttpOnly`,
    ]);
  });

  it("gives the cookie the first domain that the page's host belongs to", () => {
    const cookie = { name: "uid", maxAgeMs: 1000, domains: ["other.org", "acme.com"], fallbackDomain: "fall.back" };
    const from = (origin: string): string | undefined =>
      decode(get("e=pv", { headers: { origin } }), { cookie }).reply.cookies?.[0];
    expect(from("https://shop.acme.com")).toContain("; Domain=acme.com;");
    expect(from("https://evilacme.com")).toContain("; Domain=fall.back;");
    expect(from("null")).toContain("Expires=Fri, 20 Nov 2026 12:00:01 GMT");
  });

  it("sets no cookie when cookies are off", () => {
    expect(decode(get("e=pv"), { cookie: false }).reply).not.toHaveProperty("cookies");
  });

  it("sets a second cookie with the same value, which scripts can read", () => {
    const { cookies } = decode(get("e=pv", { headers: { cookie: `sp=${nuid}` } }), {
      cookie: { clientCookieName: "sp-page", fallbackDomain: "acme.com" },
    }).reply;
    const rest = "Expires=Sat, 20 Nov 2027 12:00:00 GMT; Domain=acme.com; Path=/; SameSite=None; Secure";
    expect(cookies).toEqual([`sp=${nuid}; ${rest}; HttpOnly`, `sp-page=${nuid}; ${rest}`]);
  });

  it.each([
    [{ sameSite: "Lax" }, "SameSite=Lax; Secure; HttpOnly"],
    [{ sameSite: "Strict", secure: false }, "SameSite=Strict; HttpOnly"],
    [{ secure: false, httpOnly: false }, "SameSite=None; Secure"],
  ] as const)("gives the cookie the manners %j", (cookie, manners) => {
    expect(decode(get("e=pv"), { cookie }).reply.cookies?.[0]).toMatch(new RegExp(`; Path=/; ${manners}$`));
  });

  it("never puts into a header what a cookie or a parameter held", () => {
    const { reply } = decode(get("e=pv&nuid=x%0d%0ay", { headers: { cookie: "sp=x\r\nevil: 1" } }));
    expect(reply.cookies?.[0]).toContain(`sp=${arrival.requestId};`);
  });
});

describe("CORS", () => {
  const receiver = createSnowplowReceiver();
  const head = { method: "POST", path: tp2, query: "" };

  it("lets the page's origin in, with its cookies", () => {
    expect(receiver.headers({ ...head, headers: { origin: "https://shop.acme.com:8443" } })).toEqual({
      "access-control-allow-origin": "https://shop.acme.com:8443",
      "access-control-allow-credentials": "true",
    });
  });

  it("answers any origin when none can be read", () => {
    expect(receiver.headers({ ...head, headers: { origin: "null" } })["access-control-allow-origin"]).toBe("*");
  });

  it("allows the headers of the trackers for an hour", () => {
    expect(receiver.headers({ ...head, method: "OPTIONS", headers: {} })).toMatchObject({
      "access-control-allow-headers": "Content-Type, SP-Anonymous",
      "access-control-max-age": "3600",
    });
  });
});

describe("whose event it is", () => {
  const networkUser = (request: WireRequest): unknown => decode(request).events[0]?.context["networkUserId"];

  it("takes tnuid, then nuid, then the cookie, then an id of the request", () => {
    const headers = { cookie: `sp=${nuid}` };
    expect(networkUser(get(`e=pv&tnuid=t&nuid=n`, { headers }))).toBe("t");
    expect(networkUser(get(`e=pv&nuid=n`, { headers }))).toBe("n");
    expect(networkUser(get(`e=pv`, { headers }))).toBe(nuid);
    expect(networkUser(get(`e=pv`))).toBe(arrival.requestId);
  });

  it("sets the cookie to a nuid of the query", () => {
    const { reply } = decode(get(`e=pv&nuid=${nuid}`, { headers: { cookie: `sp=${eid}` } }));
    expect(reply.cookies?.[0]).toContain(`sp=${nuid};`);
  });

  it("takes the first forwarded address, unless the event has one", () => {
    const headers = { "x-forwarded-for": "198.51.100.3, 10.0.0.1" };
    expect(decode(get("e=pv", { headers })).events[0]?.context["ip"]).toBe("198.51.100.3");
    expect(decode(get("e=pv&ip=203.0.113.9,10.0.0.1", { headers })).events[0]?.context["ip"]).toBe("203.0.113.9");
    expect(decode(get("e=pv")).events[0]?.context["ip"]).toBe("192.0.2.7");
  });

  it("keeps nothing of an anonymous sender", () => {
    const headers = { "sp-anonymous": "*", cookie: `sp=${nuid}`, "x-forwarded-for": "198.51.100.3" };
    const { events, reply } = decode(get("e=pv", { headers }));
    expect(events[0]?.context).toMatchObject({ ip: "unknown", networkUserId: "00000000-0000-0000-0000-000000000000" });
    expect(reply.cookies?.[0]).toContain("sp=; Expires=Thu, 01 Jan 1970 00:00:00 GMT;");
    expect(decode(get("e=pv", { headers: { "sp-anonymous": "*" } })).reply).not.toHaveProperty("cookies");
  });

  it("takes an anonymous sender's identity out of what is kept, and still answers to the cookie", () => {
    const receiver = createSnowplowReceiver();
    const headers = { "sp-anonymous": "*", cookie: `sp=${nuid}`, "x-forwarded-for": "1.2.3.4", "x-real-ip": "1.2.3.4" };
    const request = get("e=pv", { headers });
    const kept = receiver.redact?.(request);
    expect(kept?.headers).toEqual({ "sp-anonymous": "*", cookie: "sp=" });
    expect(receiver.decode({ ...request, ...kept }, arrival)).toEqual(receiver.decode(request, arrival));
  });

  it("keeps the query with its app id, the cookie of the network user, and no other secret", () => {
    const headers = { cookie: `session=secret; sp=${nuid}`, authorization: "Basic x", "user-agent": "ua" };
    const request = get("e=pv&aid=shop", { headers });
    const receiver = createSnowplowReceiver();
    const kept = receiver.redact?.(request);
    expect(kept).toMatchObject({ query: "e=pv&aid=shop", headers: { cookie: `sp=${nuid}`, "user-agent": "ua" } });
    expect(JSON.stringify(kept)).not.toMatch(/secret|Basic/);
    expect(receiver.decode({ ...request, ...kept }, arrival)).toEqual(receiver.decode(request, arrival));
  });
});

describe("the surroundings of an event", () => {
  it("are in the context, each key at its place", () => {
    const query =
      "p=web&lang=en&tz=UTC&tid=12&vid=3&aid=shop&tna=ns&ip=1.2.3.4,5.6.7.8&ua=ua&url=u&page=t&refr=r&res=3x4&cd=24&vp=5x6" +
      "&ds=7x8&cs=UTF-8&fp=f&tnuid=n&cookie=1&f_pdf=0&f_fla=1&f_java=1&f_dir=1&f_qt=1&f_realp=1&f_wma=1&f_gears=1&f_ag=0";
    const keys = Object.fromEntries(new URLSearchParams(query));
    expect(decode(post(posted({ ...base, ...keys }))).events[0]?.context).toEqual({
      networkUserId: "n",
      ip: "1.2.3.4",
      userAgent: "ua",
      platform: "web",
      locale: "en",
      timezone: "UTC",
      transactionId: "12",
      sessionIndex: 3,
      app: { id: "shop", namespace: "ns" },
      page: { url: "u", title: "t", referrer: "r" },
      screen: { width: 3, height: 4, colorDepth: "24" },
      viewport: { width: 5, height: 6 },
      document: { width: 7, height: 8, charset: "UTF-8" },
      browser: {
        fingerprint: "f",
        cookies: true,
        pdf: false,
        flash: true,
        java: true,
        director: true,
        quicktime: true,
        realplayer: true,
        windowsMedia: true,
        gears: true,
        silverlight: false,
      },
    });
  });

  it("are those of the request where the event does not say them", () => {
    const headers = { "user-agent": "Mozilla/5.0" };
    expect(decode(get("e=pv&ua=&cv=c", { headers })).events[0]?.context).toEqual({
      networkUserId: arrival.requestId,
      ip: "192.0.2.7",
      userAgent: "Mozilla/5.0",
      collector: "c",
    });
  });
});

describe("projects", () => {
  const projectOf = (key: string): string | null => ({ shop: "web", ns: "tools" })[key] ?? null;

  it("are named by the app id in the query, else by a key of all", () => {
    const receiver = createSnowplowReceiver();
    expect(receiver.key(get("aid=shop"), route)).toEqual({ ok: true, value: "shop" });
    expect(receiver.key(post(posted(base)), route)).toEqual({ ok: true, value: sharedKey });
  });

  it("are found event by event: by app id, then namespace, then request", () => {
    const { events } = decode(
      post(posted({ ...base, aid: "shop", tna: "ns" }, { ...base, aid: "?", tna: "ns" }, { ...base, aid: "?" })),
      { projectOf },
    );
    expect(events.map(({ project }) => project)).toEqual(["web", "tools", "default"]);
  });

  it("are found for bad events, too", () => {
    const { bad } = decode(post(posted({ ...base, aid: "shop", unknown: "x" }, { ...base, aid: "shop", dtm: "x" })), {
      projectOf,
    });
    expect(bad.map(({ project, code }) => [project, code])).toEqual([
      ["web", "unknown-key"],
      ["web", "wrong-format"],
    ]);
  });
});

describe("a cookie bounce", () => {
  const options = { cookieBounce: {} };
  const fallback = "00000000-0000-4000-a000-000000000000";

  it("leads a pixel of an unknown sender back to itself once, with the cookie, and keeps nothing", () => {
    const reply = turnedAway(get("e=pv&page=a%20b"), options);
    expect([reply?.status, reply?.body.length]).toEqual([302, 0]);
    expect(reply?.headers).toMatchObject({
      location: "?e=pv&page=a%20b&n3pc=true",
      "cache-control": "no-cache, no-store, must-revalidate",
    });
    expect(reply?.cookies?.[0]).toContain(`sp=${arrival.requestId};`);
    expect(turnedAway(get("", { path: tp2 }), options)?.headers["location"]).toBe("?n3pc=true");
  });

  it("leads nowhere else, whatever the path", () => {
    const { location = "" } = turnedAway(get("e=pv", { path: "//evil.example/x" }), options)?.headers ?? {};
    expect(new URL(location, "https://collector.example//evil.example/x").host).toBe("collector.example");
  });

  it("does not ask again what is in the log, from before it was switched on", () => {
    expect(decode(get("e=pv"), options).events).toMatchObject([{ context: { networkUserId: arrival.requestId } }]);
  });

  it("counts who keeps the cookie as themselves, and all who keep none as one, without a cookie", () => {
    const headers = { cookie: `sp=${nuid}` };
    const kept = decode(get("e=pv&n3pc=true", { headers }), options);
    expect(turnedAway(get("e=pv&n3pc=true", { headers }), options)).toBeNull();
    expect(kept.events).toMatchObject([{ context: { networkUserId: nuid } }]);
    expect(kept.reply.cookies?.[0]).toContain(`sp=${nuid};`);
    const without = decode(get("e=pv&n3pc=true"), options);
    expect(turnedAway(get("e=pv&n3pc=true"), options)).toBeNull();
    expect(without.events).toMatchObject([{ context: { networkUserId: fallback } }]);
    expect([without.reply.status, without.reply.cookies]).toEqual([200, undefined]);
    const named = decode(get("e=pv&seen=1"), { cookieBounce: { name: "seen", fallbackNetworkUserId: eid } });
    expect(named.events).toMatchObject([{ context: { networkUserId: eid } }]);
  });

  it.each<[string, WireRequest, SnowplowReceiverOptions?]>([
    ["a post", post(posted(base))],
    ["a sender with a cookie", get("e=pv", { headers: { cookie: `sp=${nuid}` } })],
    ["a sender that says its id", get(`e=pv&nuid=${nuid}`)],
    ["an anonymous sender", get("e=pv", { headers: { "sp-anonymous": "*" } })],
    ["a redirect", get("u=https://acme.com/", { path: "/r/tp2" }), { redirects: { domains: ["acme.com"] } }],
    ["anyone while it is off", get("e=pv"), { cookieBounce: false }],
  ])("does not ask %s again", (_, request, more) => {
    expect(turnedAway(request, { ...options, ...more })).toBeNull();
    expect(decode(request, { ...options, ...more }).count).toBe(1);
  });

  it("is refused without a cookie, with a name that is no parameter, and with an id that is no UUID", () => {
    const make = (given: SnowplowReceiverOptions): unknown => createSnowplowReceiver(given);
    expect(() => make({ cookie: false, cookieBounce: {} })).toThrow(/cookieBounce/);
    expect(() => make({ cookieBounce: { name: "a&b" } })).toThrow(/cookieBounce.name/);
    expect(() => make({ cookieBounce: { fallbackNetworkUserId: "x" } })).toThrow(/fallbackNetworkUserId/);
  });
});

it.each<[string, WireRequest, SnowplowReceiverOptions]>([
  ["redirects-off", get("u=https://acme.com/", { path: "/r/tp2" }), {}],
  [
    "do-not-track",
    get("e=pv", { headers: { cookie: "dnt=1" } }),
    { doNotTrackCookie: { name: "dnt", values: ["1"] }, cookieBounce: {} },
  ],
  ["cookie-bounce", get("e=pv"), { cookieBounce: {} }],
])("says that it keeps nothing because of %s", (reason, request, options) => {
  expect(createSnowplowReceiver(options).turnAway?.(request, arrival)?.reason).toBe(reason);
});

describe("a do-not-track cookie", () => {
  const options = { doNotTrackCookie: { name: "dnt", values: ["1", "no*more", "*!"] } };
  const from = (cookie: string): WireRequest => get("e=pv", { headers: { cookie } });

  it.each(["dnt=1", "other=x; dnt=nomore; sp=y", "dnt=no, no, no more", "dnt=!", "dnt=stop!"])(
    "keeps nothing of who sends %s, and answers as always, without a cookie",
    (cookie) => {
      const reply = turnedAway(from(cookie), options);
      expect([reply?.status, reply?.headers["content-type"], reply?.cookies]).toEqual([200, "image/gif", undefined]);
      const answer = turnedAway({ ...post(posted(base)), headers: { cookie } }, options);
      expect(Buffer.from(answer?.body ?? []).toString()).toBe("ok");
    },
  );

  it.each(["dnt=", "dnt=11", "dnt=nomor", "dnt=no", "xdnt=1", "dnt=stop!?", "DNT=1"])(
    "keeps events with %s",
    (cookie) => {
      expect(turnedAway(from(cookie), options)).toBeNull();
    },
  );

  it("is whatever the cookie holds, with a star", () => {
    const any = { doNotTrackCookie: { name: "dnt", values: ["*"] } };
    const isAway = (cookie: string): boolean => turnedAway(from(cookie), any) !== null;
    expect(["dnt=", "dnt=x", "x=y"].map(isAway)).toEqual([true, true, false]);
  });

  it("still leads where a link leads", () => {
    const request = get("u=https://acme.com/", { path: "/r/tp2", headers: { cookie: "dnt=1" } });
    const reply = turnedAway(request, { ...options, redirects: { domains: ["acme.com"] } });
    expect([reply?.status, reply?.headers["location"]]).toEqual([302, "https://acme.com/"]);
  });

  it("is seen in what is kept of a request's head, and only where it says so", () => {
    const receiver = createSnowplowReceiver(options);
    const cookieOf = (cookie: string): string | undefined => receiver.redact(from(cookie)).headers["cookie"];
    expect(cookieOf(`a=b; dnt=1; sp=${nuid}`)).toBe(`sp=${nuid}; dnt=1`);
    expect(cookieOf("dnt=secret")).toBeUndefined();
    const request = from("dnt=1");
    expect(turnedAway({ ...request, ...receiver.redact(request) }, options)?.status).toBe(200);
  });

  it("matches like the pattern it stands for, in a time that grows with the text alone", () => {
    const parts = fc.constantFrom("a", "b", "*");
    fc.assert(
      fc.property(fc.string({ unit: parts }), fc.string({ unit: fc.constantFrom("a", "b") }), (pattern, value) => {
        const any = { doNotTrackCookie: { name: "dnt", values: [pattern] } };
        const says = new RegExp(`^${pattern.replaceAll(/\*+/g, ".*")}$`).test(value);
        expect(turnedAway(from(`dnt=${value}`), any) !== null).toBe(says);
      }),
    );
    const hard = { doNotTrackCookie: { name: "dnt", values: [`${"*a".repeat(5_000)}*c`] } };
    expect(turnedAway(from(`dnt=${"a".repeat(50_000)}b`), hard)).toBeNull();
  });

  it("is refused without a value, and with a name that no cookie has", () => {
    const make = (name: string, values: string[]) => (): unknown =>
      createSnowplowReceiver({ doNotTrackCookie: { name, values } });
    expect(make("dnt", [])).toThrow(/values/);
    expect(make("d n t", ["1"])).toThrow(/doNotTrackCookie.name/);
  });
});

describe("a posted list", () => {
  it.each([
    ["a key that is unknown", { ...base, custom: "x" }, "unknown-key"],
    ["a value that is no text", { ...base, dtm: 1 }, "wrong-type"],
    ["no platform", { e: "pv", tv: "x" }, "missing-field"],
    ["an id that is no UUID", { ...base, eid: "x" }, "wrong-format"],
    ["a session that is no UUID", { ...base, sid: "x" }, "wrong-format"],
    ["a platform that is unknown", { ...base, p: "toaster" }, "wrong-format"],
    ["a quantity with a fraction", { ...base, e: "ti", ti_qu: "2.0" }, "wrong-format"],
    ["an offset above 32 bits", { ...base, e: "pp", pp_mix: "2147483648" }, "wrong-format"],
    ["a time in the year 10000", { ...base, dtm: "253402300800000" }, "wrong-format"],
    ["a size without a height", { ...base, res: "1024" }, "wrong-format"],
    ["a flag that is neither", { ...base, f_pdf: "yes" }, "wrong-format"],
    ["an event code that is unknown", { ...base, e: "zz" }, "unknown-event-code"],
    ["an empty event code", { ...base, e: "" }, "no-event-code"],
    ["no data", { ...base, e: "ue" }, "no-self-describing"],
    ["data in no base64", { ...base, e: "ue", ue_px: "!" }, "invalid-base64"],
    ["data in no JSON", { ...base, e: "ue", ue_pr: "{" }, "invalid-json"],
    ["data without the envelope", { ...base, e: "ue", ue_pr: '{"a":1}' }, "wrong-envelope"],
    ["data without a schema", { ...base, e: "ue", ue_pr: selfDescribing("nope", {}) }, "invalid-schema"],
    ["contexts without the envelope", { ...base, co: "[]" }, "wrong-envelope"],
    ["data that is nested too deep", { ...base, e: "ue", ue_pr: "[".repeat(41) + "]".repeat(41) }, "too-deep"],
    ["no object", "pv", "not-an-event"],
  ])("loses only the event with %s", (_, event, code) => {
    const { events, bad } = decode(post(posted(base, event, { ...base, eid: nuid })));
    expect(events.map(({ id }) => id)).toEqual([eid, nuid]);
    expect(bad).toMatchObject([{ code, wire: event, protocol: "snowplow", project: "default" }]);
  });

  it.each([
    ["no JSON", "garbage", "invalid-json"],
    ["another schema", { schema: "iglu:a/b/jsonschema/1-0-0", data: [base] }, "wrong-envelope"],
    [
      "a later model of the schema",
      { ...posted(base), schema: "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/2-0-0" },
      "wrong-envelope",
    ],
    ["no list", { ...posted(), data: base }, "empty-request"],
    ["an empty list", posted(), "empty-request"],
  ])("is one bad event when it has %s", (_, body, code) => {
    const { events, bad } = decode(post(body));
    expect(events).toEqual([]);
    expect(bad).toMatchObject([{ code, wire: body }]);
  });

  it("is read in any addition of the schema", () => {
    const old = { ...posted(base), schema: "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-0" };
    expect(decode(post(old)).events).toHaveLength(1);
  });

  it("takes the query's parameters into each event, over its own", () => {
    const { events } = decode(post(posted({ ...base, uid: "own" }, base), { query: "uid=query&aid=shop" }));
    expect(events.map(({ userId }) => userId)).toEqual(["query", "query"]);
    expect(events[0]?.wire).toEqual({ ...base, uid: "query", aid: "shop" });
  });

  it("is an event of the query when the body is empty", () => {
    expect(decode(post("", { query: `e=pv&eid=${eid}` })).events).toMatchObject([{ id: eid, kind: "page" }]);
  });

  it("reads JSON plainly and in both alphabets of base64, with and without padding", () => {
    const json = selfDescribing("iglu:com.acme/x/jsonschema/1-0-0", { text: "üüü???>>>~~~ÿ" });
    const forms = [
      { ue_pr: json },
      { ue_px: Buffer.from(json).toString("base64") },
      { ue_px: Buffer.from(json).toString("base64url") },
      { ue_px: Buffer.from(json).toString("base64").replaceAll("=", "") },
    ];
    const { events } = decode(post(posted(...forms.map((form) => ({ ...base, e: "ue", ...form })))));
    expect(events.map(({ properties }) => properties)).toEqual(forms.map(() => ({ text: "üüü???>>>~~~ÿ" })));
  });

  it("is read with care where it holds more than texts, or half a surrogate pair", () => {
    const number = JSON.stringify(posted({ ...base, dtm: 0 })).replace('"dtm":0', '"dtm":157963456373623802');
    expect(decode(post(number)).bad).toMatchObject([{ wire: { dtm: "157963456373623802" } }]);
    const half = JSON.stringify(posted({ ...base, page: "x" })).replace('"x"', '"\\uD83Dx"');
    expect(decode(post(half)).events).toMatchObject([{ name: "\uFFFDx" }]);
    const nested = JSON.stringify({ ...posted(base), more: 0 }).replace(":0", `:${"[".repeat(40)}${"]".repeat(40)}`);
    expect(decode(post(nested)).bad).toMatchObject([{ code: "too-deep" }]);
  });

  it("keeps numbers that a double cannot hold as their text", () => {
    const json = selfDescribing("iglu:com.acme/x/jsonschema/1-0-0", { id: 0 }).replace(
      '"id":0',
      '"id":157963456373623802',
    );
    const { events } = decode(
      post(posted({ ...base, e: "ue", ue_pr: json }, { ...base, e: "se", se_va: "0.12345678901234567890" })),
    );
    expect(events.map(({ properties }) => properties)).toEqual([
      { id: "157963456373623802" },
      { value: "0.12345678901234567890" },
    ]);
  });
});

describe("time", () => {
  const timeOf = (times: object): string | undefined => decode(post(posted({ ...base, ...times }))).events[0]?.time;

  it("is the true timestamp, if there is one", () => {
    expect(timeOf({ ttm: "1000", dtm: "5000", stm: "9000" })).toBe("1970-01-01T00:00:01.000Z");
  });

  it("of the device is kept beside a true timestamp", () => {
    const { events } = decode(post(posted({ ...base, ttm: "1000", dtm: "5000" })));
    expect(events).toMatchObject([
      { occurredAt: "1970-01-01T00:00:01.000Z", context: { deviceTime: "1970-01-01T00:00:05.000Z" } },
    ]);
  });

  it("is the arrival less the time from event to sending, so that a wrong clock cancels out", () => {
    expect(timeOf({ dtm: "5000", stm: "9000" })).toBe("2026-11-20T11:59:56.000Z");
  });

  it("is the arrival where the wire does not say when it was sent, or says it was before", () => {
    expect(timeOf({ dtm: "5000" })).toBe("2026-11-20T12:00:00.000Z");
    expect(timeOf({ dtm: "5000", stm: "4000" })).toBe("2026-11-20T12:00:00.000Z");
  });
});

describe("ids", () => {
  it("are the carried ones where those on the wire are made of them, and no others", () => {
    const madeOfIt = "78894692-4b7e-38ce-8d2d-d50caf44e8df";
    const schema = "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1";
    const idOf = (id: unknown): string | undefined => {
      const carried = { schema: "iglu:io.github.oncewire/context/jsonschema/1-0-0", data: { id } };
      const co = JSON.stringify({ schema, data: [carried] });
      return decode(post(posted({ ...base, eid: madeOfIt, co }))).events[0]?.id;
    };
    expect(["order-17", "order-18", 17].map(idOf)).toEqual(["order-17", madeOfIt, madeOfIt]);
  });

  it("are small letters", () => {
    expect(decode(get(`e=pv&eid=${eid.toUpperCase()}`)).events[0]?.id).toBe(eid);
  });

  it("are made of the request's where there is none: the same at every reading, another for each event", () => {
    const request = post(posted({ ...base, eid: "" }, { ...base, eid: "" }, { ...base, eid: "x" }));
    const first = decode(request);
    const ids = [...first.events, ...first.bad].map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    expect(decode(request)).toEqual(first);
  });
});

describe("the query", () => {
  it("is read in form style, and its last value counts", () => {
    const { events } = decode(get("e=se&se_ca=a+b%20c&se_la=x&se_la=y&unknown=z"));
    expect(events[0]?.properties).toEqual({ category: "a b c", label: "y" });
  });

  it("may be broken anywhere and is still read", () => {
    expect(decode(get("e=pv&page=%E0%A4%A&url=%")).events[0]?.properties).toMatchObject({ url: "%" });
  });

  it("is a bad event when it is empty", () => {
    expect(decode(get("")).bad).toMatchObject([{ code: "empty-request" }]);
  });

  it("holds the first version's screen views and unstructured events", () => {
    const { events } = decode(get("tid=12&dtm=1368725287000&e=sv&sv_na=HUD&sv_id=23"));
    expect(events).toMatchObject([
      { kind: "screen", name: "HUD", properties: { id: "23" }, context: { transactionId: "12" } },
    ]);
    const json = encodeURIComponent('{"price$flt":1.5}');
    expect(decode(get(`tid=12&e=ue&ue_na=viewed&ue_pr=${json}`)).events).toMatchObject([
      { kind: "track", name: "viewed", properties: { price$flt: 1.5 }, library: null },
    ]);
  });

  it("holds structured events and ad impressions under their older names", () => {
    expect(decode(get("e=ev&ev_ca=c&ev_ac=a&ev_va=2")).events).toMatchObject([
      { kind: "structured", name: "a", properties: { category: "c", value: 2 } },
    ]);
    expect(decode(get("e=ad&ad_ba=b&ad_uid=u")).events).toMatchObject([
      { kind: "track", name: "ad_impression", properties: { bannerId: "b", userId: "u" } },
    ]);
  });
});

describe("redirects", () => {
  const link = (target: string, more = ""): WireRequest =>
    get(`u=${encodeURIComponent(target)}${more}`, { path: "/r/tp2" });
  const redirects = { domains: ["acme.com"] };

  it("do not exist unless they are switched on; what is in the log from before is read", () => {
    const reply = turnedAway(link("https://acme.com/"));
    expect([reply?.status, Buffer.from(reply?.body ?? []).toString()]).toEqual([404, "redirects disabled"]);
    expect(decode(link("https://acme.com/")).count).toBe(1);
    expect(turnedAway(link("https://acme.com/"), { redirects })).toBeNull();
  });

  it("happen only on paths of one's own where it is said so", () => {
    const options = { redirects: { ...redirects, mappedOnly: true }, paths: { "/out/now": "/r/tp2" } } as const;
    expect(turnedAway(link("https://acme.com/"), options)).toMatchObject({ status: 404 });
    const request = { ...link("https://acme.com/"), path: "/out/now" };
    expect(turnedAway(request, options)).toBeNull();
    const own = decode(request, options);
    expect(own).toMatchObject({ count: 1, reply: { status: 302, headers: { location: "https://acme.com/" } } });
  });

  it("lead to a domain of the list, and are events", () => {
    const { events, reply } = decode(link("https://acme.com/x?y=1"), { redirects });
    expect([reply.status, reply.headers["location"]]).toEqual([302, "https://acme.com/x?y=1"]);
    expect(events).toMatchObject([
      {
        kind: "self-describing",
        name: "iglu:com.snowplowanalytics.snowplow/uri_redirect/jsonschema/1-0-0",
        properties: { uri: "https://acme.com/x?y=1" },
        context: { platform: "web" },
        library: { name: "r-tp2", version: null },
      },
    ]);
  });

  it.each([
    "https://evil.com/",
    "https://sub.acme.com/",
    "https://acme.com@evil.com/",
    "javascript:alert(1)",
    "//acme.com/",
    "",
  ])("never lead to %s", (target) => {
    const { reply } = decode(link(target), { redirects });
    expect([reply.status, reply.headers["location"]]).toEqual([400, undefined]);
  });

  it("lead nowhere when the list is empty", () => {
    expect(decode(link("https://acme.com/"), { redirects: { domains: [] } }).reply.status).toBe(400);
  });

  it("are a context of the event that came along", () => {
    const co = encodeURIComponent(
      JSON.stringify({
        schema: "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1",
        data: [{ schema: "iglu:a/b/jsonschema/1-0-0", data: {} }],
      }),
    );
    const { events } = decode(link("https://acme.com/", `&e=pv&co=${co}`), { redirects });
    expect(events[0]?.kind).toBe("page");
    expect(events[0]?.entities.map(({ schema }) => schema)).toEqual([
      "iglu:a/b/jsonschema/1-0-0",
      "iglu:com.snowplowanalytics.snowplow/uri_redirect/jsonschema/1-0-0",
    ]);
  });
});

describe("Iglu webhooks", () => {
  const path = "/com.snowplowanalytics.iglu/v1";
  const schema = "iglu:com.acme/campaign/jsonschema/1-0-0";

  it("are a query with a schema: its values are texts", () => {
    const { events } = decode(get(`schema=${encodeURIComponent(schema)}&user=6&name=a+b&aid=shop`, { path }));
    expect(events).toMatchObject([
      { name: schema, properties: { user: "6", name: "a b" }, context: { platform: "app", app: { id: "shop" } } },
    ]);
    expect(events[0]?.properties).not.toHaveProperty("aid");
  });

  it("are posted data that names its schema", () => {
    const { events } = decode(post({ schema, data: { user: 6 } }, { path }));
    expect(events).toMatchObject([{ name: schema, properties: { user: 6 }, context: { platform: "srv" } }]);
  });

  it("are objects, one or many, of a schema in the query", () => {
    const query = `schema=${encodeURIComponent(schema)}`;
    expect(decode(post({ user: 6 }, { path, query })).events).toHaveLength(1);
    const { events } = decode(post([{ user: 6 }, { user: 7 }], { path, query }));
    expect(events.map(({ properties }) => properties)).toEqual([{ user: 6 }, { user: 7 }]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(2);
  });

  it("are forms", () => {
    const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
    const { events } = decode(post("user=6&a=b+c", { path, headers, query: `schema=${encodeURIComponent(schema)}` }));
    expect(events).toMatchObject([{ name: schema, properties: { user: "6", a: "b c" } }]);
  });

  it("are bad without a schema", () => {
    expect(decode(get("user=6", { path })).bad).toMatchObject([{ code: "invalid-schema" }]);
    expect(decode(post({ user: 6 }, { path })).bad).toMatchObject([{ code: "invalid-schema" }]);
  });
});

describe("any other path of two segments", () => {
  it("is answered and kept as bad", () => {
    const { bad, reply } = decode(post("x=1", { path: "/com.acme/v1" }));
    expect(reply.status).toBe(200);
    expect(bad).toMatchObject([{ code: "unknown-adapter", wire: { path: "/com.acme/v1", query: "", body: "x=1" } }]);
  });

  it("stands for one of Snowplow's when it is mapped to it", () => {
    const paths = { "/com.acme/track": tp2, "/com.acme/go": "/r/tp2" } as const;
    expect(decode(post(posted(base), { path: "/com.acme/track" }), { paths }).events).toHaveLength(1);
    const link = get("u=https%3A%2F%2Facme.com%2F", { path: "/com.acme/go" });
    expect(decode(link, { paths, redirects: { domains: ["acme.com"] } }).reply.status).toBe(302);
  });

  it("may only be mapped to one of Snowplow's", () => {
    expect(() => createSnowplowReceiver({ paths: { "/one": tp2 } })).toThrow(TypeError);
    expect(() => createSnowplowReceiver({ paths: { "/a/b": "/x/y" as typeof tp2 } })).toThrow(TypeError);
  });
});

describe("names that may be keys", () => {
  const receiver = createSnowplowReceiver();
  const named = (query: string, data: readonly object[]): readonly string[] | null | undefined => {
    const schema = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4";
    const body = new TextEncoder().encode(JSON.stringify({ schema, data }));
    return receiver.namesIn?.({
      method: "POST",
      path: "/com.snowplowanalytics.snowplow/tp2",
      query,
      headers: {},
      body,
    });
  };

  it("are the app ids and namespaces of what was posted, each once", () => {
    const events = [
      { e: "pv", aid: "web", tna: "main" },
      { e: "pv", aid: "web" },
      { e: "pv", tna: "other" },
      { e: "pv" },
    ];
    expect(named("", events)).toEqual(["web", "main", "other"]);
    expect(named("", [])).toEqual([]);
  });

  it("are none where the query has an app id", () => {
    expect(named("aid=app", [{ e: "pv", aid: "web" }])).toBeNull();
  });

  it("are the namespace of a pixel without an app id", () => {
    const request = { method: "GET", path: "/i", query: "e=pv&tna=main", headers: {}, body: new Uint8Array() };
    expect(receiver.namesIn?.(request)).toEqual(["main"]);
  });
});

describe("refusals", () => {
  const receiver = createSnowplowReceiver();

  it.each([
    [{ kind: "method-not-allowed", allow: ["GET"] }, 404, "Not found"],
    [{ kind: "too-large", maxBytes: 1 }, 413, ""],
    [{ kind: "unavailable", retryAfterSeconds: 5 }, 503, "Service Unavailable"],
    [{ kind: "rate-limited", retryAfterSeconds: 5 }, 429, "Too many requests."],
    [{ kind: "unreadable-body", message: "no gzip" }, 400, "no gzip"],
    [
      { kind: "unknown-key" },
      401,
      expect.stringMatching(/^Expected an app id or a namespace that is known, .* --key snowplow=PROJECT\.$/),
    ],
    [{ kind: "disabled-key" }, 403, "This app id is disabled."],
  ] as const)("of %o are %i", (refusal, status, body) => {
    const reply = receiver.refuse(refusal, route);
    expect([reply.status, Buffer.from(reply.body).toString()]).toEqual([status, body]);
  });

  it("say when to come back", () => {
    expect(receiver.refuse({ kind: "unavailable", retryAfterSeconds: 5 }, route).headers["retry-after"]).toBe("5");
  });
});

describe("any request", () => {
  const anyRequest = fc.record({
    method: fc.constantFrom("GET", "HEAD", "POST"),
    path: fc.constantFrom("/i", tp2, "/r/tp2", "/com.snowplowanalytics.iglu/v1", "/a/b"),
    query: fc.oneof(
      fc.string(),
      fc.webQueryParameters(),
      fc.constant("e=ue&ue_px=e30&cx=W10&schema=iglu:a/b/c/1-0-0&u=x"),
    ),
    headers: fc.dictionary(
      fc.constantFrom("cookie", "origin", "sp-anonymous", "x-forwarded-for", "content-type", "user-agent"),
      fc.string(),
    ),
    body: fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .array(fc.dictionary(fc.constantFrom("e", "p", "tv", "eid", "ue_pr", "co", "__proto__"), fc.string()))
        .map((data) => Buffer.from(JSON.stringify(posted(...data)))),
    ),
  });

  it("is decoded, the same each time", () => {
    const receiver = createSnowplowReceiver({ redirects: { domains: ["x"] } });
    fc.assert(
      fc.property(anyRequest, (request) => {
        const decoded = receiver.decode(request, arrival);
        expect(decoded.events.length + decoded.bad.length).toBeGreaterThan(0);
        expect(receiver.decode(request, arrival)).toEqual(decoded);
      }),
    );
  });
});
