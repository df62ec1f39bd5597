import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeParquet } from "./parquet-file.js";
import { eventsTable } from "./store/tables.js";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-parquet-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function read(path: string): Promise<readonly Record<string, unknown>[]> {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const reader = await connection.runAndReadAll("SELECT * FROM read_parquet($1)", [path]);
  return reader.getRowObjectsJson();
}

const event = {
  position: 7,
  id: "it's",
  protocol: "rudderstack",
  project: "shop",
  kind: "track",
  name: "naïve 😀",
  userId: "ada",
  anonymousId: null,
  previousId: null,
  groupId: null,
  sessionId: null,
  time: "2026-11-20T10:00:00.123Z",
  occurredAt: "tomorrow",
  sentAt: null,
  receivedAt: "2026-11-20T10:00:01.000Z",
  library: { name: "oncewire", version: null },
  properties: { n: 1 },
  entities: [],
  context: {},
  wire: { a: "b" },
};

describe("writeParquet", () => {
  it("keeps what is in the events, in their order, under names of the store's columns", async () => {
    const [lines, output] = [join(directory, "lines.ndjson"), join(directory, "it's.parquet")];
    writeFileSync(lines, `${JSON.stringify(event)}\n${JSON.stringify({ ...event, id: "b" })}\n`);
    await writeParquet(lines, output);
    const rows = await read(output);
    expect(rows.map(({ id }) => id)).toEqual(["it's", "b"]);
    expect(rows[0]).toMatchObject({
      position: "7",
      name: "naïve 😀",
      user_id: "ada",
      time: "2026-11-20 10:00:00.123",
      occurred_at: null,
      library_name: "oncewire",
      properties: '{"n":1}',
      wire: '{"a":"b"}',
    });
    const inStore = new Set(eventsTable.columns.map(({ name }) => name));
    expect(Object.keys(rows[0] ?? {}).filter((name) => !inStore.has(name))).toEqual([]);
  });

  it("says what cannot be read or written", async () => {
    const missing = writeParquet(join(directory, "none.ndjson"), join(directory, "out.parquet"));
    await expect(missing).rejects.toMatchObject({ code: "data-not-writable" });
  });
});
