import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { gunzipSync } from "node:zlib";
import type { WireRequest } from "@oncewire/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { systemRuntime } from "../runtime.js";
import { HttpTransport, type HttpTransportOptions } from "./http-transport.js";
import type { Reply } from "./transport.js";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listen(server: net.Server): Promise<URL> {
  const sockets = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return new URL(`http://127.0.0.1:${portOf(server)}`);
}

function portOf(server: net.Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function open(url: URL, options: Partial<HttpTransportOptions> = {}): HttpTransport {
  const given = { url, timeoutMs: 5000, maxConnections: 4, gzip: null, runtime: systemRuntime, ...options };
  const transport = new HttpTransport(given);
  closers.push(() => transport.abort());
  return transport;
}

function post(body = "[]", path = "/events", query = ""): WireRequest {
  return { method: "POST", path, query, headers: { "content-type": "application/json" }, body: Buffer.from(body) };
}

function statusOf(reply: Reply): number | string {
  return reply.kind === "answered" ? reply.response.status : reply.reason;
}

function bodyOf(reply: Reply): string {
  return reply.kind === "answered" ? Buffer.from(reply.response.body).toString("latin1") : "";
}

const okReply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";

describe("a request", () => {
  it("goes to the path and query below the destination's, with its headers and bytes", async () => {
    const seen: unknown[] = [];
    const server = http.createServer((request, response) => {
      request.on("data", (chunk: Buffer) =>
        seen.push([request.method, request.url, request.headers["x-key"], chunk.toString()]),
      );
      request.on("end", () => response.writeHead(202, { "X-Reply": "yes" }).end("accepted"));
    });
    const transport = open(new URL("/base/", await listen(server)));
    const reply = await transport.send({ ...post('[{"é":1}]', "/v1/b%20c", "a=1&b=%26"), headers: { "x-key": "k" } });
    expect(seen).toEqual([["POST", "/base/v1/b%20c?a=1&b=%26", "k", '[{"é":1}]']]);
    expect(reply).toMatchObject({ kind: "answered", response: { status: 202, headers: { "x-reply": "yes" } } });
    expect(bodyOf(reply)).toBe("accepted");
  });

  it("uses a connection again", async () => {
    let connections = 0;
    const server = http.createServer((_, response) => response.end("OK"));
    server.on("connection", () => (connections += 1));
    const transport = open(await listen(server));
    for (let index = 0; index < 10; index += 1) expect(statusOf(await transport.send(post()))).toBe(200);
    expect(connections).toBe(1);
  });

  it("is let go of with its answer", async () => {
    const server = http.createServer((request, response) => request.resume().on("end", () => response.end("OK")));
    const transport = open(await listen(server));
    const collectYoung = youngCollector();
    const sendOneByOne = async (times: number): Promise<void> => {
      for (let time = 0; time < times; time += 1) {
        await transport.send(post("x".repeat(20_000)));
        if (time % 10 === 0) collectYoung();
      }
    };
    const sendSideBySide = (times: number): Promise<unknown> =>
      Promise.all([1, 2, 3, 4].map(() => sendOneByOne(times)));
    await sendSideBySide(50);
    const held = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    const before = held();
    await sendSideBySide(300);
    expect(held() - before).toBeLessThan(10 * 1024 * 1024);
  });

  it("is gzipped from the given size on", async () => {
    const bodies: [string | undefined, Buffer][] = [];
    const server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        bodies.push([request.headers["content-encoding"], Buffer.concat(chunks)]);
        response.end();
      });
    });
    const transport = open(await listen(server), { gzip: { minBytes: 100, level: 3 } });
    await transport.send(post("x".repeat(99)));
    await transport.send(post("x".repeat(5000)));
    expect(bodies.map(([encoding, { byteLength }]) => [encoding, byteLength < 200])).toEqual([
      [undefined, true],
      ["gzip", true],
    ]);
    expect(gunzipSync(bodies[1]?.[1] ?? "").toString()).toBe("x".repeat(5000));
  });
});

