import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { createATrack, type ATrack } from "./client.js";
import { fileStorage } from "./file-storage.js";
import { testStorage } from "./storage.contract.js";
import type { ATrackStorage } from "./storage.js";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "oncewire-a-track-"));
  closers.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Nothing is sent: what is tested is who the user is. */
function open(storage: ATrackStorage, onStorageError?: (error: unknown) => void, publicKey = "pub_xxxxx"): ATrack {
  const sdk = createATrack({ publicKey, storage, onStorageError, send: false });
  closers.push(() => sdk.close());
  return sdk;
}

testStorage("a Map as storage", () => {
  const storage = new Map<string, string>();
  return { storage, reopen: () => storage };
});
testStorage("the file storage", () => {
  const directory = join(folder(), "made", "when-needed");
  return { storage: fileStorage(directory), reopen: () => fileStorage(directory) };
});

describe("the file storage", () => {
  it("leaves the old text or the new one, and nothing beside it", async () => {
    const directory = folder();
    const storage = fileStorage(directory);
    await Promise.all(Array.from({ length: 20 }, (_, index) => storage.set("a", "x".repeat(1000 + index))));
    expect(readdirSync(directory)).toEqual(["a.json"]);
    expect(await storage.get("a")).toMatch(/^x{1000,1019}$/);
  });

  it("is for this user alone", async () => {
    const directory = folder();
    await fileStorage(directory).set("a", "text");
    expect(statSync(join(directory, "a.json")).mode & 0o777).toBe(0o600);
  });

  it("says so where it cannot read or write, and leaves no file aside", async () => {
    const directory = folder();
    writeFileSync(join(directory, "file"), "");
    const storage = fileStorage(join(directory, "file"));
    await expect(storage.get("a")).rejects.toThrow("ENOTDIR");
    await expect(storage.set("a", "text")).rejects.toThrow(/EEXIST|ENOTDIR/);
    expect(readdirSync(directory)).toEqual(["file"]);

    // A folder stands where the file should be.
    mkdirSync(join(directory, "a.json"));
    await expect(fileStorage(directory).set("a", "text")).rejects.toThrow("EISDIR");
    expect(readdirSync(directory)).toEqual(["a.json", "file"]);
  });
});

const session = { sessionId: expect.any(String), lastSeenAt: expect.any(String) };

