import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { TrackerError } from "./errors.js";
import { defaults, resolveOptions, spoolDefaults } from "./options.js";

describe("options", () => {
  it("have the defaults that their documentation says", () => {
    const source = readFileSync(new URL("options.ts", import.meta.url), "utf8");
    const documented = [...source.matchAll(/@default (.+)\n\s+\*\/\n\s+readonly (\w+)\?/g)].map(
      ([, value = "", name = ""]) => [name, JSON.parse(value) as unknown],
    );
    expect(Object.fromEntries(documented)).toEqual({ ...defaults, ...spoolDefaults });
  });

  it("are frozen, and the caller's object stays as it was", () => {
    const given = { flushIntervalMs: 5, maxInFlight: undefined };
    const options = resolveOptions(given);
    expect(Object.isFrozen(options)).toBe(true);
    expect(Object.isFrozen(defaults)).toBe(true);
    expect(given).toEqual({ flushIntervalMs: 5, maxInFlight: undefined });
    expect(options).toEqual({ ...defaults, flushIntervalMs: 5 });
  });

  it.each([
    [{ flushInterval: 5 }, "flushInterval", /is not an option; there are overflow, /],
    [{ flushIntervalMs: "1s" }, "flushIntervalMs", /must be a whole number ≥ 0, got "1s"/],
    [{ flushIntervalMs: Number.NaN }, "flushIntervalMs", /got NaN/],
    [{ maxQueueBytes: 10 }, "maxQueueBytes", /≥ 65536, got 10/],
    [{ maxInFlight: 1.5 }, "maxInFlight", /whole number/],
    [{ overflow: "block" }, "overflow", /one of "drop-newest", "drop-oldest", "wait", got "block"/],
    [{ handleSignals: "yes" }, "handleSignals", /one of true, false/],
    [{ retryBaseMs: 1000, retryCapMs: 10 }, "retryCapMs", /must not be less than `retryBaseMs`/],
    [{ pauseBaseMs: 1000, pauseCapMs: 10 }, "pauseCapMs", /must not be less than `pauseBaseMs`/],
    [{ logger: {} }, "logger", /`warn` and `error`/],
    [{ logger: "console" }, "logger", /`warn` and `error`/],
  ])("%j is refused with the option's name", (given, field, message) => {
    let thrown: unknown;
    try {
      resolveOptions(given as object);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TrackerError);
    expect(thrown).toMatchObject({ code: "E_OPTION", field, message: expect.stringMatching(message) });
  });
});
