import { createRudderStackReceiver } from "@oncewire/protocol/rudderstack";
import type { IpPolicy } from "@oncewire/protocol";
import { describe, expect, it } from "vitest";
import type { LoggedRequest, LogRead } from "../log/accept-log.js";
import { createEnrichment } from "../enrichment/enrichment.js";
import type { AppendResult, LogBatch } from "../store/event-store.js";
import { startLoader, type Loader } from "./loader.js";
import type { Turns } from "./turns.js";

const encoder = new TextEncoder();

/** A request with so many events. */
function requestAt(position: number, events: number): LoggedRequest {
  const batch = Array.from({ length: events }, (_, at) => ({
    type: "track",
    event: "Seen",
    userId: "ada",
    messageId: `e-${position}-${at}`,
  }));
  return {
    position,
    protocol: "rudderstack",
    head: { method: "POST", path: "/v1/batch", query: "", headers: {} },
    arrival: {
      route: "/v1/batch",
      project: "shop",
      receivedAtMs: 0,
      remoteAddress: "",
      requestId: `00000000-0000-4000-8000-${String(position).padStart(12, "0")}`,
    },
    body: encoder.encode(JSON.stringify({ batch })),
  };
}

interface Loading {
  readonly loader: Loader;
  readonly batches: LogBatch[];
  readonly reads: number[];
  readonly failures: unknown[];
  readonly retry: () => void;
}

/** Loading never has to wait. */
const always: Turns = { heard: () => {}, mine: () => Promise.resolve(), stop: () => {} };

/** A loader of a log that gives all it has at once. */
function loading(
  requests: readonly LoggedRequest[],
  append: (batch: LogBatch) => Promise<void>,
  { ipPolicy = "keep", turns = always }: { readonly ipPolicy?: IpPolicy; readonly turns?: Turns } = {},
): Loading {
  const [batches, reads, failures, retries]: [LogBatch[], number[], unknown[], (() => void)[]] = [[], [], [], []];
  const receiver = createRudderStackReceiver();
  const next = (requests.at(-1)?.position ?? 0) + 1;
  const loader = startLoader({
    logFirst: 0,
    readLog: (from): Promise<LogRead> => {
      reads.push(from);
      return Promise.resolve({ requests: requests.filter(({ position }) => position >= from), next, lost: [] });
    },
    store: {
      position: 0,
      append: async (batch): Promise<AppendResult> => {
        await append(batch);
        batches.push(batch);
        return { stored: batch.events, duplicates: 0, unstorable: [], bad: 0 };
      },
    },
    receivers: new Map([["rudderstack", receiver]]),
    enrichment: createEnrichment({ steps: [], ipPolicy, onFailure: () => {} }),
    runtime: {
      after: (_, task) => {
        retries.push(task);
        return () => {};
      },
    },
    turns,
    onLoaded: () => {},
    onLost: () => {},
    onFailed: (error) => failures.push(error),
  });
  return { loader, batches, reads, failures, retry: () => retries.shift()?.() };
}

const rangesOf = (batches: readonly LogBatch[]): number[][] =>
  batches.map(({ from, to, events }) => [from, to, events.length]);

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe("the loader", () => {
  it("appends a large read in parts that leave nothing out", async () => {
    const { loader, batches } = loading(
      [requestAt(0, 200), requestAt(1, 200), requestAt(4, 2_500), requestAt(5, 1)],
      () => Promise.resolve(),
    );
    loader.advance(6);
    await until(() => batches.at(-1)?.to === 6);
    expect(rangesOf(batches)).toEqual([
      [0, 2, 400],
      [2, 5, 2_500],
      [5, 6, 1],
    ]);
    await loader.stop();
  });

  it("goes on after the last part that was appended when one fails", async () => {
    let broken = true;
    const loads = loading([requestAt(0, 1_000), requestAt(1, 1_000), requestAt(2, 10)], ({ from }) =>
      broken && from === 1 ? Promise.reject(new Error("no space")) : Promise.resolve(),
    );
    loads.loader.advance(3);
    await until(() => loads.failures.length === 1);
    expect(rangesOf(loads.batches)).toEqual([[0, 1, 1_000]]);
    broken = false;
    loads.retry();
    await until(() => loads.batches.at(-1)?.to === 3);
    expect(loads.reads).toEqual([0, 1]);
    expect(rangesOf(loads.batches)).toEqual([
      [0, 1, 1_000],
      [1, 2, 1_000],
      [2, 3, 10],
    ]);
    await loads.loader.stop();
  });

  it("hands on how an event came, unless addresses are to go: one may be where values do not show it", async () => {
    const hidden = '{"userId":"ada","context":{"ip":"192.0.2.7"},"context":{}}';
    const request = { ...requestAt(0, 0), body: encoder.encode(`{"batch":[${hidden}]}`) };
    for (const [policy, text] of [
      ["keep", hidden],
      ["drop", undefined],
    ] as const) {
      const { loader, batches } = loading([request], () => Promise.resolve(), { ipPolicy: policy });
      loader.advance(1);
      await until(() => batches.at(-1)?.to === 1);
      expect(batches[0]?.events.map(({ texts }) => texts?.wire)).toEqual([text]);
      await loader.stop();
    }
  });

  it("asks for its turn after each part, and says what it hears; what is left when it is stopped stays", async () => {
    const grown = { hasGrown: true, isAwaited: false };
    const said: unknown[] = [];
    let give = (): void => {};
    const mine = (): Promise<void> => {
      said.push("mine?");
      return new Promise((resolve) => (give = resolve));
    };
    const turns: Turns = { heard: (news) => said.push(news), mine, stop: () => give() };
    const loads = loading(
      [0, 1, 2].map((at) => requestAt(at, 300)),
      () => Promise.resolve(),
      { turns },
    );
    loads.loader.advance(3);
    await until(() => said.length === 2);
    expect([said, rangesOf(loads.batches)]).toEqual([[grown, "mine?"], [[0, 1, 300]]]);
    loads.loader.advance(3, true);
    give();
    await until(() => said.length === 4);
    expect([said, rangesOf(loads.batches)]).toEqual([
      [grown, "mine?", { hasGrown: false, isAwaited: true }, "mine?"],
      [
        [0, 1, 300],
        [1, 2, 300],
      ],
    ]);
    // The rest that it is stopped in is its last.
    await loads.loader.stop();
    expect(rangesOf(loads.batches)).toHaveLength(2);
  });

  it("stops after the part in progress", async () => {
    const loads = loading([requestAt(0, 1_000), requestAt(1, 1_000)], () => {
      void loads.loader.stop();
      return Promise.resolve();
    });
    loads.loader.advance(2);
    await until(() => loads.batches.length > 0);
    await loads.loader.stop();
    expect(rangesOf(loads.batches)).toEqual([[0, 1, 1_000]]);
  });
});