describe("an answer", () => {
  it.each([301, 302, 303, 307, 308])("%i is not followed: nothing reaches the other origin", async (status) => {
    let requests = 0;
    const other = http.createServer((_, response) => {
      requests += 1;
      response.end();
    });
    const location = (await listen(other)).href;
    const server = http.createServer((_, response) => response.writeHead(status, { location }).end());
    const transport = open(await listen(server));
    expect(statusOf(await transport.send(post()))).toBe(status);
    expect(requests).toBe(0);
  });

  it("without end is read to 64 KiB, and its connection closed", async () => {
    let written = 0;
    const server = http.createServer((_, response) => {
      const chunk = Buffer.alloc(16_384, "x");
      const write = (): void => {
        while (!response.destroyed && response.write(chunk)) written += chunk.byteLength;
      };
      response.on("drain", write);
      write();
    });
    const closed = new Promise((resolve) =>
      server.on("connection", (socket: net.Socket) => socket.on("close", resolve)),
    );
    const transport = open(await listen(server));
    const reply = await transport.send(post());
    expect([statusOf(reply), bodyOf(reply).length]).toEqual([200, 65_536]);
    await closed;
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  it("is not unpacked", async () => {
    const server = http.createServer((_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end("\u001f\u008bnot gzip"),
    );
    const transport = open(await listen(server));
    expect(bodyOf(await transport.send(post()))).toContain("not gzip");
  });

  it("that is not HTTP is a failure", async () => {
    const server = net.createServer((socket) => socket.once("data", () => socket.end("220 mail.example ESMTP\r\n")));
    expect(statusOf(await open(await listen(server)).send(post()))).toBe("bad-reply");
  });

  it("cut off at any byte is a failure, and whole it is an answer", async () => {
    let cut = 0;
    const server = net.createServer((socket) =>
      socket.once("data", () => {
        socket.write(okReply.slice(0, cut));
        socket.end();
      }),
    );
    const transport = open(await listen(server));
    for (cut = 0; cut <= okReply.length; cut += 1) {
      const status = statusOf(await transport.send(post()));
      expect([cut, status]).toEqual([cut, cut < okReply.length ? expect.stringMatching(/^(reset|bad-reply)$/) : 200]);
    }
  });
});

describe("no answer", () => {
  it("ends the attempt at its deadline, also when bytes keep dripping in", async () => {
    const hang = net.createServer(() => undefined);
    const drip = net.createServer((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
      const timer = setInterval(() => socket.write("x"), 20);
      socket.on("close", () => clearInterval(timer));
    });
    for (const server of [hang, drip]) {
      const startedMs = performance.now();
      const reply = await open(await listen(server), { timeoutMs: 200 }).send(post());
      expect(statusOf(reply)).toBe("timeout");
      expect(performance.now() - startedMs).toBeLessThan(1200);
    }
  });

  it.each([
    ["a closed port", async () => closedPort(), "refused"],
    ["a name that does not exist", async () => new URL("http://no-such-host.invalid"), "dns"],
    ["TLS where there is none", async () => secure(await listen(http.createServer())), "tls"],
    ["a connection reset at once", async () => listen(net.createServer((socket) => socket.resetAndDestroy())), "reset"],
  ])("is named: %s", async (_, address, reason) => {
    expect(statusOf(await open(await address()).send(post()))).toBe(reason);
  });

  it("that is given up is answered as aborted, and more may be sent", async () => {
    let requests = 0;
    const server = http.createServer((_, response) => {
      requests += 1;
      if (requests === 1) transport.abort();
      else response.end();
    });
    const transport = open(await listen(server));
    expect(statusOf(await transport.send(post()))).toBe("aborted");
    expect(statusOf(await transport.send(post()))).toBe(200);
  });

  it("is given up also while the body is being compressed", async () => {
    let requests = 0;
    const server = http.createServer((_, response) => {
      requests += 1;
      response.end();
    });
    const transport = open(await listen(server), { gzip: { minBytes: 1, level: 1 } });
    const reply = transport.send(post("x".repeat(100_000)));
    transport.abort();
    expect(statusOf(await reply)).toBe("aborted");
    expect(requests).toBe(0);
  });
});

describe("a kept-alive connection", () => {
  it("that was closed meanwhile is replaced at once, and the request arrives", async () => {
    let connections = 0;
    const server = net.createServer((socket) => {
      connections += 1;
      let requests = 0;
      socket.on("data", () => {
        requests += 1;
        // The second request meets a connection that is being closed.
        if (requests === 1) socket.write(okReply);
        else socket.resetAndDestroy();
      });
    });
    const transport = open(await listen(server));
    for (let index = 0; index < 20; index += 1) expect(statusOf(await transport.send(post()))).toBe(200);
    expect(connections).toBe(20);
  });

  it("that is closed after the answer has begun is a failure", async () => {
    const server = net.createServer((socket) => {
      let requests = 0;
      socket.on("data", () => {
        requests += 1;
        if (requests === 1) socket.write(okReply);
        else socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nO");
      });
    });
    const transport = open(await listen(server));
    expect(statusOf(await transport.send(post()))).toBe(200);
    expect(statusOf(await transport.send(post()))).toBe("reset");
  });
});

describe("after the event loop stood still", () => {
  it("an answer that is in the socket is an answer, though the deadline has passed", async () => {
    const worker = new Worker(
      `const { parentPort } = require("node:worker_threads");
       const server = require("node:http").createServer((request, response) => {
         parentPort.postMessage("received");
         setTimeout(() => response.end("x".repeat(30000)), 20);
       });
       server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`,
      { eval: true },
    );
    closers.push(() => worker.terminate());
    const [port] = await once(worker, "message");
    const transport = open(new URL(`http://127.0.0.1:${port}`), { timeoutMs: 100 });
    for (let round = 0; round < 5; round += 1) {
      const received = once(worker, "message");
      const reply = transport.send(post());
      await received;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
      expect([statusOf(await reply), bodyOf(await reply).length]).toEqual([200, 30_000]);
    }
  });
});

async function closedPort(): Promise<URL> {
  const server = net.createServer();
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return url;
}

function secure(url: URL): URL {
  return new URL(`https://${url.host}`);
}

/** Collects what is young, and promotes what has outlived that twice; what is old stays, needed or not. */
function youngCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (options: { readonly type: "minor" }) => void;
  return () => collect({ type: "minor" });
}
