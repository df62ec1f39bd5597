import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, onTestFinished } from "vitest";
import { testEventStore } from "./event-store.contract.js";
import { openParquetStore, type ParquetStore, type ParquetStoreOptions } from "./parquet-store.js";

describe("a Parquet store", () => {
  testEventStore(async () => {
    const directory = await aFolder();
    return { open: () => openStore({ directory }) };
  });
});

describe("a Parquet store that keeps nothing in memory and seals small files", () => {
  testEventStore(async () => {
    const directory = await aFolder();
    return { open: () => openStore({ directory, recentEvents: 0, sealRows: 20, dedupWindowRows: 4, mergeFiles: 2 }) };
  });
});

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "oncewire-store ['] "));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function openStore(options: ParquetStoreOptions): Promise<ParquetStore> {
  const store = await openParquetStore(options);
  onTestFinished(() => store.close());
  return store;
}