describe("a user in a storage", () => {
  it("A3, A7: goes on in the next process, with the attributes", async () => {
    const directory = folder();
    const first = open(fileStorage(directory));
    const { uuid } = await first.init({ user: { attributes: { plan: "pro" } } });
    first.setAttributes({ seats: 12 });
    await first.close();

    const second = open(fileStorage(directory));
    expect(second.getUser()).toBeNull();
    expect(await second.init()).toMatchObject({ uuid, isNewUser: false, isStored: true });
    expect(second.getUser()).toEqual({ uuid, attributes: { plan: "pro", seats: 12 } });
  });

  it("A7: is read once and written as text, under a key that does not tell the public key", async () => {
    const calls: unknown[] = [];
    const kept = new Map<string, string>();
    const storage: ATrackStorage = {
      get: (key) => (calls.push(["get", key]), kept.get(key)),
      set: (key, text) => (calls.push(["set", key, JSON.parse(text)]), void kept.set(key, text)),
    };
    const sdk = open(storage);
    await sdk.init({ user: { uuid: "u" } });
    await sdk.init({ user: { attributes: { plan: "pro" } } });
    const [key] = [...kept.keys()];
    expect(key).toMatch(/^a-track-user-[0-9a-f]{32}$/);
    expect(calls).toEqual([
      ["get", key],
      ["set", key, { uuid: "u", attributes: {}, ...session }],
      ["set", key, { uuid: "u", attributes: { plan: "pro" }, ...session }],
    ]);
  });

  it("is another one for each project and each region", async () => {
    const storage = new Map<string, string>();
    for (const publicKey of ["pub_1", "pub_2"]) {
      for (const geo of [undefined, "fra", "FRA"]) {
        const sdk = createATrack({ publicKey, geo, storage, send: false });
        closers.push(() => sdk.close());
        await sdk.init();
      }
    }
    expect(storage.size).toBe(4);
  });

  it.each([
    "not json",
    "[]",
    '{"uuid":5,"attributes":{}}',
    '{"uuid":"u","attributes":[]}',
    '{"uuid":"","attributes":{}}',
  ])("that is damaged (%s) is told of, and a new one takes its place", async (text) => {
    const kept = new Map<string, string>();
    await open(kept).init();
    const [key = ""] = [...kept.keys()];
    kept.set(key, text);
    const errors: unknown[] = [];
    const { isNewUser, isStored, uuid } = await open(kept, (error) => errors.push(error)).init();
    expect([isNewUser, isStored, errors.length]).toEqual([true, true, 1]);
    expect(JSON.parse(kept.get(key) ?? "")).toEqual({ uuid, attributes: {}, ...session });
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("theirs");
      },
    ],
    ["rejects", () => Promise.reject(new Error("theirs"))],
  ])("is not written over by a generated one, where reading %s", async (_how, get) => {
    const errors: unknown[] = [];
    const written: string[] = [];
    const storage: ATrackStorage = { get, set: (_key, text) => written.push(text) };
    const sdk = open(storage, (error) => errors.push(error));
    expect(await sdk.init()).toMatchObject({ uuid: expect.any(String), isNewUser: true, isStored: false });
    sdk.setAttributes({ plan: "pro" });
    expect(sdk.getUser()?.attributes).toEqual({ plan: "pro" });
    expect([written, errors]).toEqual([[], [new Error("theirs")]]);
    expect(await sdk.init({ user: { uuid: "named" } })).toMatchObject({ isStored: true });
    expect(written).toHaveLength(1);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("theirs");
      },
    ],
    ["rejects", () => Promise.reject(new Error("theirs"))],
  ])("holds for this process, where writing %s", async (_how, set) => {
    const sdk = open({ get: () => null, set }, () => {
      throw new Error("the listener's own");
    });
    const { uuid, isStored } = await sdk.init();
    expect([isStored, sdk.getUser()?.uuid]).toEqual([false, uuid]);
    sdk.setAttributes({ plan: "pro" });
    await sdk.close();
  });

  it("does not count as stored, where the write before it went well and its own did not", async () => {
    let writes = 0;
    const sdk = open({
      get: () => null,
      async set() {
        writes += 1;
        await turn();
        if (writes > 1) throw new Error("theirs");
      },
    });
    const [, second] = await Promise.all([sdk.init({ user: { uuid: "u" } }), sdk.init({ user: { uuid: "v" } })]);
    expect([second.isStored, writes]).toEqual([false, 2]);
  });

  it("keeps nobody from closing, where the storage never answers", async () => {
    const sdk = open({ get: () => null, set: () => new Promise(() => undefined) });
    void sdk.init();
    expect(await sdk.close({ timeoutMs: 5 })).toMatchObject({ pending: 0 });
  });

  it("is written once at a time, and the last state is the one that stays", async () => {
    const kept: string[] = [];
    let underWay = 0;
    const sdk = open({
      get: () => undefined,
      async set(_key, text) {
        underWay += 1;
        expect(underWay).toBe(1);
        await turn();
        kept.push(text);
        underWay -= 1;
      },
    });
    await sdk.init({ user: { uuid: "u" } });
    for (let seats = 1; seats <= 50; seats += 1) sdk.setAttributes({ seats });
    await sdk.close();
    expect(JSON.parse(kept.at(-1) ?? "")).toEqual({ uuid: "u", attributes: { seats: 50 }, ...session });
    expect(kept.length).toBeLessThanOrEqual(3);
  });

  it("stands in a file that has nothing of the public key", async () => {
    const directory = folder();
    await open(fileStorage(directory), undefined, "pub_secret").init({ user: { uuid: "u" } });
    const [file = ""] = readdirSync(directory);
    expect(file + readFileSync(join(directory, file), "utf8")).not.toContain("pub_secret");
  });
});
