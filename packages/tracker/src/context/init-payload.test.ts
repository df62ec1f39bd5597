import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { buildInitPayload, buildRequestContext } from "./init-payload.js";
import type { InitPayload, RequestContextInput } from "./init-payload.js";

const fromThePage: RequestContextInput = {
  url: "/pricing?source=google",
  referer: "https://google.com",
  ipAddress: "134.122.17.144",
  userAgent: "rust-service/1.0",
  locale: "en-US",
  timezone: "America/New_York",
  uuid: "crm-user-42",
  userAttributes: { plan: "pro" },
};

describe("buildInitPayload", () => {
  it("A27–A35: makes of the page's example what init takes", () => {
    expect(buildInitPayload(fromThePage)).toEqual({
      user: { uuid: "crm-user-42", attributes: { plan: "pro" } },
      context: {
        page: {
          url: "/pricing?source=google",
          path: "/pricing",
          search: "?source=google",
          query: { source: "google" },
          referrer: "https://google.com",
        },
        trafficSource: { type: "organic", source: "google", medium: "organic", referrerHost: "google.com" },
        userAgent: "rust-service/1.0",
        device: { type: "server" },
        ip: "134.122.17.144",
        locale: "en-US",
        timezone: "America/New_York",
      },
    });
  });

  it("A36: takes an input with nothing in it, or none", () => {
    const nothing = { context: { trafficSource: { type: "direct" } } };
    expect(buildInitPayload({})).toEqual(nothing);
    expect(buildInitPayload()).toEqual(nothing);
    expectTypeOf(buildInitPayload).returns.toEqualTypeOf<InitPayload>();
  });

  it("A28: reads absolute and relative addresses", () => {
    const { page } = buildRequestContext({ url: "https://Shop.Example/a/b?x=1&x=2&y=#top", title: "Shoes" });
    expect(page).toEqual({
      url: "https://Shop.Example/a/b?x=1&x=2&y=#top",
      path: "/a/b",
      host: "shop.example",
      search: "?x=1&x=2&y=",
      hash: "#top",
      query: { x: "1", y: "" },
      title: "Shoes",
    });
    expect(buildRequestContext({ url: "?a=1", host: "shop.example:8080" }).page).toMatchObject({
      path: "/",
      host: "shop.example",
    });
  });

  it("A29: takes both spellings of the referrer", () => {
    const spelled = [{ referer: "https://t.co/" }, { referrer: "https://t.co/" }].map((input) =>
      buildInitPayload(input),
    );
    expect(spelled[0]).toEqual(spelled[1]);
    expect(spelled[0]?.context.page).toEqual({ referrer: "https://t.co/" });
  });

  it("A31: keeps a user agent that it does not know, and guesses nothing", () => {
    const context = buildRequestContext({ userAgent: "???" });
    expect(context.userAgent).toBe("???");
    for (const field of ["browser", "os", "device"]) expect(context).not.toHaveProperty(field);
  });

  it.each([
    ["en-US", "en-US"],
    ["de", "de"],
    ["zh-Hant-TW", "zh-Hant-TW"],
    ["pt_BR", "pt_BR"],
    ["fr-CH, fr;q=0.9, *;q=0.5", "fr-CH"],
    ["*", undefined],
    ["not a tag", undefined],
  ])("A32: passes the locale %j on as %j", (locale, expected) => {
    expect(buildRequestContext({ locale }).locale).toBe(expected);
  });

  it.each([
    ["America/New_York", "America/New_York"],
    ["America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"],
    ["UTC", "UTC"],
    ["Etc/GMT+5", "Etc/GMT+5"],
    ["+02:00", "+02:00"],
    ["<script>", undefined],
    ["a".repeat(65), undefined],
  ])("A33: passes the time zone %j on as %j", (timezone, expected) => {
    expect(buildRequestContext({ timezone }).timezone).toBe(expected);
  });

  it("A35: takes attributes of any JSON, and no list", () => {
    const attributes = { plan: "pro", seats: 12, tags: ["a"], team: { id: null } };
    expect(buildInitPayload({ userAttributes: attributes }).user?.attributes).toBe(attributes);
    expect(buildInitPayload({ userAttributes: ["a"] })).not.toHaveProperty("user");
  });

  it("reads the headers for what is not given", () => {
    const headers = new Headers({
      referer: "https://www.bing.com/",
      "user-agent": "curl/8.5.0",
      "accept-language": "de-AT,de;q=0.8",
      host: "shop.example",
    });
    expect(buildRequestContext({ url: "/", headers })).toMatchObject({
      page: { host: "shop.example" },
      trafficSource: { type: "organic", source: "bing" },
      userAgent: "curl/8.5.0",
      device: { type: "server" },
      locale: "de-AT",
    });
    const spelled = { Referer: "https://t.co/", "User-Agent": ["a/1", "b/1"], HOST: "x.example" };
    expect(buildRequestContext({ headers: spelled, locale: "fr" })).toMatchObject({
      trafficSource: { source: "twitter" },
      userAgent: "a/1",
      locale: "fr",
    });
  });

  it("A66: reads a platform's headers about the place only when told which platform", () => {
    const headers = { "cf-ipcountry": "de", "cf-ipcity": "Berlin", "x-vercel-ip-city": "S%C3%A3o%20Paulo" };
    expect(buildRequestContext({ headers })).not.toHaveProperty("geo");
    expect(buildRequestContext({ headers }, { platform: "cloudflare" }).geo).toEqual({ country: "DE", city: "Berlin" });
    expect(buildRequestContext({ headers }, { platform: "vercel" }).geo).toEqual({ city: "São Paulo" });
    const unknown = { headers: { "x-appengine-country": "ZZ" } };
    expect(buildRequestContext(unknown, { platform: "app-engine" })).not.toHaveProperty("geo");
  });

  it("keeps no address under a policy that it does not know", () => {
    const options = { ipPolicy: "hash" as "keep" };
    expect(buildRequestContext({ ipAddress: "192.0.2.1" }, options)).not.toHaveProperty("ip");
  });

  it("holds JSON alone: what goes through JSON comes back equal", () => {
    const { context } = buildInitPayload({ ...fromThePage, headers: { "sec-ch-ua-mobile": "?1" } });
    expect(JSON.parse(JSON.stringify(context))).toEqual(context);
  });
});

