import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectorDefaults } from "@oncewire/collector";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "./load-config.js";
import type { ConfigPlaces } from "./load-config.js";
import { settingNames } from "./settings.js";
import { shownConfig } from "./shown-config.js";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-config-"));
  file = join(directory, "oncewire.json");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function load(places: Partial<ConfigPlaces>): Readonly<Record<string, { value: unknown; source: string }>> {
  const entries = loadConfig({ flags: {}, environment: {}, ...places });
  return Object.fromEntries(entries.map(({ name, value, source }) => [name, { value, source }]));
}

describe("the configuration", () => {
  it("can say everything that a program can say, but for functions", () => {
    const named = new Set<string>(settingNames);
    const options = ["dataDirectory", ...Object.keys(collectorDefaults)];
    expect(options.filter((name) => !named.has(name))).toEqual(["onReport", "runtime"]);
  });

  it("takes a flag before the environment, the environment before the file, the file before the default", () => {
    writeFileSync(file, JSON.stringify({ port: 1, host: "127.0.0.3", sealEvents: 5 }));
    const config = load({
      flags: { config: file, port: "3" },
      environment: { ONCEWIRE_PORT: "2", ONCEWIRE_HOST: "127.0.0.2", PATH: "/bin" },
    });
    expect(config["port"]).toEqual({ value: 3, source: "flag" });
    expect(config["host"]).toEqual({ value: "127.0.0.2", source: "environment" });
    expect(config["sealEvents"]).toEqual({ value: 5, source: "file" });
    expect(config["sync"]).toEqual({ value: "group", source: "default" });
  });

  it("reads keys, lists and the absence of a limit from text", () => {
    const config = load({
      flags: { key: ["wk=1=shop"], maxKeyRequestsPerSecond: "none" },
      environment: { ONCEWIRE_DISABLED_KEYS: "a, b", ONCEWIRE_MAX_ADDRESS_REQUESTS_PER_SECOND: "2.5" },
    });
    expect(config["keys"]?.value).toEqual({ "wk=1": "shop" });
    expect(config["disabledKeys"]?.value).toEqual(["a", "b"]);
    expect(config["maxKeyRequestsPerSecond"]?.value).toBe(null);
    expect(config["maxAddressRequestsPerSecond"]?.value).toBe(2.5);
  });

  it("reads steps of enrichment in their order, and none of an empty text", () => {
    expect(load({ flags: { enrichment: ["device", "./own.mjs"] } })["enrichment"]?.value).toEqual([
      "device",
      "./own.mjs",
    ]);
    expect(load({ environment: { ONCEWIRE_ENRICHMENT: "" } })["enrichment"]?.value).toEqual([]);
    expect(load({ flags: { enrichment: [""] } })["enrichment"]?.value).toEqual([]);
    expect(() => load({ flags: { enrichment: ["devices"] } })).toThrow('a list of "bot", "device" and paths');
  });

  it("reads how Snowplow's wire is received as JSON, and refuses another form", () => {
    const snowplow = { redirects: { domains: ["shop.example"] } };
    expect(load({ flags: { snowplow: JSON.stringify(snowplow) } })["snowplow"]?.value).toEqual(snowplow);
    for (const wrong of ["{", '{"redirects":true}']) {
      expect(() => load({ environment: { ONCEWIRE_SNOWPLOW: wrong } })).toThrow(
        "`snowplow` must be an object with any of",
      );
    }
  });

  it("reads sinks as JSON, one per flag", () => {
    const sink = { kind: "ndjson", name: "file", path: "events.ndjson" };
    expect(load({ flags: { sink: [JSON.stringify(sink)] } })["sinks"]?.value).toEqual([sink]);
    expect(() => load({ flags: { sink: ["{"] } })).toThrow(/--sink <json>|--sink: `sinks` must be/);
  });

  it("finds the file by the environment, too", () => {
    writeFileSync(file, JSON.stringify({ keys: { wk_1: "shop" } }));
    expect(load({ environment: { ONCEWIRE_CONFIG: file } })["keys"]).toEqual({
      value: { wk_1: "shop" },
      source: "file",
    });
  });

  it.each([
    [{ prot: 1 }, {}, {}, "`prot` is not a setting"],
    [{ onReport: "x" }, {}, {}, "`onReport` is not a setting"],
    [{ port: "80" }, {}, {}, "`port` must be an integer from 0 to 65535"],
    [[], {}, {}, "must hold an object"],
    [{}, { ONCEWIRE_PROT: "1" }, {}, "ONCEWIRE_PROT is not a setting"],
    [{}, { ONCEWIRE_PORT: "1e3" }, {}, "ONCEWIRE_PORT: `port` must be an integer"],
    [{}, { ONCEWIRE_LOG_FORMAT: "xml" }, {}, 'must be "text" or "json", got "xml"'],
    [{}, {}, { port: "eighty" }, "--port <number>: `port` must be an integer"],
    [{}, {}, { key: ["wk_1"] }, "Expected KEY=PROJECT"],
  ])("refuses %j, %j, %j and says where", (written, environment, flags, message) => {
    writeFileSync(file, JSON.stringify(written));
    const places = { flags: { config: file, ...flags }, environment } as ConfigPlaces;
    expect(() => load(places)).toThrow(message.replace("--port <number>", "-p, --port"));
  });

  it("says that a file is no JSON or not there, without showing what is in it", () => {
    writeFileSync(file, '{"secretKey": "canary-canary-canary"');
    expect(() => load({ flags: { config: file } })).toThrow(/it is not JSON/);
    expect(() => load({ flags: { config: file } })).not.toThrow(/canary/);
    expect(() => load({ flags: { config: join(directory, "none.json") } })).toThrow(/ENOENT/);
  });

  it("says where a file ceases to be JSON, and reads one that begins with a byte order mark", () => {
    writeFileSync(file, '{"port": 1,}');
    expect(() => load({ flags: { config: file } })).toThrow("it is not JSON from character 12 on");
    writeFileSync(file, '\uFEFF{"port": 1}');
    expect(load({ flags: { config: file } })["port"]).toEqual({ value: 1, source: "file" });
  });

  it("is shown without its secrets", () => {
    const entries = loadConfig({
      flags: { key: ["canary-1=shop"], disabledKey: ["canary-2"], secretKey: "canary-3-canary-3" },
      environment: {
        ONCEWIRE_SINKS:
          '[{"kind":"forward","name":"rs","to":"rudderstack","url":"https://canary-5:canary-6@x.example/a","key":"canary-4"}]',
      },
    });
    const shown = JSON.stringify(shownConfig(entries));
    expect(shown).not.toContain("canary");
    expect(shown).toContain('"shop"');
    expect(shown).toContain("https://(set)@x.example/a");
  });
});
