/** The commands against a real collector, in this process; test/cli.test.ts runs the command itself. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCollector } from "@oncewire/collector";
import type { Collector } from "@oncewire/collector";
import { createTracker, rudderStack } from "oncewire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { main } from "../program.js";
import { createTestTerminal } from "../test-terminal.fixture.js";
import type { TestTerminal, TestTerminalOptions } from "../test-terminal.fixture.js";

let directory: string;
let collector: Collector;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-commands-"));
  collector = await startCollector({ dataDirectory: join(directory, "data"), port: 0 });
});
afterEach(async () => {
  await collector.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly output: string;
  readonly notes: string;
}

async function run(args: readonly string[], options: TestTerminalOptions = {}): Promise<Ran> {
  const terminal = terminalFor(options);
  const code = await main(args, terminal);
  await collector.settled();
  return { code, output: terminal.output(), notes: terminal.notes() };
}

function terminalFor(options: TestTerminalOptions): TestTerminal {
  return createTestTerminal({ ...options, environment: { ONCEWIRE_URL: collector.url, ...options.environment } });
}

async function storedIds(): Promise<string[]> {
  await collector.settled();
  return (await collector.store.events({ limit: 1_000 })).items.map(({ id }) => id).toReversed();
}

/** Input that does not end, as from a program that goes on. */
async function* endless(text: string): AsyncGenerator<string> {
  yield text;
  await new Promise(() => {});
}

async function collectorHas(id: string): Promise<void> {
  await expect.poll(() => storedIds()).toContain(id);
}

async function postBad(): Promise<void> {
  const headers = { authorization: `Basic ${btoa("key:")}` };
  const body = JSON.stringify({ batch: [{ type: "track", event: "Lost", properties: { n: 1 } }] });
  expect((await fetch(`${collector.url}/v1/batch`, { method: "POST", headers, body })).status).toBe(400);
  await collector.settled();
}

async function postTracks(...ids: readonly string[]): Promise<void> {
  const headers = { authorization: `Basic ${btoa("key:")}` };
  const batch = ids.map((messageId) => ({ type: "track", userId: "ada", event: "Seen", messageId }));
  const body = JSON.stringify({ batch });
  expect((await fetch(`${collector.url}/v1/batch`, { method: "POST", headers, body })).status).toBe(200);
  await collector.settled();
}

const line = (id: string, more: object = {}): string =>
  `${JSON.stringify({ kind: "track", name: "Seen", userId: "ada", id, ...more })}\n`;