describe("A27: on garbage", () => {
  const thrower = new Proxy(
    {},
    {
      get() {
        throw new Error("no");
      },
      ownKeys() {
        throw new Error("no");
      },
    },
  );
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();

  const names = [
    "url",
    "referer",
    "referrer",
    "ipAddress",
    "userAgent",
    "locale",
    "timezone",
    "uuid",
    "userAttributes",
    "sessionId",
    "title",
    "host",
    "headers",
    "ownHosts",
    "ipPolicy",
    "platform",
  ];

  it.each(names)("never throws when %s throws, or is an object that does", (name) => {
    for (const hostile of [thrower, revoked.proxy]) {
      const given = { ...fromThePage, [name]: hostile };
      expect(buildInitPayload(given, given as object).context.trafficSource.type).toBeTypeOf("string");
    }
    const throwing = Object.defineProperty({ ...fromThePage }, name, { get: () => Reflect.get(thrower, name) });
    expect(buildInitPayload(throwing, throwing as object).context.trafficSource.type).toBeTypeOf("string");
    expect(buildInitPayload(thrower, thrower)).toEqual({ context: { trafficSource: { type: "direct" } } });
  });

  it("A27: never throws, whatever the input, the options and their fields are", () => {
    const value = fc.oneof(fc.anything(), fc.string({ unit: "binary" }));
    const input = fc.oneof(value, fc.record(Object.fromEntries(names.map((name) => [name, value]))));
    fc.assert(
      fc.property(input, input, (given, options) => {
        const payload = buildInitPayload(given as RequestContextInput, options as object);
        expect(payload.context.trafficSource.type).toBeTypeOf("string");
      }),
      { numRuns: 2000 },
    );
  });

  it("never throws for addresses and agents of odd letters", () => {
    const letters = fc.stringMatching(/^[/:?#[\]@%.a-z0-9=&\\ ;()_-]*$/);
    fc.assert(
      fc.property(letters, letters, letters, (url, referer, userAgent) => {
        const headers = { host: referer, "user-agent": userAgent, "accept-language": url };
        expect(() => buildInitPayload({ url, referer, ipAddress: url, headers })).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });

  it("ignores what is too long to be what it says", () => {
    const long = "x".repeat(100_000);
    const payload = buildInitPayload({ url: `/${long}`, referer: long, userAgent: long, uuid: long, locale: long });
    expect(payload).toEqual({ context: { trafficSource: { type: "direct" } } });
  });

  it("takes no longer for texts made to be slow", () => {
    const agents = [
      "Mozilla/5.0 (" + "a;".repeat(5000),
      "a/1 ".repeat(4000),
      "(".repeat(8000),
      "Android 1; " + "a ".repeat(4000),
    ];
    const visits = agents.map((userAgent) => buildInitPayload({ userAgent, url: `/?${"a&".repeat(8000)}` }));
    expect(visits).toHaveLength(agents.length);
  });
});
