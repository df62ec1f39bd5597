import { describe, expect, it } from "vitest";
import type { CountedRecord, KeepResult, RequestKeeper } from "../ingest/request-keeper.js";
import { createLedger } from "../ingest/ledger.js";
import { createLatencies } from "../ingest/latencies.js";
import type { CollectorReport } from "../report.js";
import type { Frame, FrameKind } from "./frame.js";
import { createOwnerClient } from "./owner-client.js";
import type { OwnerClient } from "./owner-client.js";
import { createOwnerDesk } from "./owner-desk.js";

const request: CountedRecord = { record: [Buffer.from("head"), Buffer.from("body")], events: 3, bad: 1, bytes: 4 };
const question = { position: 4, project: "shop", userId: "ada", eventId: "e" };

interface Pair {
  readonly client: OwnerClient;
  readonly kept: CountedRecord[];
  readonly reports: CollectorReport[];
  readonly connections: string[];
  readonly refused: () => number;
  readonly observed: () => number;
}

/** A worker and the collector, as if over a link that takes no time. */
function openPair(keep: RequestKeeper["keep"] = async () => ({ kind: "kept", position: 2 ** 40 })): Pair {
  const [kept, reports, connections]: [CountedRecord[], CollectorReport[], string[]] = [[], [], []];
  const [ledger, latencies] = [createLedger(), createLatencies()];
  const frame = (kind: FrameKind, id: number, payload: readonly Uint8Array[] = []): Frame => {
    return { kind, id, payload: Buffer.concat(payload) };
  };
  const client = createOwnerClient({ link: { send: (...given) => desk(frame(...given)) } });
  const desk = createOwnerDesk({
    desk: {
      keeper: {
        keep: (record) => {
          kept.push(record);
          return keep(record);
        },
        truthOf: async ({ userId }) => ({ isNewUser: userId === "ada", sessionId: null, attributes: { a: 1 } }),
      },
      ledger,
      latencies,
      limits: { address: { take: (who) => (who === "crowd" ? 250 : null) }, key: null },
      onReport: (report) => void reports.push(report),
    },
    link: { send: (...given) => client.hear(frame(...given)) },
    onTaken: (id) => void connections.push(`taken ${id}`),
    onReleased: (id) => void connections.push(`released ${id}`),
  });
  return {
    client,
    kept,
    reports,
    connections,
    refused: () => ledger.stats().refused["unknown-key"],
    observed: () => latencies.snapshot().count,
  };
}

describe("a worker's requests", () => {
  it("are kept in the collector's process, whole and with their counts", async () => {
    const { client, kept } = openPair();
    expect(await client.keeper.keep(request)).toEqual({ kind: "kept", position: 2 ** 40 });
    const [one] = kept;
    expect([one?.events, one?.bad, one?.bytes]).toEqual([3, 1, 4]);
    expect(Buffer.concat(one?.record ?? []).toString()).toBe("headbody");
  });

  it("are unavailable where the log takes nothing, and where keeping them fails", async () => {
    expect(await openPair(async () => ({ kind: "unavailable" })).client.keeper.keep(request)).toEqual({
      kind: "unavailable",
    });
    const { client, reports } = openPair(() => Promise.reject(new Error("a defect")));
    expect(await client.keeper.keep(request)).toEqual({ kind: "unavailable" });
    expect(reports).toEqual([{ kind: "failed", message: "Error: a defect" }]);
  });

  it("are answered each with its own result, in whatever order they are kept", async () => {
    const waiting: ((result: KeepResult) => void)[] = [];
    const { client } = openPair(() => new Promise((resolve) => void waiting.push(resolve)));
    const results = [client.keeper.keep(request), client.keeper.keep(request)];
    waiting[1]?.({ kind: "kept", position: 11 });
    waiting[0]?.({ kind: "kept", position: 10 });
    expect(await Promise.all(results)).toEqual([
      { kind: "kept", position: 10 },
      { kind: "kept", position: 11 },
    ]);
  });

  it("wait for their acknowledgement within bounds, whose first is taken however large it is", async () => {
    const sent: number[] = [];
    const client = createOwnerClient({ link: { send: (_, id) => void sent.push(id) }, maxUnacknowledgedBytes: 30 });
    const first = client.keeper.keep({ ...request, record: [Buffer.alloc(40)] });
    expect(await client.keeper.keep(request)).toEqual({ kind: "unavailable" });
    client.hear({ kind: "unavailable", id: sent[0] ?? 0, payload: new Uint8Array() });
    expect(await first).toEqual({ kind: "unavailable" });
    void client.keeper.keep(request);
    expect(sent).toHaveLength(2);
  });

  it("are unavailable when their acknowledgement is lost, and from then on", async () => {
    const client = createOwnerClient({ link: { send: () => {} } });
    const waiting = [client.keeper.keep(request), client.keeper.truthOf(question), client.limit("key").take("k")];
    client.lost();
    expect(await Promise.all(waiting)).toEqual([{ kind: "unavailable" }, null, null]);
    expect(await client.keeper.keep(request)).toEqual({ kind: "unavailable" });
    expect(await client.keeper.truthOf(question)).toBe(null);
  });
});

describe("a worker", () => {
  it("asks the collector's limits and what is known of a user", async () => {
    const { client } = openPair();
    expect(await client.limit("address").take("crowd")).toBe(250);
    expect(await client.limit("address").take("one")).toBe(null);
    expect(await client.limit("key").take("crowd")).toBe(null);
    expect(await client.keeper.truthOf(question)).toEqual({ isNewUser: true, sessionId: null, attributes: { a: 1 } });
  });

  it("tells what it refused, how long it took, and of its connections", () => {
    const { client, reports, connections, refused, observed } = openPair();
    client.tell({ kind: "refused", reason: "unknown-key" });
    client.tell({ kind: "observed", ms: 3 });
    client.tell({ kind: "taken", connection: 5 });
    client.tell({ kind: "released", connection: 5 });
    client.tell({ kind: "reported", report: { kind: "refused", reason: "unknown-key", protocol: "a-track" } });
    expect([refused(), observed(), connections]).toEqual([1, 1, ["taken 5", "released 5"]]);
    expect(reports).toEqual([{ kind: "refused", reason: "unknown-key", protocol: "a-track" }]);
  });
});
