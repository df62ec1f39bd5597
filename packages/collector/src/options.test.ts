import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isCollectorError } from "./errors.js";
import type { CollectorError } from "./errors.js";
import { defaults, isLoopback, resolveOptions } from "./options.js";
import type { CollectorOptions } from "./options.js";

const dataDirectory = "/tmp/somewhere";

function refusal(options: unknown): CollectorError {
  try {
    resolveOptions(options as CollectorOptions);
  } catch (error) {
    if (isCollectorError(error)) return error;
    throw error;
  }
  throw new Error("expected the options to be refused");
}

describe("resolveOptions", () => {
  it("fills in the defaults, freezes the result and leaves the caller's object alone", () => {
    const given = { dataDirectory, port: undefined };
    const resolved = resolveOptions(given);
    expect(resolved).toEqual({ ...defaults, dataDirectory });
    expect(Object.isFrozen(resolved)).toBe(true);
    expect(given).toEqual({ dataDirectory, port: undefined });
  });

  it.each([
    [{ dataDirectory, port: "80" }, "invalid-option", '`port` must be an integer from 0 to 65535, got "80".'],
    [{ dataDirectory, port: 65_536 }, "invalid-option", "got 65536"],
    [{ dataDirectory, sealEvents: 0 }, "invalid-option", "`sealEvents` must be an integer from 1"],
    [
      { dataDirectory, maxKeyRequestsPerSecond: 0 },
      "invalid-option",
      "must be a number from 0.01 to 1,000,000, or null",
    ],
    [{ dataDirectory, maxConnections: 0 }, "invalid-option", "`maxConnections` must be an integer from 1"],
    [{ dataDirectory, sync: "sometimes" }, "invalid-option", '`sync` must be "group" or "none"'],
    [{ dataDirectory: "" }, "invalid-option", "`dataDirectory` must be a path"],
    [{}, "invalid-option", "`dataDirectory` must be a path"],
    [{ dataDirectory, prot: 80 }, "unknown-option", "`prot` is not an option; expected one of: dataDirectory"],
    [{ dataDirectory, __proto__: null, constructor: 1 }, "unknown-option", "`constructor` is not an option"],
    [{ dataDirectory, logRetentionMs: 1n }, "invalid-option", "got 1n"],
    [{ dataDirectory, host: "0.0.0.0" }, "invalid-option", "no `keys` are set"],
  ])("refuses %o as %s", (options, code, message) => {
    const error = refusal(options);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it("never shows a key in its message", () => {
    expect(refusal({ dataDirectory, secretKey: "short-secret" }).message).not.toContain("short-secret");
    expect(refusal({ dataDirectory, keys: { "wk-secret": 5 } }).message).not.toContain("wk-secret");
  });

  it("listens on other addresses when there are keys", () => {
    expect(resolveOptions({ dataDirectory, host: "0.0.0.0", keys: { wk: "shop" } }).host).toBe("0.0.0.0");
  });
});

describe("isLoopback", () => {
  it.each([
    ["127.0.0.1", true],
    ["127.9.9.9", true],
    ["::1", true],
    ["localhost", true],
    ["127.0.0.1.example.com", false],
    ["0.0.0.0", false],
    ["10.0.0.1", false],
  ])("%s: %s", (host, expected) => expect(isLoopback(host)).toBe(expected));
});

describe("the documented defaults", () => {
  const source = readFileSync(new URL("./options.ts", import.meta.url), "utf8");
  const documented = [...source.matchAll(/@default (.+)\n\s*\*\/\s*readonly (\w+)\?/g)];

  it("are there for every optional option", () => {
    expect(new Set(documented.map(([, , name]) => name))).toEqual(new Set(Object.keys(defaults)));
  });

  it.each(documented.map(([, value, name]) => [name ?? "", value ?? ""]))("%s is %s", (name, value) => {
    const actual = defaults[name as keyof typeof defaults];
    if (name === "runtime") expect(value).toBe("systemRuntime");
    else expect(JSON.stringify(actual)).toBe(JSON.stringify(JSON.parse(value)));
  });
});
