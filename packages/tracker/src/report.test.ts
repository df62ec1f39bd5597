import { describe, expect, it } from "vitest";
import { logLosses } from "./loss-log.js";
import { Reporter, type DroppedReport } from "./report.js";
import { createManualRuntime } from "./testing.js";

const dropped = (id: string): DroppedReport => ({
  kind: "dropped",
  destination: "d",
  ids: [id],
  events: 1,
  reason: "queue-full",
});

describe("a listener", () => {
  it("that throws harms neither the reporter nor the next listener", () => {
    const reporter = new Reporter();
    const heard: string[] = [];
    reporter.on("dropped", () => {
      throw new Error("mine");
    });
    reporter.on("dropped", ({ ids }) => heard.push(...ids));
    reporter.report(dropped("1"));
    expect(heard).toEqual(["1"]);
  });

  it("hears nothing once it has unsubscribed, and nothing of other kinds", () => {
    const reporter = new Reporter();
    const heard: string[] = [];
    const listener = ({ ids }: DroppedReport): void => void heard.push(...ids);
    const stop = reporter.on("dropped", listener);
    const stopTwin = reporter.on("dropped", listener);
    reporter.report({ kind: "resumed", destination: "d" });
    reporter.report(dropped("1"));
    stop();
    reporter.report(dropped("2"));
    stopTwin();
    reporter.report(dropped("3"));
    expect(heard).toEqual(["1", "1", "2"]);
    expect(reporter.hears("dropped")).toBe(false);
  });
});

describe("the logger", () => {
  const logging = () => {
    const lines: string[] = [];
    const runtime = createManualRuntime();
    const reporter = new Reporter();
    logLosses(
      reporter,
      { warn: (line) => lines.push(`warn ${line}`), error: (line) => lines.push(`error ${line}`) },
      runtime,
    );
    return { lines, runtime, reporter };
  };

  it("gets one line for what was lost in one turn for one reason", async () => {
    const { lines, runtime, reporter } = logging();
    for (let index = 0; index < 1000; index += 1) reporter.report(dropped(String(index)));
    reporter.report({
      kind: "rejected",
      destination: "d",
      ids: ["x"],
      events: 1,
      reason: "invalid",
      detail: "no\nuser\u2028id",
    });
    await runtime.settle();
    expect(lines).toEqual([
      "error oncewire: dropped 1000 event(s) for d: queue-full",
      "error oncewire: rejected 1 event(s) for d: invalid (no user id)",
    ]);
    reporter.report(dropped("later"));
    await runtime.settle();
    expect(lines).toHaveLength(3);
  });

  it("gets one line for a pause", () => {
    const { lines, reporter } = logging();
    reporter.report({ kind: "paused", destination: "d", reason: "status 401", delayMs: 10_000 });
    expect(lines).toEqual(["warn oncewire: d refuses us (status 401); events are kept, next try in 10000 ms"]);
  });

  it("may throw", async () => {
    const runtime = createManualRuntime();
    const reporter = new Reporter();
    const broken = () => {
      throw new Error("disk full");
    };
    logLosses(reporter, { warn: broken, error: broken }, runtime);
    reporter.report(dropped("1"));
    reporter.report({ kind: "paused", destination: "d", reason: "status 401", delayMs: 1 });
    await runtime.settle();
    reporter.report(dropped("2"));
    await runtime.settle();
  });
});
