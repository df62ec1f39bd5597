import { describe, expect, it } from "vitest";
import { proxyHeaders, resolveProxy } from "./proxy.js";

const http = new URL("http://data.example.com/v1");
const https = new URL("https://data.example.com/v1");

const hrefOf = (url: URL | null): string | null => url?.href ?? null;

describe("the proxy", () => {
  it.each([
    ["http://proxy:3128", "http://proxy:3128/"],
    ["https://proxy", "https://proxy/"],
    ["proxy:3128", "http://proxy:3128/"],
    [new URL("http://proxy:3128"), "http://proxy:3128/"],
  ])("given as %s is used, whatever the environment says", (given, href) => {
    const environment = { http_proxy: "http://other:1", no_proxy: "*" };
    expect(hrefOf(resolveProxy(given, http, environment))).toBe(href);
  });

  it("given as null is none, whatever the environment says", () => {
    expect(resolveProxy(null, http, { http_proxy: "http://proxy:3128" })).toBeNull();
  });

  it.each(["ftp://proxy", "http://", ""])("given as %j is refused", (given) => {
    expect(() => resolveProxy(given, http, {})).toThrow("`proxy` must be an http or https address");
  });

  it.each([
    [http, {}, null],
    [http, { HTTP_PROXY: "http://a:1" }, "http://a:1/"],
    [http, { HTTP_PROXY: "http://a:1", http_proxy: "http://b:2" }, "http://b:2/"],
    [http, { HTTPS_PROXY: "http://a:1" }, null],
    [https, { HTTPS_PROXY: "http://a:1" }, "http://a:1/"],
    [https, { https_proxy: "a:1" }, "http://a:1/"],
    [https, { HTTP_PROXY: "http://a:1" }, null],
    [http, { http_proxy: "" }, null],
    [http, { HTTP_PROXY: "http://evil:1", REQUEST_METHOD: "POST" }, null],
    [http, { http_proxy: "http://a:1", REQUEST_METHOD: "POST" }, "http://a:1/"],
  ])("of %s with %j is %s", (target, environment, href) => {
    expect(hrefOf(resolveProxy(undefined, target, environment))).toBe(href);
  });

  it("in the environment that is none is refused, and not shown", () => {
    expect(() => resolveProxy(undefined, http, { http_proxy: "ftp://user:secret@proxy" })).toThrow(
      /^the proxy in the environment must be an http or https address(?!.*secret)/,
    );
  });

  it.each([
    ["*", true],
    ["data.example.com", true],
    ["DATA.Example.com", true],
    ["example.com", true],
    [".example.com", true],
    ["*.example.com", true],
    ["data.example.com:80", true],
    ["data.example.com:8080", false],
    ["other.com, example.com", true],
    ["other.com example.com", true],
    ["ample.com", false],
    ["data.example.com.evil", false],
    ["", false],
    [",", false],
  ])("is passed by for NO_PROXY %j: %s", (list, isExempt) => {
    const environment = { http_proxy: "http://proxy:1" };
    expect(resolveProxy(undefined, http, { ...environment, NO_PROXY: list }) === null).toBe(isExempt);
    expect(resolveProxy(undefined, http, { ...environment, no_proxy: list }) === null).toBe(isExempt);
  });

  it.each([
    ["http://[::1]:8080/", "::1", true],
    ["http://[::1]:8080/", "[::1]", true],
    ["http://[::1]:8080/", "[::1]:8080", true],
    ["http://[::1]:8080/", "[::1]:80", false],
    ["http://127.0.0.1/", "127.0.0.1", true],
    ["http://127.0.0.1/", "127.0.0.2", false],
  ])("of %s is passed by for NO_PROXY %j: %s", (target, list, isExempt) => {
    const environment = { http_proxy: "http://proxy:1", no_proxy: list };
    expect(resolveProxy(undefined, new URL(target), environment) === null).toBe(isExempt);
  });

  it("is told who asks, where its address says so", () => {
    expect(proxyHeaders(new URL("http://proxy:1"))).toEqual({});
    expect(proxyHeaders(new URL("http://us%40er:p%3Ass@proxy:1"))).toEqual({
      "proxy-authorization": `Basic ${Buffer.from("us@er:p:ss").toString("base64")}`,
    });
  });
});
