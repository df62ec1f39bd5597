import { createServer, request as startRequest } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { readBody } from "../http/body.js";
import { send, sendAndClose, textReply } from "../http/reply.js";
import type { Handler } from "../http/router.js";
import { systemRuntime } from "../runtime.js";
import { openDoor } from "./door.js";
import type { Door } from "./door.js";
import { createForward } from "./forward.js";

let door: Door;
let worker: Server;
const failures: unknown[] = [];

/** A worker that sends everything on, and the process behind it. */
async function start(handler: Handler): Promise<number> {
  door = await openDoor({
    requestTimeoutMs: 10_000,
    maxConnections: 100,
    handler,
    runtime: systemRuntime,
    onError: (error) => void failures.push(error),
  });
  const forward = createForward(door.address);
  worker = createServer((request, response) => void forward(request, response));
  await new Promise<void>((resolve) => worker.listen(0, "127.0.0.1", resolve));
  return (worker.address() as AddressInfo).port;
}

afterEach(async () => {
  door.close();
  worker.closeAllConnections();
  await new Promise((resolve) => worker.close(resolve));
  expect(failures.splice(0)).toEqual([]);
});

/** Bytes as they are on a connection of their own; resolves with everything that came until its end. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.setEncoding("latin1").on("data", (chunk) => (received += String(chunk)));
    socket.once("error", reject).once("close", () => resolve(received));
  });
}

function status(port: number, method: string, body = ""): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { "content-length": body.length };
    const options = { port, host: "127.0.0.1", method, path: "/micro/all", headers, agent: false } as const;
    const sending = startRequest(options, (answer) => resolve(answer.resume().statusCode));
    sending.once("error", reject);
    sending.end(body);
  });
}

const limits = { maxBytes: 1_000_000, contentEncodings: [] };

describe("a request that a worker sends on", () => {
  it("is there what it was here: target, headers, body, address", async () => {
    const seen: unknown[] = [];
    const port = await start(async (request, response) => {
      const body = await readBody(request, limits);
      const { method, url, rawHeaders, headers, socket } = request;
      seen.push({ method, url, rawHeaders, names: Object.keys(headers), from: socket.remoteAddress });
      send(response, textReply(207, body.kind === "read" ? Buffer.from(body.received.whole).toString() : body.kind));
    });
    const head = ["Host: x.example", "X-Twice: 1", "x-twice: 2", "Content-Length: 5", "X-Mine: yes"];
    const answer = await exchange(
      port,
      `POST /api/x?a=%20b HTTP/1.1\r\n${head.join("\r\n")}\r\nTE: trailers\r\nConnection: close, x-mine\r\n\r\nhello`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 207 [^]*\r\n\r\nhello$/);
    expect(seen).toEqual([
      {
        method: "POST",
        url: "/api/x?a=%20b",
        rawHeaders: ["Host", "x.example", "X-Twice", "1", "x-twice", "2", "Content-Length", "5"],
        names: ["connection", "host", "x-twice", "content-length"],
        from: "127.0.0.1",
      },
    ]);
  });

  it("may name no host, as HTTP/1.0 allows", async () => {
    const port = await start((request, response) =>
      Promise.resolve(send(response, textReply(200, `host ${JSON.stringify(request.headers.host)}`))),
    );
    expect(await exchange(port, "GET /health/live HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 [^]*host ""$/);
  });

  it("may have a body whose length nobody knows", async () => {
    const port = await start(async (request, response) => {
      const body = await readBody(request, limits);
      send(response, textReply(200, body.kind === "read" ? String(body.received.byteLength) : body.kind));
    });
    const chunked = "GET /micro/good HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(await exchange(port, `${chunked}3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n`)).toMatch(/\r\n\r\n7$/);
  });

  it("is answered before the end of its body where nobody wants it, on a connection that then ends", async () => {
    const port = await start((_, response) => Promise.resolve(sendAndClose(response, textReply(405, "no"))));
    const answered = await new Promise<[number | undefined, string | undefined]>((resolve, reject) => {
      const sending = startRequest({ port, host: "127.0.0.1", method: "PUT", path: "/micro/all" });
      sending.once("response", ({ statusCode, headers }) => resolve([statusCode, headers.connection]));
      sending.once("error", reject);
      sending.flushHeaders();
    });
    expect(answered).toEqual([405, "close"]);
  });

  it("is not asked for its body when it has been answered", async () => {
    await start((_, response) => Promise.resolve(sendAndClose(response, textReply(405, "no"))));
    const { path, token } = door.address;
    const head = `PUT /micro/all HTTP/1.1\r\nOncewire-Door: ${token} 127.0.0.1\r\nConnection: close\r\n`;
    const answer = await new Promise<string>((resolve) => {
      let received = "";
      const socket = connect({ path }, () => {
        socket.write(`${head}Expect: 100-continue\r\nHost: x\r\nContent-Length: 9\r\n\r\n`);
      });
      socket.on("data", (chunk) => (received += String(chunk))).once("close", () => resolve(received));
    });
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 405"]);
  });

  it("is sent without its body until somebody reads that", async () => {
    let bytes = 0;
    const port = await start(async (request, response) => {
      if (request.method === "GET") return send(response, textReply(200, ""));
      // The body has come whole to the worker meanwhile.
      await status(port, "GET");
      bytes = request.socket.bytesRead;
      return sendAndClose(response, textReply(405, "no"));
    });
    expect(await status(port, "PUT", "x".repeat(40_000))).toBe(405);
    expect(bytes).toBeGreaterThan(50);
    expect(bytes).toBeLessThan(1_000);
  });

  it("is answered with a stream while it lasts, and the stream ends with its reader", async () => {
    let ended: () => void = () => {};
    const closed = new Promise<void>((resolve) => (ended = resolve));
    const port = await start(async (request, response) => {
      request.resume();
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("one\n");
      response.once("close", ended);
    });
    const answer = await new Promise<IncomingMessage>((resolve) => {
      startRequest({ port, host: "127.0.0.1", path: "/api/live" }, resolve).end();
    });
    const first = await new Promise((resolve) => answer.once("data", (chunk) => resolve(String(chunk))));
    expect([answer.headers["content-type"], first]).toEqual(["text/event-stream", "one\n"]);
    answer.destroy();
    await closed;
  });

  it("is given up when its client has gone before the answer", async () => {
    let asked: () => void = () => {};
    const arrived = new Promise<void>((resolve) => (asked = resolve));
    let gone: () => void = () => {};
    const ended = new Promise<void>((resolve) => (gone = resolve));
    const port = await start(async (_, response) => {
      response.once("close", gone);
      asked();
    });
    const socket = connect(port, "127.0.0.1", () => socket.write("GET /api/sql HTTP/1.1\r\nHost: x\r\n\r\n"));
    await arrived;
    socket.destroy();
    await ended;
  });

  it("is answered no faster than its reader takes the answer", async () => {
    const [piece, pieces] = [Buffer.alloc(65_536), 1_024];
    let written = 0;
    const port = await start(async (request, response) => {
      request.resume();
      response.writeHead(200);
      if (request.method === "HEAD") return void response.end();
      const fill = (): void => {
        for (let isTaken = true; isTaken && written < pieces; written += 1) isTaken = response.write(piece);
        if (written === pieces) response.end();
      };
      response.on("drain", fill);
      return fill();
    });
    const answer = await new Promise<IncomingMessage>((resolve) => {
      startRequest({ port, host: "127.0.0.1", path: "/api/events" }, resolve).end();
    });
    // Until nothing moves while others are answered: sockets and streams on the way are full then.
    for (let [still, last] = [0, -1]; still < 200; last = written) {
      still = written === last ? still + 1 : 0;
      await status(port, "HEAD");
    }
    expect(written).toBeLessThan(pieces);
    let bytes = 0;
    answer.on("data", (chunk: Buffer) => (bytes += chunk.byteLength));
    await new Promise((resolve) => answer.once("end", resolve));
    expect(bytes).toBe(pieces * piece.byteLength);
  });

  it("is 503 with Retry-After when the process behind is gone", async () => {
    const port = await start(() => Promise.resolve());
    door.close();
    const answer = await exchange(port, "GET /api/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: 1\r\n/i);
  });
});

describe("the door", () => {
  it.each([
    ["no token", {}],
    ["another token", { "oncewire-door": "11111111-1111-4111-8111-111111111111 127.0.0.1" }],
  ])("is closed to a request with %s", async (_, headers) => {
    await start((__, response) => Promise.resolve(send(response, textReply(200, "in"))));
    const answered = await new Promise((resolve) => {
      startRequest({ socketPath: door.address.path, path: "/api/events", headers }, (answer) => {
        resolve(answer.resume().statusCode);
      }).end();
    });
    expect(answered).toBe(403);
  });

  it("believes nobody but a worker about whose connection it is", async () => {
    const addresses: unknown[] = [];
    const port = await start(async (request, response) => {
      addresses.push(request.socket.remoteAddress, request.headers["oncewire-door"]);
      send(response, textReply(200, ""));
    });
    const forged = `Oncewire-Door: ${door.address.token} 203.0.113.9`;
    await exchange(port, `GET /api/events HTTP/1.1\r\nHost: x\r\n${forged}\r\nConnection: close\r\n\r\n`);
    expect(addresses).toEqual(["127.0.0.1", undefined]);
  });
});
