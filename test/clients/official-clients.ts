/**
 * Where the official SDKs are that `npm run test:clients` has installed, and a collector for them. Without that script
 * there are none, and the tests of this folder are skipped.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type * as CollectorModule from "@oncewire/collector";
import type { Collector, StoredEvent } from "@oncewire/collector";

const folder = process.env["ONCEWIRE_CLIENTS"];

if (folder === undefined) {
  process.stderr.write("Skipped: no official SDKs for test/clients; `npm run test:clients` installs them.\n");
}

/** Whether the SDKs from npm are there, and those from Python's package index. */
export const hasNpmClients: boolean = hasClients("npm");
export const hasPythonClients: boolean = hasClients("python");

function hasClients(kind: "npm" | "python"): boolean {
  return folder !== undefined && existsSync(join(folder, `${kind}.installed.json`));
}

/** The module as CommonJS has it. */
export function requireClient(name: string): unknown {
  return createRequire(join(folder ?? "", "package.json"))(name);
}

/** Runs a Python program of this folder; resolves with what it printed, as JSON. */
export async function runPython(program: string, args: readonly string[]): Promise<unknown> {
  const python = join(folder ?? "", "python", process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const path = fileURLToPath(new URL(program, import.meta.url));
  const { stdout } = await promisify(execFile)(python, [path, ...args], { timeout: 60_000 });
  return JSON.parse(stdout);
}

export interface ClientCollector extends AsyncDisposable {
  readonly url: string;
  /** All that was stored, by id, when everything accepted so far is in the store. */
  events(): Promise<ReadonlyMap<string, StoredEvent>>;
}

export interface ClientCollectorOptions {
  readonly keys: Readonly<Record<string, string>>;
  readonly disabledKeys?: readonly string[];
}

/** The collector as it is built, with a data directory of its own. */
export async function startBuiltCollector(options: ClientCollectorOptions): Promise<ClientCollector> {
  const built = new URL("../../packages/collector/dist/index.js", import.meta.url);
  const { startCollector } = (await import(built.href)) as Pick<typeof CollectorModule, "startCollector">;
  const dataDirectory = mkdtempSync(join(tmpdir(), "oncewire-clients-"));
  const collector = await startCollector({ ...options, dataDirectory, port: 0 });
  return {
    url: collector.url,
    events: () => eventsOf(collector),
    async [Symbol.asyncDispose]() {
      await collector.close();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}

async function eventsOf(collector: Collector): Promise<ReadonlyMap<string, StoredEvent>> {
  await collector.settled();
  const byId = new Map<string, StoredEvent>();
  let cursor: string | undefined;
  do {
    const page = await collector.store.events({ limit: 1000, ...(cursor === undefined ? {} : { cursor }) });
    for (const event of page.items) byId.set(event.id, event);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return byId;
}
