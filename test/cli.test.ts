/** The command as an operator runs it: a process, real signals, real exit codes. */
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const command = fileURLToPath(new URL("../packages/cli/bin/oncewire.js", import.meta.url));
/** What whoever runs the tests has set for oncewire is not for the commands in them. */
const plainEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith("ONCEWIRE_")),
);
const children = new Set<ChildProcessWithoutNullStreams>();
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-cli-"));
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
  rmSync(directory, { recursive: true, force: true });
});

/** On Linux. */
const childrenOf = (pid: number | undefined): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);

interface Run {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<{ code: number | null; signal: string | null; output: string; errors: string }>;
  /** Resolves with the first match in what was printed, to either output. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, [command, ...args], { cwd: directory, env: plainEnvironment });
  children.add(child);
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  return {
    child,
    ended: new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal, output, errors }))),
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(output) ?? pattern.exec(errors);
          if (match !== null) resolve(match);
        };
        for (const stream of [child.stdout, child.stderr]) stream.on("data", look);
        child.once("close", () => reject(new Error(`expected ${pattern}, got:\n${output}${errors}`)));
        look();
      }),
  };
}

async function post(url: string, body: unknown): Promise<number> {
  const headers = { authorization: `Basic ${btoa("any-key:")}` };
  return (await fetch(`${url}/v1/track`, { method: "POST", headers, body: JSON.stringify(body) })).status;
}

async function events(url: string): Promise<{ items: { id: string }[] }> {
  return (await (await fetch(`${url}/api/events?limit=10`)).json()) as { items: { id: string }[] };
}

describe("oncewire serve", () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "prints its address, keeps events, ends cleanly on %s and has them after a restart",
    async (signal) => {
      const first = run("serve", "--port", "0", "--data", "data");
      const [, url = ""] = await first.said(/collector at (http:\/\/127\.0\.0\.1:\d+)/);
      await first.said(/No keys are configured: every key is accepted, from this machine only/);
      expect(await post(url, { userId: "ada", event: "Seen", messageId: "m-1" })).toBe(200);
      first.child.kill(signal);
      // As npm does: what the terminal has sent it sends again.
      first.child.kill(signal);
      const end = await first.ended;
      expect({ code: end.code, signal: end.signal }).toEqual({ code: 0, signal: null });
      expect(end.output).toContain("accepted 1 = stored 1 + duplicates 0 + pending 0; bad 0");

      const second = run("serve", "--port", "0", "--data", "data");
      const [, again = ""] = await second.said(/collector at (http:\/\/127\.0\.0\.1:\d+)/);
      expect((await events(again)).items.map(({ id }) => id)).toEqual(["m-1"]);
      expect(await post(again, { userId: "ada", event: "Seen", messageId: "m-1" })).toBe(200);
      second.child.kill(signal);
      expect((await second.ended).output).toContain("accepted 1 = stored 0 + duplicates 1 + pending 0");
    },
  );

  it("ends cleanly when npm, which started it, is ended by SIGTERM", async () => {
    const shell = spawn("sh", ["-c", `"$0" "$1" serve --port 0 --data data; true`, process.execPath, command], {
      cwd: directory,
      env: { ...process.env, npm_command: "exec" },
    });
    children.add(shell);
    const output = await new Promise<string>((resolve) => {
      let text = "";
      shell.stdout.on("data", (chunk) => {
        text += String(chunk);
        if (text.includes("collector at")) shell.kill("SIGTERM");
      });
      // The shell is gone at once; the pipe ends with the collector.
      shell.stdout.once("end", () => resolve(text));
    });
    expect(output).toContain("accepted 0 = stored 0 + duplicates 0 + pending 0");
  });

  it("accepts only its keys when it has some", async () => {
    const served = run("serve", "--port", "0", "--data", "data", "--key", "wk_1=shop");
    const [, url = ""] = await served.said(/collector at (http:\/\/127\.0\.0\.1:\d+)/);
    expect(await post(url, { userId: "ada", event: "Seen" })).toBe(401);
    served.child.kill("SIGTERM");
    expect((await served.ended).output).not.toContain("No keys are configured");
  });

  it.each([
    [["serve", "--port", "eighty"], 2, "`port` must be an integer from 0 to 65535"],
    [["serve", "--prot", "80"], 2, "unknown option '--prot'"],
    [["serve", "--key", "wk_1"], 2, "Expected KEY=PROJECT"],
    [["serve", "--host", "0.0.0.0", "--port", "0"], 2, "no `keys` are set"],
    [["sevre"], 2, "unknown command 'sevre'"],
  ])("says what is wrong with %j", async (args, code, message) => {
    const end = await run(...args).ended;
    expect(end.errors).toContain(message);
    expect(end.code).toBe(code);
  });

  it("says that the port is in use", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const end = await run("serve", "--port", String(port), "--data", "data").ended;
    server.close();
    expect(end.errors).toContain(`port ${port} on 127.0.0.1 is in use: expected a free port`);
    expect(end.code).toBe(1);
  });

  it("says that the data folder cannot be used, and by whom it is used", async () => {
    writeFileSync(join(directory, "file"), "");
    const unusable = await run("serve", "--port", "0", "--data", "file/data").ended;
    expect(unusable.errors).toContain(
      '`dataDirectory` "file/data" cannot be used: expected a folder this user can make and write to',
    );
    expect(unusable.code).toBe(1);

    const owner = run("serve", "--port", "0", "--data", "data");
    await owner.said(/collector at/);
    const second = await run("serve", "--port", "0", "--data", "data").ended;
    expect(second.errors).toContain("is in use by another collector");
    expect(second.errors).toContain(String(owner.child.pid));
    expect(second.code).toBe(1);
  });

  it("shows its help", async () => {
    const end = await run("serve", "--help").ended;
    expect(end.output).toContain("oncewire serve --port 8080 --data /var/lib/oncewire --key wk_live_1=shop");
    expect(end.code).toBe(0);
  });
});

describe("a command in a pipe", () => {
  it("reads events from it, and ends without a word when nobody reads its output any more", async () => {
    const served = run("serve", "--port", "0", "--data", "data");
    const [, url = ""] = await served.said(/collector at (http:\/\/127\.0\.0\.1:\d+)/);
    const sending = run("send", "--file", "-", "--to-url", url);
    const lines = Array.from({ length: 1_000 }, (_, index) =>
      JSON.stringify({
        kind: "track",
        name: "Seen",
        userId: "ada",
        id: `e-${index}`,
        properties: { text: "x".repeat(500) },
      }),
    );
    sending.child.stdin.end(lines.join("\n"));
    const sent = await sending.ended;
    expect([sent.code, sent.errors]).toEqual([0, expect.stringContaining("accepted 1000 = delivered 1000")]);
    const exporting = run("export", "--url", url);
    exporting.child.stdout.once("data", () => exporting.child.stdout.destroy());
    const exported = await exporting.ended;
    expect([exported.code, exported.errors]).toEqual([0, ""]);
    served.child.kill("SIGTERM");
    expect((await served.ended).output).toContain("accepted 1000 = stored 1000");
  });

  it("logs one JSON object per line when told to", async () => {
    const served = run("serve", "--port", "0", "--data", "data", "--log-format", "json");
    await served.said(/collector at/);
    served.child.kill("SIGTERM");
    const { errors } = await served.ended;
    const logged = errors.trim().split("\n");
    expect(logged.map((text) => (JSON.parse(text) as { event: string }).event)).toEqual([
      "started",
      "closing",
      "closed",
    ]);
  });
});

describe("oncewire serve --supervise", () => {
  async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  /** On a connection of its own each, as new clients come. */
  function postAlone(port: number, messageId: string): Promise<number | string> {
    return new Promise((resolve) => {
      const headers = { authorization: `Basic ${btoa("any-key:")}` };
      const options = { port, host: "127.0.0.1", path: "/v1/track", method: "POST", agent: false, headers } as const;
      const sending = request(options, (answer) => {
        answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
      });
      sending.on("error", (error) => resolve(error.message));
      sending.end(JSON.stringify({ userId: "ada", event: "Seen", messageId }));
    });
  }

