import { openJournal } from "@oncewire/journal";
import { createFaultyFiles, createMemoryFiles } from "../../packages/journal/src/testing.js";
import { createRudderStackEncoder } from "@oncewire/protocol/rudderstack";
import { createTracker } from "oncewire";
import { describe, expect, it } from "vitest";
import { endings } from "../../packages/tracker/src/endings.js";
import { HttpTransport, type HttpTransportOptions } from "../../packages/tracker/src/transport/http-transport.js";
import type { Route } from "../../packages/tracker/src/transport/route.js";

const subject = {
  createTracker,
  createHttpTransport: (options: HttpTransportOptions, route: Pick<Route, "open" | "abort">) =>
    new HttpTransport(options, route),
  endings,
  openJournal,
  createMemoryFiles,
  createFaultyFiles,
  createRudderStackEncoder,
};
const kinds = ["log", "tracker", "spool"] as const;

interface RunOptions {
  readonly seed: number;
  readonly kind: (typeof kinds)[number];
  readonly steps?: number;
  readonly keepsTrace?: boolean;
}

interface Run {
  readonly hash: string;
  readonly violations: readonly string[];
  readonly trace: readonly string[];
}

const { simulate }: { simulate: (code: typeof subject, options: RunOptions) => Promise<Run> } = await import(
  new URL("simulate.mjs", import.meta.url).href
);

describe.each(kinds)("a simulated run of kind %s", (kind) => {
  it("keeps every promise, for 100 seeds", { timeout: 120_000 }, async () => {
    const failures: string[] = [];
    for (let seed = 1; seed <= 100; seed += 1) {
      const { violations } = await simulate(subject, { seed, kind, steps: 100 });
      if (violations.length > 0) failures.push(`seed ${seed}: ${violations[0]}`);
    }
    expect(failures).toEqual([]);
  });

  it("goes the same way every time", async () => {
    const [first, again, other] = [
      await simulate(subject, { seed: 7, kind, keepsTrace: true }),
      await simulate(subject, { seed: 7, kind, keepsTrace: true }),
      await simulate(subject, { seed: 8, kind }),
    ];
    expect(again.trace).toEqual(first.trace);
    expect(again.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  });

  it("goes the same way whether or not its trace is kept", async () => {
    const kept = await simulate(subject, { seed: 9, kind, keepsTrace: true });
    const unkept = await simulate(subject, { seed: 9, kind });
    expect(kept.trace.length).toBeGreaterThan(100);
    expect(unkept.hash).toBe(kept.hash);
  });
});
