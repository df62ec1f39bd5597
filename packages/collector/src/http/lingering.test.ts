import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { CutReason } from "../report.js";
import { systemRuntime } from "../runtime.js";
import type { Runtime } from "../runtime.js";
import { createClock } from "./clock.fixture.js";
import { send, sendAndClose, textReply } from "./reply.js";
import { listen } from "./server.js";
import type { Handler } from "./router.js";
import type { HttpServer } from "./server.js";

const text = "expected at most 1 MB".padEnd(2_000, ".");
const megabyte = Buffer.alloc(1_000_000, "x");
const mib = 1024 * 1024;
/** Requests that came to the handler. */
const asked: IncomingMessage[] = [];
const sockets: Socket[] = [];
const cuts: CutReason[] = [];
let server: HttpServer | null = null;

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await server?.close(0);
  server = null;
  asked.length = 0;
  cuts.length = 0;
  sockets.length = 0;
});

interface Given {
  readonly runtime?: Runtime;
  readonly maxAddressConnections?: number;
  readonly handler?: Handler;
}

async function start(given: Given = {}): Promise<HttpServer> {
  server = await listen({
    host: "127.0.0.1",
    port: 0,
    requestTimeoutMs: 60_000,
    maxConnections: 100,
    maxAddressConnections: null,
    minBodyBytesPerSecond: null,
    trustedProxies: [],
    runtime: systemRuntime,
    handler: (request, response) => {
      asked.push(request);
      return Promise.resolve(sendAndClose(response, textReply(413, text)));
    },
    ...given,
    onCut: (reason) => void cuts.push(reason),
    onError: (error) => {
      throw error;
    },
  });
  return server;
}

interface Client {
  readonly socket: Socket;
  /** What it was answered, when its connection has ended; rejects for one that was reset. */
  readonly ended: Promise<string>;
}

function client(): Client {
  const socket = connect({ port: Number(new URL(server?.url ?? "").port), host: "127.0.0.1", allowHalfOpen: true });
  sockets.push(socket);
  let answer = "";
  socket.on("data", (chunk) => (answer += String(chunk)));
  const ended = new Promise<string>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("close", () => resolve(answer));
  });
  ended.catch(() => {});
  return { socket, ended };
}

const headOf = (bytes: number): string => `POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`;