  it.each([
    ["alone", []],
    ["with workers", ["--workers", "2"]],
  ])("takes a new process on SIGHUP without turning anybody away, and ends on SIGTERM, %s", async (_, more) => {
    const port = await freePort();
    const served = run("serve", "--supervise", "--port", String(port), "--data", "data", ...more);
    await served.said(/collector at/);
    const answers: (number | string)[] = [];
    const over = new AbortController();
    const sending = (async (): Promise<void> => {
      while (!over.signal.aborted) answers.push(await postAlone(port, `m-${answers.length}`));
    })();
    served.child.kill("SIGHUP");
    await served.said(/collector at[^]*collector at/);
    over.abort();
    await sending;
    expect(new Set(answers)).toEqual(new Set([200]));
    served.child.kill("SIGTERM");
    const { code, output } = await served.ended;
    const accepted = [...output.matchAll(/accepted (\d+) = stored (\d+) \+ duplicates 0 \+ pending 0/g)];
    expect(accepted.reduce((sum, [, , stored]) => sum + Number(stored), 0)).toBe(answers.length);
    expect(code).toBe(0);
  });

  it("goes on with the old process where a new configuration is wrong, and takes the next that is right", async () => {
    const port = await freePort();
    const file = join(directory, "oncewire.json");
    const configure = (more: object): void =>
      writeFileSync(file, JSON.stringify({ port, dataDirectory: "data", ...more }));
    configure({});
    const served = run("serve", "--supervise", "--config", file);
    await served.said(/collector at/);
    configure({ workers: "many" });
    served.child.kill("SIGHUP");
    await served.said(/`workers` must be [^]*the new process could not be started \(code 2\); the other one serves/);
    expect(await postAlone(port, "m-1")).toBe(200);
    configure({ workers: 1 });
    served.child.kill("SIGHUP");
    await served.said(/collector at[^]*collector at/);
    expect(await postAlone(port, "m-2")).toBe(200);
    served.child.kill("SIGTERM");
    const { code, output } = await served.ended;
    expect(output.match(/accepted 1 = stored 1/g)).toHaveLength(2);
    expect(code).toBe(0);
  });

