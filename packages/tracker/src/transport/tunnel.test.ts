/** A real proxy in front of real servers, one of them behind TLS. */
import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";
import type { WireRequest } from "@oncewire/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { systemRuntime } from "../runtime.js";
import { HttpTransport } from "./http-transport.js";
import { selfSigned } from "./self-signed.fixture.js";
import { createTunnelAgent } from "./tunnel.js";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function listen(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    return once(server, "close");
  });
  return (server.address() as net.AddressInfo).port;
}

interface Asked {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly host: string | undefined;
}

type Connect = (request: http.IncomingMessage, socket: net.Socket) => void;

/** Digs a tunnel to where it is asked to. */
const dig: Connect = (request, socket) => {
  const { hostname, port } = new URL(`http://${request.url}`);
  const target = net.connect(Number(port), hostname, () => {
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    target.pipe(socket).pipe(target);
  });
  target.on("error", () => socket.destroy());
  socket.on("close", () => target.destroy());
};

async function startProxy(connect: Connect = dig): Promise<{ readonly url: URL; readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  const note = ({ method, url, headers }: http.IncomingMessage): void => {
    asked.push({ line: `${method} ${url}`, authorization: headers["proxy-authorization"], host: headers.host });
  };
  const server = http.createServer((request, response) => {
    note(request);
    response.end("through the proxy");
  });
  server.on("connect", (request: http.IncomingMessage, socket: net.Socket) => {
    note(request);
    socket.on("error", () => undefined);
    connect(request, socket);
  });
  return { url: new URL(`http://user:pass@127.0.0.1:${await listen(server)}`), asked };
}

async function startSecureTarget(): Promise<URL> {
  const server = https.createServer(selfSigned, (request, response) => {
    response.end(`${request.method} ${request.url} for ${request.headers.host}`);
  });
  return new URL(`https://localhost:${await listen(server)}`);
}

const post: WireRequest = {
  method: "POST",
  path: "/v1/batch",
  query: "",
  headers: { authorization: "Basic a2V5Og==" },
  body: Buffer.from("{}"),
};

function open(url: URL, proxy: URL, timeoutMs = 5000): HttpTransport {
  const transport = new HttpTransport({ url, proxy, timeoutMs, maxConnections: 2, gzip: null, runtime: systemRuntime });
  closers.push(() => transport.abort());
  return transport;
}

/** A request on an agent; resolves with the answer's text. */
function get(url: URL, agent: https.Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = https.get(url, { agent }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += String(chunk)));
      response.on("end", () => resolve(text));
    });
    request.on("error", reject);
  });
}

const credentials = `Basic ${Buffer.from("user:pass").toString("base64")}`;

describe("requests to an http address", () => {
  it("ask the proxy for the full address, and tell it who asks", async () => {
    const proxy = await startProxy();
    const reply = await open(new URL("http://data.invalid:8080/pre"), proxy.url).send(post);
    expect(reply).toMatchObject({ kind: "answered", response: { status: 200 } });
    expect(proxy.asked).toEqual([
      { line: "POST http://data.invalid:8080/pre/v1/batch", authorization: credentials, host: "data.invalid:8080" },
    ]);
  });
});

describe("requests to an https address", () => {
  it("go through a tunnel, one for many requests, and the proxy sees neither path nor key", async () => {
    const proxy = await startProxy();
    const target = await startSecureTarget();
    const { agent } = createTunnelAgent(
      { keepAlive: true, maxSockets: 1, ca: selfSigned.cert },
      { target, proxy: proxy.url, timeoutMs: 5000, runtime: systemRuntime },
    );
    closers.push(() => agent.destroy());
    expect(await get(new URL("/a", target), agent)).toBe(`GET /a for ${target.host}`);
    expect(await get(new URL("/b", target), agent)).toBe(`GET /b for ${target.host}`);
    expect(proxy.asked).toEqual([{ line: `CONNECT ${target.host}`, authorization: credentials, host: target.host }]);
  });

  it("check the certificate of the target as ever", async () => {
    const proxy = await startProxy();
    const reply = await open(await startSecureTarget(), proxy.url).send(post);
    expect(reply).toMatchObject({ kind: "failed", reason: "tls" });
    expect(proxy.asked).toHaveLength(1);
  });

  it("fail with the proxy's status where it refuses", async () => {
    const proxy = await startProxy((_request, socket) => {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
    });
    const reply = await open(await startSecureTarget(), proxy.url).send(post);
    expect(reply).toMatchObject({ kind: "failed", detail: expect.stringContaining("CONNECT with 407") });
  });

  it("fail where nobody is the proxy", async () => {
    const reply = await open(await startSecureTarget(), new URL("http://127.0.0.1:1")).send(post);
    expect(reply).toMatchObject({ kind: "failed", reason: "refused" });
  });

  it("fail where the proxy goes away in the middle", async () => {
    const proxy = await startProxy((_request, socket) => socket.destroy());
    const reply = await open(await startSecureTarget(), proxy.url).send(post);
    expect(reply).toMatchObject({ kind: "failed", reason: "reset" });
  });

  it("end at their deadline where the proxy says nothing", async () => {
    const proxy = await startProxy(() => undefined);
    const reply = await open(await startSecureTarget(), proxy.url, 100).send(post);
    expect(reply).toMatchObject({ kind: "failed", reason: "timeout" });
  });

  it("let go of the proxy when they are given up", async () => {
    const closed: Promise<unknown>[] = [];
    let isAsked = (): void => undefined;
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    const proxy = await startProxy((_request, socket) => {
      // The socket is half open: its end is what shows that the other side has gone.
      closed.push(once(socket.resume(), "end"));
      isAsked();
    });
    const transport = open(await startSecureTarget(), proxy.url, 600_000);
    const reply = transport.send(post);
    await asked;
    transport.abort();
    expect(await reply).toMatchObject({ kind: "failed", reason: "aborted" });
    await closed[0];
  });
});