function write(socket: Socket, data: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(data, (error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}

/** Sends a head and nothing of its body, and resolves when the answer has come: from here on the connection lingers. */
async function answered(bytes: number): Promise<Client> {
  const sending = client();
  await write(sending.socket, headOf(bytes));
  await once(sending.socket, "end");
  return sending;
}

function atServer(): Socket {
  const [request] = asked;
  if (request === undefined) throw new Error("expected a request that has come");
  return request.socket;
}

/** Resolves when the server has read everything that was sent. */
function read({ bytesWritten }: Socket): Promise<void> {
  return vi.waitFor(() => expect(atServer().bytesRead).toBe(bytesWritten));
}

/** What a client is answered that ends its side in the middle of its body. */
function answerToOne(): Promise<string> {
  const { socket, ended } = client();
  socket.end(headOf(100));
  return ended.catch(() => "reset");
}

describe("a connection whose body nobody wants", () => {
  it.each([
    ["by its length", headOf(12 * megabyte.byteLength), megabyte],
    [
      "in chunks",
      "POST /in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
      Buffer.concat([Buffer.from(`${megabyte.byteLength.toString(16)}\r\n`), megabyte, Buffer.from("\r\n")]),
    ],
  ])(
    "gives the whole answer to a client that sends all of it first, %s, 50 times in a row",
    async (_how, head, part) => {
      await start();
      for (let round = 0; round < 50; round += 1) {
        const { socket, ended } = client();
        socket.pause();
        socket.write(head);
        for (let parts = 0; parts < 12; parts += 1) await write(socket, part);
        socket.end(head.includes("chunked") ? "0\r\n\r\n" : "");
        socket.resume();
        const answer = await ended;
        expect(answer).toMatch(/^HTTP\/1\.1 413 /);
        expect(answer.endsWith(`\r\n\r\n${text}`)).toBe(true);
      }
    },
  );

  it("gives the whole answer to a client that said itself that this is its last request", async () => {
    await start({
      handler: (request, response) => {
        request.resume();
        return Promise.resolve(send(response, textReply(404, text)));
      },
    });
    for (let round = 0; round < 50; round += 1) {
      const { socket, ended } = client();
      socket.pause();
      socket.write(headOf(12 * megabyte.byteLength).replace("Host", "Connection: close\r\nHost"));
      for (let parts = 0; parts < 12; parts += 1) await write(socket, megabyte);
      socket.end();
      socket.resume();
      expect((await ended).endsWith(`\r\n\r\n${text}`)).toBe(true);
    }
  });

  it("goes on after an answer that is not the last", async () => {
    await start({
      handler: (request, response) => {
        request.resume();
        return Promise.resolve(send(response, textReply(404, String(request.url))));
      },
    });
    const { socket, ended } = client();
    await write(socket, headOf(2));
    await once(socket, "data");
    socket.write("{}GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    await once(socket, "end");
    socket.end();
    expect(await ended).toMatch(/404 [^]*\/in[^]*404 [^]*\/next$/);
  });

  it("ends at once for a client that ends it", async () => {
    await start();
    const { socket, ended } = await answered(100);
    socket.end();
    expect(await ended).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("ends when more came than anybody is listened to", async () => {
    await start();
    const { socket, ended } = await answered(1_000 * mib);
    const mebibyte = Buffer.alloc(mib);
    const sent = (async () => {
      for (let count = 0; count < 1_000; count += 1) await write(socket, mebibyte);
    })();
    await expect(sent).rejects.toThrow(/ECONNRESET|EPIPE/);
    expect(socket.bytesWritten).toBeGreaterThan(64 * mib);
    expect(socket.bytesWritten).toBeLessThan(128 * mib);
    await ended.catch(() => {});
  });

  it("ends when its client sends nothing, or next to nothing", async () => {
    const clock = createClock();
    await start({ runtime: clock.runtime });
    const { socket } = await answered(megabyte.byteLength);
    await write(socket, "x".repeat(5_000));
    await read(socket);
    clock.pass(5_000);
    expect(atServer().destroyed).toBe(false);
    await write(socket, "x".repeat(4_999));
    await read(socket);
    clock.pass(5_000);
    expect(atServer().destroyed).toBe(true);
  });

  it("ends after 30 seconds, however much comes", async () => {
    const clock = createClock();
    await start({ runtime: clock.runtime });
    const { socket } = await answered(100 * megabyte.byteLength);
    for (let seconds = 0; seconds < 25; seconds += 5) {
      await write(socket, megabyte);
      await read(socket);
      clock.pass(5_000);
      expect(atServer().destroyed).toBe(false);
    }
    await write(socket, megabyte);
    await read(socket);
    clock.pass(5_000);
    expect(atServer().destroyed).toBe(true);
    // It was refused, and nothing more is lost with it.
    expect(cuts).toEqual([]);
  });

  it("is not asked anything more", async () => {
    await start();
    const { socket } = await answered(2);
    socket.write("{}GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    await vi.waitFor(() => expect(atServer().destroyed).toBe(true));
    expect(asked.map(({ url }) => url)).toEqual(["/in"]);
  });

  it("counts as its address's until it has ended", async () => {
    await start({ maxAddressConnections: 1 });
    const { socket } = await answered(100);
    expect(await answerToOne()).not.toContain("HTTP");
    socket.destroy();
    await vi.waitFor(async () => expect(await answerToOne()).toContain("HTTP/1.1 413"));
  });

  it("is not waited for when the server closes", async () => {
    await start();
    await answered(100);
    // Far beyond this test's time: nothing may need it.
    await server?.close(60_000);
    expect(atServer().destroyed).toBe(true);
  });
});

describe("a connection that node:http gives up", () => {
  const head = "POST /in HTTP/1.1\r\nHost: a\r\n";

  it.each([
    ["a head that has no end", 431, head + `X-A: ${"a".repeat(1_000)}\r\n`.repeat(4_000)],
    ["a chunk that is none", 400, `${head}Transfer-Encoding: chunked\r\n\r\nZZ\r\n${"x".repeat(4_000_000)}`],
    ["no HTTP at all", 400, "\u0016\u0003\u0001".repeat(1_000_000)],
  ])("gives its answer to a client that sends all of it first: %s", async (_what, status, sent) => {
    await start({ handler: () => new Promise(() => {}) });
    for (let round = 0; round < 20; round += 1) {
      const { socket, ended } = client();
      socket.pause();
      socket.end(sent);
      await once(socket, "finish");
      socket.resume();
      expect(await ended).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\n\r\n$`));
    }
    expect(cuts).toEqual(Array<CutReason>(20).fill("malformed"));
  });

  it("ends when more came than anybody is listened to", async () => {
    await start();
    const { socket } = client();
    const sent = (async () => {
      for (let count = 0; count < 1_000; count += 1) await write(socket, Buffer.alloc(mib));
    })();
    await expect(sent).rejects.toThrow(/ECONNRESET|EPIPE/);
    expect(socket.bytesWritten).toBeGreaterThan(64 * mib);
    expect(socket.bytesWritten).toBeLessThan(128 * mib);
  });

  it("ends when its client sends nothing more", async () => {
    const clock = createClock();
    await start({ runtime: clock.runtime, maxAddressConnections: 1 });
    const { socket } = client();
    await write(socket, "no HTTP\r\n\r\n");
    await once(socket, "end");
    expect(await answerToOne()).not.toContain("HTTP");
    clock.pass(5_000);
    await vi.waitFor(async () => expect(await answerToOne()).toContain("HTTP/1.1 413"));
  });

  it("is not answered in the middle of another answer", async () => {
    await start({
      handler: (_, response) => Promise.resolve(void response.writeHead(200, { "x-stream": "yes" }).write("begun")),
    });
    const { socket, ended } = client();
    await write(socket, "GET /live HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(socket, "data");
    socket.end("no HTTP\r\n\r\n");
    expect((await ended.catch(() => "reset")).match(/HTTP\/1\.1/g)?.length ?? 1).toBe(1);
  });
});