  it.runIf(process.platform === "linux")("hears SIGHUP alone, where the whole group of processes gets it", async () => {
    const port = await freePort();
    const served = run("serve", "--supervise", "--workers", "1", "--port", String(port), "--data", "data");
    await served.said(/collector at/);
    expect(await postAlone(port, "m-1")).toBe(200);
    const [collector = 0] = childrenOf(served.child.pid);
    const below = childrenOf(collector);
    for (const pid of [...below, collector]) process.kill(pid, "SIGHUP");
    expect(await postAlone(port, "m-2")).toBe(200);
    expect(childrenOf(served.child.pid)).toEqual([collector]);
    expect(childrenOf(collector)).toEqual(expect.arrayContaining(below));
    served.child.kill("SIGHUP");
    await served.said(/collector at[^]*collector at/);
    served.child.kill("SIGTERM");
    const { code, errors } = await served.ended;
    expect([code, errors]).toEqual([0, expect.not.stringMatching(/ended/)]);
  });

  it.runIf(process.platform === "linux")("starts the collector again when it ends by itself", async () => {
    const port = await freePort();
    const served = run("serve", "--supervise", "--port", String(port), "--data", "data", "--log-format", "json");
    await served.said(/collector at/);
    process.kill(childrenOf(served.child.pid)[0] ?? 0, "SIGKILL");
    await served.said(/collector at[^]*collector at/);
    expect(await postAlone(port, "after")).toBe(200);
    served.child.kill("SIGTERM");
    const { code, errors } = await served.ended;
    expect(code).toBe(0);
    const logged = errors
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text) as { event: string; message: string });
    expect(logged.map(({ event }) => event)).toEqual(["started", "ended-by-itself", "started", "closing", "closed"]);
    expect(logged[1]?.message).toContain("the collector ended by itself (SIGKILL)");
  });

  it.each([
    [["--port", "0"], "--supervise needs a port of its own"],
    [["--port", "eighty"], "`port` must be an integer"],
  ])("refuses %j", async (args, message) => {
    const { code, errors } = await run("serve", "--supervise", ...args).ended;
    expect([code, errors]).toEqual([2, expect.stringContaining(message)]);
  });

  it("ends when the collector cannot be started", async () => {
    writeFileSync(join(directory, "file"), "");
    const end = await run("serve", "--supervise", "--port", String(await freePort()), "--data", "file/data").ended;
    expect([end.code, end.errors]).toEqual([1, expect.stringContaining("the collector could not be started")]);
  });
});

describe.runIf(process.platform === "linux")("oncewire serve --workers", () => {
  const isRunning = (pid: number): boolean => {
    try {
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return false;
    }
  };

  it("leaves no worker behind when its own process is killed", async () => {
    const served = run("serve", "--workers", "2", "--port", "0", "--data", "data");
    const [, url = ""] = await served.said(/collector at (http:\/\/127\.0\.0\.1:\d+)/);
    expect(await post(url, { userId: "ada", event: "Seen", messageId: "m-1" })).toBe(200);
    const workers = childrenOf(served.child.pid).filter(isRunning);
    expect(workers.length).toBeGreaterThanOrEqual(2);
    served.child.kill("SIGKILL");
    await expect.poll(() => workers.some(isRunning), { timeout: 10_000 }).toBe(false);
    const again = run("serve", "--workers", "2", "--port", "0", "--data", "data");
    const [, other = ""] = await again.said(/collector at (http:\/\/127\.0\.0\.1:\d+)/);
    // It is loaded from the log in its own time.
    const ids = async (): Promise<readonly unknown[]> => (await events(other)).items.map(({ id }) => id);
    await expect.poll(ids, { timeout: 10_000 }).toEqual(["m-1"]);
    again.child.kill("SIGTERM");
    expect((await again.ended).code).toBe(0);
  });
});
