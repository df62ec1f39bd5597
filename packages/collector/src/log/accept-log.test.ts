import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeRecord, encodeRecord, openAcceptLog } from "./accept-log.js";
import type { AcceptedRequest, AcceptLog } from "./accept-log.js";

let directory: string;
let log: AcceptLog;

const open = (): Promise<AcceptLog> =>
  openAcceptLog({ directory, sync: "group", retentionMs: 60_000, retentionBytes: 1_000_000 });

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-log-"));
  log = await open();
});
afterEach(async () => {
  await log.close();
  rmSync(directory, { recursive: true, force: true });
});

function request(number: number, body: Uint8Array = Buffer.from(`{"n":${number}}`)): AcceptedRequest {
  return {
    protocol: "rudderstack",
    arrival: {
      route: "batch",
      project: "shop",
      receivedAtMs: number,
      remoteAddress: "127.0.0.1",
      requestId: `r-${number}`,
    },
    head: { method: "POST", path: "/v1/batch", query: "", headers: { "content-encoding": "gzip", "user-agent": "t" } },
    body,
  };
}

/** With the body as text, whatever kind of byte array holds it. */
function readable({ protocol, arrival, head, body }: AcceptedRequest): unknown {
  return { protocol, arrival, head, body: Buffer.from(body).toString("latin1") };
}

describe("the accept log", () => {
  it("gives back what it took, in order, also after it was opened again", async () => {
    const bodies = [Buffer.alloc(0), Buffer.from([0, 255, 10]), Buffer.alloc(200_000, 7)];
    const sent = bodies.map((body, number) => request(number, body));
    const positions = await Promise.all(sent.map((one) => log.append(encodeRecord(one, [one.body]))));
    await log.close();
    log = await open();
    const { requests, next, lost } = await log.read(log.first);
    expect(requests.map(readable)).toEqual(sent.map(readable));
    expect(requests.map(({ position }) => position)).toEqual(positions);
    expect([next, lost]).toEqual([log.durable, []]);
  });

  it("keeps no credentials", async () => {
    const { head } = request(1);
    const headers = {
      ...head.headers,
      authorization: "Basic d2stc2VjcmV0Og==",
      host: "wk-secret",
    };
    await log.append(encodeRecord({ ...request(1), head: { ...head, headers } }, [request(1).body]));
    const files = readdirSync(directory).map((name) => readFileSync(join(directory, name), "latin1"));
    expect(files.join("")).toContain("user-agent");
    expect(files.join("")).not.toMatch(/wk-secret|d2stc2VjcmV0/);
  });
});

describe("decodeRecord", () => {
  const whole = Buffer.concat(encodeRecord(request(1), [request(1).body]));

  it("reads what encodeRecord wrote", () => {
    const decoded = decodeRecord(whole);
    expect(decoded && readable(decoded)).toEqual(readable(request(1)));
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["a length alone", whole.subarray(0, 4)],
    ["half a head", whole.subarray(0, 40)],
    ["a length that is not true", Buffer.concat([Buffer.from([255, 255, 255, 255]), whole.subarray(4)])],
    ["a record of another kind", Buffer.from("[3,0,0,0]abc")],
    ["a later version", Buffer.from(whole.toString("latin1").replace('"v":1', '"v":2'), "latin1")],
  ])("answers null for %s", (_what, bytes) => expect(decodeRecord(bytes)).toBeNull());
});
