import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildRequestContext } from "./init-payload.js";
import type { RequestContext } from "./init-payload.js";
import { fromExpress, fromFastify, fromFetch, fromHono, fromNext, fromNode } from "./request-input.js";

const headers = { host: "shop.example", referer: "https://www.bing.com/", "user-agent": "curl/8.5.0" };
const expected = {
  page: { path: "/cart", host: "shop.example", query: { utm_source: "a" }, referrer: "https://www.bing.com/" },
  trafficSource: { type: "campaign", source: "a" },
  device: { type: "server" },
};

describe("A8: requests of frameworks", () => {
  it("reads a request of node:http, with the address of its socket", async () => {
    const contexts: RequestContext[] = [];
    const server = createServer((request, response) => {
      contexts.push(buildRequestContext(fromNode(request)));
      response.end();
    });
    await new Promise<void>((listening) => {
      server.listen(0, "127.0.0.1", listening);
    });
    const { port } = server.address() as AddressInfo;
    await fetch(`http://127.0.0.1:${port}/cart?utm_source=a`, { headers: { ...headers, host: "127.0.0.1" } });
    await new Promise((closed) => {
      server.close(closed);
    });
    const [context] = contexts;
    expect(context).toMatchObject({
      ...expected,
      page: { path: "/cart", host: "127.0.0.1" },
      ip: "127.0.0.1",
    });
  });

  it("reads an Express request: the whole address, and the visitor that trust proxy found", () => {
    const request = {
      url: "/",
      originalUrl: "/cart?utm_source=a",
      hostname: "shop.example",
      ip: "::ffff:192.0.2.1",
      headers: { ...headers, host: "10.0.0.5:3000" },
      socket: { remoteAddress: "10.0.0.1" },
    };
    expect(buildRequestContext(fromExpress(request))).toMatchObject({ ...expected, ip: "192.0.2.1" });
  });

  it("reads a Fastify request", () => {
    const request = { url: "/cart?utm_source=a", hostname: "shop.example", ip: "192.0.2.1", headers };
    expect(buildRequestContext(fromFastify(request))).toMatchObject({ ...expected, ip: "192.0.2.1" });
  });

  it("reads a fetch Request, as Hono and Next have one", () => {
    const request = new Request("https://shop.example/cart?utm_source=a", { headers });
    const inputs = [fromFetch(request), fromNext(request), fromHono({ req: { raw: request } })];
    for (const input of inputs) {
      const context = buildRequestContext(input);
      expect(context).toMatchObject(expected);
      expect(context).not.toHaveProperty("ip");
    }
  });

  it("reads a request of Next's pages", () => {
    const request = { url: "/cart?utm_source=a", headers, socket: { remoteAddress: "192.0.2.1" } };
    expect(buildRequestContext(fromNext(request))).toMatchObject({ ...expected, ip: "192.0.2.1" });
  });

  it("believes a header about the visitor's address only when told which", () => {
    const forwarded = { ...headers, "x-forwarded-for": "198.51.100.7, 10.0.0.1" };
    const request = new Request("https://shop.example/", { headers: forwarded });
    expect(fromFetch(request)).not.toHaveProperty("ipAddress");
    expect(fromFetch(request, { ipHeader: "X-Forwarded-For" }).ipAddress).toBe("198.51.100.7");
    const socket = { url: "/", headers, socket: { remoteAddress: "192.0.2.1" } };
    expect(fromNode(socket, { ipHeader: "x-forwarded-for" }).ipAddress).toBe("192.0.2.1");
  });

  it("takes no host from a path that begins with two slashes", () => {
    const { page } = buildRequestContext(fromNode({ url: "//evil.example/x", headers }));
    expect(page).toMatchObject({ host: "shop.example", path: "//evil.example/x" });
  });

  it("never throws, whatever it is given", () => {
    const adapters = [fromNode, fromExpress, fromFastify, fromFetch, fromHono, fromNext] as readonly ((
      request: never,
      options: never,
    ) => object)[];
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (request, options) => {
        for (const adapter of adapters) {
          const input = adapter(request as never, options as never);
          expect(() => buildRequestContext(input)).not.toThrow();
        }
      }),
    );
  });
});