describe("oncewire send", () => {
  it("sends one event and says what became of it", async () => {
    const { code, notes } = await run([
      "send",
      "track",
      "Order Completed",
      "--user",
      "ada",
      "--id",
      "e-1",
      "--properties",
      '{"total":12.5}',
    ]);
    expect([code, notes]).toEqual([0, "accepted 1 = delivered 1 + rejected 0 + dropped 0 + pending 0\n"]);
    const [event] = (await collector.store.events({ limit: 1 })).items;
    expect(event).toMatchObject({ id: "e-1", name: "Order Completed", userId: "ada", properties: { total: 12.5 } });
  });

  it("prints the id of one event, which can be looked for", async () => {
    const { output } = await run(["send", "track", "Seen", "--user", "ada"]);
    expect([output]).toEqual((await storedIds()).map((id) => `${id}\n`));
    expect((await run(["send", "--file", "-"], { input: line("a") })).output).toBe("");
  });

  it("sends NDJSON from standard input, however the pipe cuts it", async () => {
    const input = `${line("a", { name: "naïve 😀" })}\n${line("b").trimEnd()}`;
    expect((await run(["send", "--file", "-"], { input })).code).toBe(0);
    expect(await storedIds()).toEqual(["a", "b"]);
    expect((await collector.store.events({ id: "a", limit: 1 })).items[0]?.name).toBe("naïve 😀");
  });

  it.each(["a-track", "snowplow"])("speaks %s when told to", async (wire) => {
    expect((await run(["send", "track", "Paid", "--user", "ada", "--to", wire])).code).toBe(0);
    expect((await collector.store.events({ limit: 1 })).items[0]?.protocol).toBe(wire);
  });

  it("ends with 5 and the reason when an event is refused, and delivers its neighbours", async () => {
    const { code, notes } = await run(["send", "--file", "-"], {
      input: line("a") + line("b", { userId: null }) + line("c"),
    });
    expect(code).toBe(5);
    expect(notes).toMatch(/^rejected: invalid: .+ \(first: b\)\n/);
    expect(notes).toContain("accepted 3 = delivered 2 + rejected 1 + dropped 0 + pending 0");
    expect(await storedIds()).toEqual(["a", "c"]);
  });

  it("passes over lines that are no events, says which, and sends the others", async () => {
    const input = `\uFEFF${line("a").trimEnd()}\r\n\r\nnot json\r\n[1]\n{"kind":"nope"}\n   \n${line("b").trimEnd()}`;
    const { code, notes } = await run(["send", "--file", "-"], { input });
    expect(code).toBe(5);
    expect(notes).toContain("passed over: standard input, line 3: expected a JSON object");
    expect(notes).toContain("passed over: standard input, line 4: expected a JSON object, got [1]");
    expect(notes).toContain("passed over: standard input, line 5: `kind` must be one of");
    expect(notes).toContain("accepted 2 = delivered 2");
    expect(notes).toContain("3 lines are no events");
    expect(await storedIds()).toEqual(["a", "b"]);
  });

  it("tells the first few of many such lines and counts the others", async () => {
    const { notes } = await run(["send", "--file", "-"], { input: `${"x\n".repeat(100)}${line("a")}` });
    expect(notes.match(/passed over: standard input/g)).toHaveLength(5);
    expect(notes).toContain("100 lines are no events");
  });

  it("passes over a line that has no end", async () => {
    const long = "x".repeat(1024 * 1024);
    const input = async function* (): AsyncGenerator<string> {
      yield line("a");
      for (let megabytes = 0; megabytes < 65; megabytes += 1) yield long;
      yield `\n${line("b")}`;
      await Promise.resolve();
    };
    const { code, notes } = await run(["send", "--file", "-"], { input: input() });
    expect([code, notes]).toEqual([5, expect.stringContaining("line 2: expected one JSON object, got no end")]);
    expect(await storedIds()).toEqual(["a", "b"]);
  });

  it("brings what it read to its end when it is interrupted, and says the ledger", async () => {
    const terminal = terminalFor({ input: endless(line("a")) });
    const sending = main(["send", "--file", "-"], terminal);
    await collectorHas("a");
    terminal.interrupt();
    expect(await sending).toBe(130);
    expect(terminal.notes()).toBe(
      "accepted 1 = delivered 1 + rejected 0 + dropped 0 + pending 0\noncewire: SIGINT: what comes after is not sent.\n",
    );
  });

  it("says the ledger when nobody takes the events", async () => {
    const { code, notes } = await run([
      "send",
      "track",
      "x",
      "--user",
      "a",
      "--to-url",
      "http://127.0.0.1:9",
      "--give-up",
      "50",
    ]);
    expect([code, notes]).toEqual([3, expect.stringContaining("accepted 1 = delivered 0 + rejected 0 + dropped 1")]);
  });

  it("sends events as large as it is told to", async () => {
    const input = line("a", { properties: { text: "x".repeat(40_000) } });
    const { code, notes } = await run(["send", "--file", "-"], { input });
    expect([code, notes]).toEqual([5, expect.stringContaining("--max-event-bytes sends larger ones")]);
    expect((await run(["send", "--file", "-", "--max-event-bytes", "100000"], { input })).code).toBe(0);
  });

  it.each([
    [["send"], "", "expected a kind of event"],
    [["send", "tracked"], "", "`kind` must be one of identify, track"],
    [["send", "track", "--properties", "[1]"], "", "--properties: expected a JSON object"],
    [["send", "--file", "-"], '{"kind":"track","nmae":"x"}', "line 1: `nmae` is not a field of an event"],
    [["send", "--file", "-"], "{", "standard input, line 1: expected a JSON object"],
    [["send", "--file", "/nowhere.ndjson"], "", "/nowhere.ndjson cannot be read"],
    [["send", "track", "--to-url", "ftp://x", "--user", "a"], "", "--to-url must be an http or https address"],
    [["send", "track", "--to-url", "localhost:4600"], "", "got localhost:4600"],
  ])("refuses %j as a mistake of the command line", async (args, input, message) => {
    const { code, notes } = await run(args, { input });
    expect(notes).toContain(message);
    expect(code).toBe(2);
  });

  it("ends with 3 when nobody takes the events, and when the destination refuses the key", async () => {
    const nobody = await run([
      "send",
      "track",
      "x",
      "--user",
      "a",
      "--to-url",
      "http://127.0.0.1:9",
      "--give-up",
      "50",
    ]);
    expect([nobody.code, nobody.notes]).toEqual([3, expect.stringContaining("1 events were not delivered")]);
    const strict = createServer((_request, response) => void response.writeHead(401).end());
    await new Promise<void>((resolve) => strict.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(strict.address() as AddressInfo).port}`;
    const denied = await run(["send", "track", "x", "--user", "a", "--to-url", url]);
    strict.close();
    expect(denied.code).toBe(3);
  });
});

describe("oncewire tail", () => {
  it("prints NDJSON in a pipe and ends after the number asked for", async () => {
    const terminal = terminalFor({});
    const ended = main(["tail", "--name", "Seen", "--limit", "2"], terminal);
    await run(["send", "--file", "-"], { input: line("a") + line("b", { name: "Other" }) + line("c") });
    expect(await ended).toBe(0);
    const ids = terminal
      .output()
      .trim()
      .split("\n")
      .map((text) => (JSON.parse(text) as { id: string }).id);
    expect(ids).toEqual(["a", "c"]);
  });

  it("shows people one safe line per event, good or bad", async () => {
    await run(["send", "track", "clear\u001b[2J", "--user", "ada", "--id", "a"]);
    await postBad();
    const terminal = terminalFor({ isInteractive: true });
    expect(await main(["tail", "--limit", "2"], terminal)).toBe(0);
    expect(terminal.output()).toContain("\u001b[32mtrack clear\\u001b[2J\u001b[0m");
    expect(terminal.output()).toContain("bad no-identity");
    expect(terminal.output().trim().split("\n")).toHaveLength(2);
  });

  it("ends on a signal", async () => {
    const terminal = terminalFor({});
    const ended = main(["tail"], terminal);
    terminal.interrupt();
    expect(await ended).toBe(0);
  });

  it("shows nothing twice that a collector shows again after it was started anew", async () => {
    const feed = (epoch: string, ...ids: readonly string[]): string =>
      ids
        .map((id, at) => `id: ${epoch}-${at}\nevent: event\ndata: ${JSON.stringify({ project: "p", id })}\n\n`)
        .join("");
    const answers = [feed("one", "a", "b"), feed("two", "b", "c")];
    const restarting = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).end(answers.shift() ?? "");
    });
    await new Promise<void>((resolve) => restarting.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(restarting.address() as AddressInfo).port}`;
    const { output } = await run(["tail", "--url", url, "--limit", "3"]);
    restarting.close();
    expect(output.match(/"id":"."/g)).toEqual(['"id":"a"', '"id":"b"', '"id":"c"']);
  });

  it("refuses a kind that there is not", async () => {
    expect((await run(["tail", "--kind", "bogus"])).code).toBe(2);
  });

  it("says that there is no collector", async () => {
    const { code, notes } = await run(["tail"], { environment: { ONCEWIRE_URL: "http://127.0.0.1:9" } });
    expect([code, notes]).toEqual([3, expect.stringContaining("no collector answers at http://127.0.0.1:9")]);
  });
});

