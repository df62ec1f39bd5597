/** A worker alone, with the test in the place of the collector's process. */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { request as startRequest } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openWires } from "../loading/receivers.js";
import { resolveOptions } from "../options.js";
import { systemRuntime } from "../runtime.js";
import { createLink } from "./link.js";
import { linkDescriptor, readJsonPayload } from "./messages.js";
import type { ToWorker } from "./messages.js";

let worker: ChildProcess;
let port: Server;
let ended: Promise<unknown>;
let connectionId: number;
/** What the worker told; nobody answers anything. */
let told: unknown[];
let onKeep: () => void;
let asked: Promise<void>;

const entry = fileURLToPath(new URL("./worker-process.js", import.meta.url)).replace("/src/", "/dist/");

/** The event loop stands still in the turn in which a connection of this number comes. */
const hangingId = 99;
const hang = `
  const { emit } = process;
  process.emit = (name, ...given) => {
    const result = emit.call(process, name, ...given);
    while (name === "message" && given[0].id === ${hangingId});
    return result;
  };`;

beforeEach(async () => {
  worker = fork(entry, [], {
    serialization: "advanced",
    execArgv: ["--import", `data:text/javascript,${hang}`],
    stdio: ["ignore", "ignore", "ignore", "ipc", "overlapped"],
  });
  ended = new Promise((resolve) => worker.once("exit", (code, signal) => resolve(signal ?? code)));
  told = [];
  connectionId = 1;
  asked = new Promise((resolve) => (onKeep = resolve));
  createLink({
    stream: link(),
    runtime: systemRuntime,
    hear: ({ kind, payload }) => {
      if (kind === "keep") onKeep();
      if (kind === "tell") told.push(readJsonPayload(payload));
    },
    onLost: () => {},
  });
  const options = resolveOptions({ dataDirectory: "unused" });
  const { onReport: _, runtime: _runtime, ...plain } = options;
  const ready = new Promise((resolve) => worker.once("message", resolve));
  const setup = { options: plain, wires: openWires(options), door: { path: "/nowhere", token: "t" } };
  worker.send({ kind: "start", setup } satisfies ToWorker);
  expect(await ready).toEqual({ kind: "ready" });
  port = createServer({ pauseOnConnect: true }, (socket) => {
    worker.send({ kind: "connection", id: connectionId } satisfies ToWorker, socket);
  });
  await new Promise<void>((resolve) => port.listen(0, "127.0.0.1", resolve));
});

afterEach(() => {
  worker.kill("SIGKILL");
  port.close();
});

function link(): Duplex {
  return worker.stdio[linkDescriptor] as Duplex;
}

function track(): Promise<[status: number | undefined, retryAfter: string | undefined]> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Basic ${btoa("k:")}` };
    const { port: number } = port.address() as AddressInfo;
    const target = { port: number, host: "127.0.0.1", path: "/v1/track", method: "POST", agent: false } as const;
    const sending = startRequest({ ...target, headers }, (answer) => {
      answer.resume().once("end", () => resolve([answer.statusCode, answer.headers["retry-after"]]));
    });
    sending.once("error", reject);
    sending.end('{"userId":"ada","event":"Seen"}');
  });
}

it("answers 503 with Retry-After when the acknowledgement is lost with its link, and ends", async () => {
  const answer = track();
  await asked;
  link().destroy();
  expect(await answer).toEqual([503, "5"]);
  expect(await ended).toBe(0);
});

it("answers 503 with Retry-After when the collector's process is gone, and ends", async () => {
  const answer = track();
  await asked;
  worker.disconnect();
  expect(await answer).toEqual([503, "5"]);
  expect(await ended).toBe(0);
});

it("goes on when the group of processes is told to end: the collector says when", async () => {
  worker.kill("SIGTERM");
  worker.kill("SIGINT");
  const answer = track();
  await asked;
  worker.send({ kind: "close", timeoutMs: 1 } satisfies ToWorker);
  await expect(answer).rejects.toThrow("socket hang up");
  expect(await ended).toBe(0);
});

it("has said that it has a connection before it reads of it, whatever becomes of it then", async () => {
  connectionId = hangingId;
  const answer = track().catch(() => "cut");
  await vi.waitFor(() => expect(told).toEqual([{ kind: "taken", connection: hangingId }]));
  worker.kill("SIGKILL");
  expect(await answer).toBe("cut");
});
