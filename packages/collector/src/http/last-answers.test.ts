import { createServer, IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:http";
import { connect, Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import { createLastAnswers } from "./last-answers.js";
import { bind } from "./server.js";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

describe("the last answers on a connection", () => {
  it("are all that were asked for at once, and the last of them ends it", async () => {
    const { server, lastAnswers, answers } = await start();
    const socket = connect(portOf(server), "127.0.0.1", () =>
      socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3)),
    );
    const asked = await answers(3);
    lastAnswers();
    for (const response of asked) response.end("answer");
    const heads = (await text(socket)).split("answer").map((head) => /connection: (.*)\r/i.exec(head)?.[1]);
    expect(heads).toEqual(["keep-alive", "keep-alive", "close", undefined]);
  });

  it("say so where they were asked for while it was ending", async () => {
    const { server, lastAnswers, answers } = await start();
    lastAnswers();
    const socket = connect(portOf(server), "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    for (const response of await answers(1)) response.end("answer");
    expect(await text(socket)).toMatch(/\r\nconnection: close\r\n[^]*answer$/i);
  });

  it("end it as soon as one that had begun to say otherwise is given", async () => {
    const { server, lastAnswers, answers } = await start();
    const socket = connect(portOf(server), "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    const [response] = await answers(1);
    response?.write("begun, ");
    lastAnswers();
    response?.end("ended");
    expect(await text(socket)).toMatch(/connection: keep-alive\r\n[^]*begun, [^]*ended/i);
  });

  it("are let go of, each as soon as it is given", () => {
    const collect = garbageCollector();
    const collectYoung = (): void => collect({ type: "minor" });
    const server = createServer();
    createLastAnswers(server);
    const underWay = Array.from({ length: 64 }, () => {
      const socket = new Socket();
      server.emit("connection", socket);
      return { socket, answer: askForLargeAnswer(server, socket) };
    });
    const giveAndAsk = (connection: (typeof underWay)[number]): void => {
      connection.answer.emit("close");
      connection.answer = askForLargeAnswer(server, connection.socket);
    };
    // What is held here is old from now on.
    collectYoung();
    collectYoung();
    const before = process.memoryUsage().heapUsed;
    for (let time = 0; time < 5_000; time += 1) {
      const connection = underWay[time % underWay.length];
      if (connection !== undefined) giveAndAsk(connection);
      // Seldom enough that no answer is under way twice.
      if (time % 100 === 0) collectYoung();
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 * 1024 * 1024);
  });
});

describe("a connection that waits for its next request", () => {
  it("does not hold on to its last answer", async () => {
    const server = createServer();
    createLastAnswers(server);
    const socket = new Socket();
    server.emit("connection", socket);
    const last = answerOnce(server, socket);
    // What a WeakRef is made of is held until the end of the turn.
    await new Promise((resolve) => setImmediate(resolve));
    garbageCollector()();
    expect([last.deref(), socket.destroyed]).toEqual([undefined, false]);
  });
});

interface Started {
  readonly server: Server;
  readonly lastAnswers: () => void;
  /** Resolves when so many were asked for. */
  readonly answers: (count: number) => Promise<readonly ServerResponse[]>;
}

async function start(): Promise<Started> {
  const asked: ServerResponse[] = [];
  let onAsked: () => void = () => {};
  const server = createServer((_, response) => {
    asked.push(response);
    onAsked();
  });
  servers.push(server);
  const lastAnswers = createLastAnswers(server);
  await bind(server, { host: "127.0.0.1", port: 0 });
  const answers = (count: number): Promise<readonly ServerResponse[]> =>
    new Promise((resolve) => {
      onAsked = () => {
        if (asked.length >= count) resolve(asked);
      };
      onAsked();
    });
  return { server, lastAnswers, answers };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

const largeEntries = 2_000;

function askForLargeAnswer(server: Server, socket: Socket): ServerResponse {
  const request = new IncomingMessage(socket);
  const response = Object.assign(new ServerResponse(request), { weight: Array<number>(largeEntries).fill(0) });
  server.emit("request", request, response);
  return response;
}

function answerOnce(server: Server, socket: Socket): WeakRef<ServerResponse> {
  const answer = askForLargeAnswer(server, socket);
  answer.emit("close");
  return new WeakRef(answer);
}

/** Collects everything, or what is young: that promotes what has outlived it twice, and leaves what is old. */
function garbageCollector(): (options?: { readonly type: "minor" }) => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as ReturnType<typeof garbageCollector>;
}