describe("oncewire query", () => {
  beforeEach(async () => {
    await run(["send", "--file", "-"], { input: line("a", { properties: { note: 'say "hi", now' } }) + line("b") });
  });

  it.each([
    ["json", '{"id":"a","note":"say \\"hi\\", now"}\n{"id":"b","note":null}\n'],
    ["csv", 'id,note\na,"say ""hi"", now"\nb,\n'],
    ["table", 'id  note\n──  ─────────────\na   say "hi", now\nb   ∅\n'],
  ])("answers as %s", async (format, expected) => {
    const sql = "SELECT id, properties->>'note' AS note FROM events ORDER BY id";
    expect(await run(["query", sql, "--format", format])).toEqual({ code: 0, output: expected, notes: "" });
  });

  it("reads the statement from standard input, and says when there is more", async () => {
    const { output, notes } = await run(["query", "-", "--limit", "1"], { input: "SELECT 1 AS one FROM events" });
    expect([output, notes]).toEqual(['{"one":1}\n', "there are more rows than 1; --limit shows more\n"]);
  });

  it("says what is wrong with it", async () => {
    const { code, notes } = await run(["query", "SELECT nothing FROM events"]);
    expect([code, notes]).toEqual([2, expect.stringContaining("nothing")]);
  });
});

describe("oncewire export and replay", () => {
  it("write events and bring them into another collector as they were", async () => {
    await run(["send", "--file", "-"], {
      input: line("a", { properties: { n: 1 }, occurredAt: "2026-11-20T10:00:00.000Z" }) + line("b"),
    });
    const file = join(directory, "events.ndjson");
    expect(await run(["export", "--output", file])).toEqual({ code: 0, output: "", notes: "exported 2\n" });
    const other = await startCollector({ dataDirectory: join(directory, "other"), port: 0 });
    const { code } = await run(["replay", file, "--to-url", other.url, "--key", "k"]);
    await other.settled();
    const { items } = await other.store.events({ limit: 10 });
    await other.close();
    expect(code).toBe(0);
    expect(items.find(({ id }) => id === "a")).toMatchObject({
      properties: { n: 1 },
      occurredAt: "2026-11-20T10:00:00.000Z",
    });
    expect(items).toHaveLength(2);
  });

  it("export CSV, narrowed, and never over a file that is there", async () => {
    await run(["send", "--file", "-"], { input: line("a") + line("b", { name: "Other" }) });
    const { output } = await run(["export", "--format", "csv", "--name", "Other"]);
    expect(output.split("\n")).toEqual([
      expect.stringMatching(/^position,id,/),
      expect.stringMatching(/^0,b,|^1,b,/),
      "",
    ]);
    const file = join(directory, "there.csv");
    writeFileSync(file, "precious");
    expect((await run(["export", "--output", file])).code).toBe(1);
    expect(readFileSync(file, "utf8")).toBe("precious");
  });

  it("export Parquet, leaving nothing else behind", async () => {
    const input = line("a", { properties: { n: 1 }, occurredAt: "2026-11-20T10:00:00.000Z" }) + line("it's");
    await run(["send", "--file", "-"], { input });
    const output = join(directory, "it's.parquet");
    expect(await run(["export", "--format", "parquet", "--output", output])).toEqual({
      code: 0,
      output: "",
      notes: "exported 2\n",
    });
    expect(readFileSync(output).subarray(0, 4).toString()).toBe("PAR1");
    expect(readdirSync(directory).toSorted()).toEqual(["data", "it's.parquet"]);
    const again = await run(["export", "--format", "parquet", "--output", output]);
    expect([again.code, again.notes]).toEqual([1, expect.stringContaining("it is there already")]);
  });

  it("export bad events by the time they came", async () => {
    await postBad();
    expect((await run(["export", "--bad", "--from", "1h"])).notes).toBe("exported 1\n");
    expect((await run(["export", "--bad", "--to", "1h"])).notes).toBe("exported 0\n");
    expect((await run(["export", "--bad", "--from", "2h", "--to", "2100-01-01"])).notes).toBe("exported 1\n");
  });

  it("export leaves nothing behind that is not whole", async () => {
    await run(["send", "--file", "-"], { input: line("a") });
    for (const format of ["ndjson", "parquet"]) {
      const terminal = terminalFor({});
      terminal.interrupt();
      const file = join(directory, "events.out");
      expect(await main(["export", "--format", format, "--output", file], terminal)).toBe(130);
      expect(terminal.notes()).toContain("is not whole, and was removed");
      expect(readdirSync(directory)).toEqual(["data"]);
    }
  });

  it("replay notes how far it came when it is interrupted", async () => {
    const state = join(directory, "state.json");
    const terminal = terminalFor({ input: endless(line("a") + line("b")) });
    const replaying = main(["replay", "-", "--state", state], terminal);
    await collectorHas("b");
    terminal.interrupt();
    expect(await replaying).toBe(130);
    expect(JSON.parse(readFileSync(state, "utf8"))).toMatchObject({ mark: 2 });
    const again = await run(["replay", "-", "--state", state], { input: `x\n${line("b")}${line("c")}` });
    expect([again.code, again.notes]).toEqual([0, expect.stringContaining("accepted 1 = delivered 1")]);
  });

  it("replay sends nothing when no state can be kept", async () => {
    const args = ["replay", "-", "--state", join(directory, "none", "state.json")];
    const { code, notes } = await run(args, { input: line("a") });
    expect([code, notes]).toEqual([2, expect.stringMatching(/^oncewire: --state .+ cannot be written: Error: ENOENT/)]);
    expect(await storedIds()).toEqual([]);
  });

  it("replay --bad passes over lines that are no bad events", async () => {
    await postBad();
    const { output } = await run(["export", "--bad"]);
    const mended = output.replace('"event":"Lost"', '"event":"Lost","userId":"ada"');
    const { code, notes } = await run(["replay", "--bad", "-"], { input: `{}\n${mended}` });
    expect([code, notes]).toEqual([
      5,
      expect.stringContaining("sent 1 = taken 1 + refused 0\noncewire: 1 lines are no"),
    ]);
  });

  it("replay goes on where it was when it is begun again", async () => {
    const [file, state] = [join(directory, "events.ndjson"), join(directory, "state.json")];
    writeFileSync(file, line("a") + line("b"));
    expect((await run(["replay", file, "--state", state])).notes).toContain("accepted 2");
    writeFileSync(file, line("a") + line("b") + line("c"));
    expect((await run(["replay", file, "--state", state])).notes).toContain("accepted 1 = delivered 1");
    expect(await storedIds()).toEqual(["a", "b", "c"]);
    const other = await run(["replay", join(directory, "other.ndjson"), "--state", state]);
    expect([other.code, other.notes]).toEqual([2, expect.stringContaining("is not of a replay of")]);
  });

  it("replay the log with the ids it gave", async () => {
    const headers = { authorization: `Basic ${btoa("key:")}` };
    const body = JSON.stringify({ userId: "ada", event: "Without id" });
    await fetch(`${collector.url}/v1/track`, { method: "POST", headers, body });
    await collector.settled();
    const before = await storedIds();
    expect((await run(["replay", "--log"])).notes).toContain("accepted 1 = delivered 1");
    expect(await storedIds()).toEqual(before);
    expect(collector.stats()).toMatchObject({ accepted: 2, stored: 1, duplicates: 1 });
  });

  it("replay the log from the request at the mark on, which may not have been replayed whole", async () => {
    const state = join(directory, "state.json");
    await postTracks("a", "b");
    await postTracks("c");
    const source = `the log of ${collector.url}`;
    writeFileSync(state, JSON.stringify({ source, mark: 0 }));
    expect((await run(["replay", "--log", "--state", state])).notes).toContain("accepted 3 = delivered 3");
    expect(JSON.parse(readFileSync(state, "utf8"))).toEqual({ source, mark: 1 });
    expect(collector.stats()).toMatchObject({ accepted: 6, stored: 3, duplicates: 3 });
  });

  it("replay the log, and keep no mark of what a destination did not take", async () => {
    const state = join(directory, "state.json");
    await postTracks("a");
    const nowhere = ["--to-url", "http://127.0.0.1:1", "--give-up", "200"];
    const failed = await run(["replay", "--log", "--state", state, ...nowhere]);
    expect([failed.code, existsSync(state)]).toEqual([3, false]);
    expect((await run(["replay", "--log", "--state", state])).notes).toContain("accepted 1 = delivered 1");
    expect(existsSync(state)).toBe(true);
  });

  it("replay --bad with a state sends what is still bad once more, and nothing else that it has sent", async () => {
    const again = ["replay", "--bad", "--state", join(directory, "bad.json")];
    await postBad();
    await postBad();
    expect((await run(again)).notes).toContain("sent 2 = taken 0 + refused 2");
    expect((await run(again)).notes).toContain("sent 2 = taken 0 + refused 2");
    await postBad();
    expect((await run(again)).notes).toContain("sent 3 = taken 0 + refused 3");
    expect((await run(["replay", "--bad"])).notes).toContain("sent 10 = taken 0 + refused 10");
    const other = await run([...again, "--project", "default"]);
    expect([other.code, other.notes]).toEqual([2, expect.stringContaining("is not of a replay of the bad events of")]);
  });

  it("replay --bad notes no place beyond what was turned away, which is not kept", async () => {
    await collector.close();
    const keys = { key: "default" };
    collector = await startCollector({ dataDirectory: join(directory, "data"), port: 0, keys });
    await postBad();
    const again = ["replay", "--bad", "--state", join(directory, "bad.json")];
    const { code, notes } = await run([...again, "--key", "wrong"]);
    expect([code, notes]).toEqual([5, expect.stringContaining("sent 1 = taken 0 + refused 0 + turned away 1\n")]);
    expect(notes).toContain("1 of 1 were turned away and are not kept there.");
    expect((await run([...again, "--key", "key"])).notes).toContain("sent 1 = taken 0 + refused 1\n");
  });

  it("replay --bad of a file goes on where it was", async () => {
    const bad = (messageId: string): string =>
      `${JSON.stringify({ protocol: "rudderstack", wire: { type: "track", event: "E", userId: "u", messageId } })}\n`;
    const [file, state] = [join(directory, "bad.ndjson"), join(directory, "bad.json")];
    writeFileSync(file, bad("a"));
    expect((await run(["replay", "--bad", file, "--state", state])).notes).toBe("sent 1 = taken 1 + refused 0\n");
    writeFileSync(file, bad("a") + bad("b"));
    expect((await run(["replay", "--bad", file, "--state", state])).notes).toBe("sent 1 = taken 1 + refused 0\n");
    expect(await storedIds()).toEqual(["a", "b"]);
  });

  it("replay --bad brings mended ones in through the same door, and keeps the others as bad", async () => {
    await postBad();
    expect((await run(["replay", "--bad"])).notes).toContain("sent 1 = taken 0 + refused 1");
    const bad = JSON.parse((await run(["export", "--bad"])).output.split("\n")[0] ?? "") as { wire: object };
    const file = join(directory, "bad.ndjson");
    writeFileSync(file, JSON.stringify({ ...bad, wire: { ...bad.wire, userId: "ada", messageId: "mended" } }));
    expect(await run(["replay", "--bad", file])).toEqual({
      code: 0,
      output: "",
      notes: "sent 1 = taken 1 + refused 0\n",
    });
    expect(await storedIds()).toEqual(["mended"]);
  });

  it.each([
    [["replay"], "expected one thing to replay"],
    [["replay", "x", "--log"], "expected one thing to replay"],
    [["export", "--bad", "--kind", "track"], "--bad goes with --project, --from and --to"],
    [["export", "--format", "parquet"], "--format parquet needs --output"],
    [["export", "--from", "yesterday"], "Expected a time such as"],
    [["replay", "x", "--rate", "fast"], "Expected a whole number"],
    [["export", "--url", "ftp://x"], "must be an http or https address"],
    [["explain", ""], "expected the id of an event"],
  ])("refuse %j", async (args, message) => {
    const { code, notes } = await run(args);
    expect([code, notes]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe("oncewire explain", () => {
  it("tells of an event that came twice where it is stored and which one is the duplicate", async () => {
    await run(["send", "track", "Seen", "--user", "ada", "--id", "twice"]);
    await run(["send", "track", "Seen", "--user", "ada", "--id", "twice"]);
    const { code, output } = await run(["explain", "twice"]);
    expect(code).toBe(0);
    expect(output).toMatch(/^stored in project default as track Seen, .+ from log position 0\nit came\n/);
    expect(output).toMatch(/position 0 at .+ by rudderstack batch: stored\n/);
    expect(output).toMatch(/position 1 at .+: duplicate \(of the event stored at position 0\)\n/);
  });

  it("finds an event each time it came on Snowplow's wire, which has another id for it", async () => {
    const send = ["send", "track", "Seen", "--user", "ada", "--id", "order-17", "--to", "snowplow"];
    await run(send);
    await run(send);
    expect((await run(["explain", "order-17"])).output.match(/: (stored|duplicate)/g)).toEqual([
      ": stored",
      ": duplicate",
    ]);
  });

  it("tells an event's id from a text that a request holds beside", async () => {
    await postTracks("m-1");
    await postTracks("m-10", "m-11");
    await postTracks("m-2", "m-1");
    const { code, output } = await run(["explain", "m-1"]);
    expect(code).toBe(0);
    expect(output.match(/: (stored|duplicate)/g)).toEqual([": stored", ": duplicate"]);
    expect(output).toContain("1 other requests hold this text, but not as an event's id: at 1\n");
    const part = await run(["explain", "m-"]);
    expect([part.code, part.output]).toEqual([4, expect.stringContaining("3 other requests hold this text")]);
  });

  it("tells when an event came whose id the collector gave", async () => {
    const headers = { authorization: `Basic ${btoa("key:")}` };
    const body = JSON.stringify({ userId: "ada", event: "Without id" });
    await fetch(`${collector.url}/v1/track`, { method: "POST", headers, body });
    const [id = ""] = await storedIds();
    expect((await run(["explain", id])).output).toMatch(/it came\n {2}position 0 at .+ by rudderstack track: stored\n/);
  });

  it("tells of an event that the store no longer keeps", async () => {
    await collector.close();
    const dataDirectory = join(directory, "brief");
    collector = await startCollector({ dataDirectory, port: 0, sealEvents: 1_000, storeRetentionBytes: 1 });
    await postTracks("old");
    const fill = Array.from({ length: 2_000 }, (_, at) => line(`fill-${at}`)).join("");
    await run(["send", "--file", "-"], { input: fill });
    await expect.poll(async () => (await collector.store.events({ id: "old", limit: 1 })).items).toEqual([]);
    const { code, output } = await run(["explain", "old"]);
    expect([code, output]).toEqual([
      0,
      expect.stringContaining("gone (it was stored, and the store no longer keeps it)"),
    ]);
  });

  it("tells why a bad event is bad", async () => {
    await postBad();
    const [bad] = (await collector.store.bad({ limit: 1 })).items;
    expect((await run(["explain", bad?.id ?? ""])).output).toContain("bad (no-identity: Expected a userId");
  });

  it("ends with 4 when the id is nowhere, whatever it holds", async () => {
    const { code, notes } = await run(["explain", "it's\u001b[2J"]);
    expect([code, notes]).toEqual([
      4,
      expect.stringContaining("it's\\u001b[2J is neither in the store nor in the accept log"),
    ]);
  });
});

describe("oncewire spool", () => {
  it("shows what a process that is no more has left, and delivers it", async () => {
    const spool = join(directory, "spool");
    const left = createTracker({
      destinations: [rudderStack({ writeKey: "k", dataPlaneUrl: "http://127.0.0.1:9" })],
      spool,
      exitTimeoutMs: 0,
    });
    for (const id of ["a", "b", "c"]) left.track({ event: "Seen", userId: id, id });
    await left.flush();
    const during = JSON.parse((await run(["spool", "inspect", spool])).output) as object;
    expect(during).toMatchObject({ destination: "rudderstack", isInUse: true, waiting: null });
    await left.close({ timeoutMs: 1 });
    const after = JSON.parse((await run(["spool", "inspect", spool])).output) as object;
    expect(after).toMatchObject({ isInUse: false, waiting: 3 });
    const nobody = await run(["spool", "drain", spool, "--to-url", "http://127.0.0.1:9", "--give-up", "100"]);
    expect([nobody.code, nobody.notes]).toEqual([3, expect.stringContaining("what is left stays in")]);
    const { code, notes } = await run(["spool", "drain", spool]);
    expect([code, notes]).toEqual([0, expect.stringContaining("accepted 3 = delivered 3")]);
    expect((await storedIds()).toSorted()).toEqual(["a", "b", "c"]);
    expect((await run(["spool", "drain", spool])).notes).toBe("nothing is waiting\n");
  });

  it("says what there is when the destination has another name", async () => {
    const { code, notes } = await run(["spool", "drain", directory]);
    expect([code, notes]).toEqual([4, expect.stringContaining("Say which with --name")]);
    expect((await run(["spool", "inspect", join(directory, "none")])).code).toBe(4);
  });
});

describe("oncewire store rebuild", () => {
  it("refuses a folder that no collector has written to, and leaves it as it is", async () => {
    const nowhere = join(directory, "nowhere");
    const { code, notes } = await run(["store", "rebuild", "--data", nowhere]);
    expect([code, notes]).toEqual([4, expect.stringContaining("there is no ")]);
    expect(existsSync(nowhere)).toBe(false);
  });

  it("makes the store anew, and refuses while a collector has the data", async () => {
    await run(["send", "track", "Seen", "--user", "ada", "--id", "a"]);
    const data = join(directory, "data");
    const inUse = await run(["store", "rebuild", "--data", data]);
    expect([inUse.code, inUse.notes]).toEqual([1, expect.stringContaining("is in use by another collector")]);
    await collector.close();
    rmSync(join(data, "store"), { recursive: true });
    const terminal = createTestTerminal();
    expect(await main(["store", "rebuild", "--data", data], terminal)).toBe(0);
    expect(terminal.output()).toBe("events 1, bad 0, duplicates 0\n");
    collector = await startCollector({ dataDirectory: data, port: 0 });
    expect(await storedIds()).toEqual(["a"]);
  });
});

describe("oncewire", () => {
  it("says its version", async () => {
    const { code, output } = await run(["--version"]);
    expect([code, output]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });
});

describe("a collector with a secret key", () => {
  it("is read with the key from the environment, and not without", async () => {
    const secretKey = "a-secret-of-the-operator";
    const guarded = await startCollector({ dataDirectory: join(directory, "guarded"), port: 0, secretKey });
    const environment = { ONCEWIRE_URL: guarded.url };
    const refused = await run(["query", "SELECT 1 AS one"], { environment });
    expect([refused.code, refused.notes]).toEqual([
      1,
      expect.stringContaining("Give its secret key as ONCEWIRE_SECRET_KEY"),
    ]);
    const allowed = await run(["query", "SELECT 1 AS one"], {
      environment: { ...environment, ONCEWIRE_SECRET_KEY: secretKey },
    });
    await guarded.close();
    expect(allowed.output).toBe('{"one":1}\n');
  });
});
