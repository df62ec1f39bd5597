import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstat, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readFully, systemFiles, writeFully, type File } from "./files.js";
import { openJournal } from "./journal.js";
import { commit, readAll } from "./journal.fixture.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "journal-files-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe("the system's files", () => {
  it("are 0600 in folders of 0700", async () => {
    const directory = join(folder, "a", "b");
    const journal = await openJournal({ directory });
    await commit(journal, "private");
    await journal.cursor("delivery");
    expect((await lstat(directory)).mode & 0o777).toBe(0o700);
    const entries = await systemFiles.list(directory);
    const modes = await Promise.all(entries.map(async ({ name }) => (await lstat(join(directory, name))).mode & 0o777));
    expect([modes.length, new Set(modes)]).toEqual([4, new Set([0o600])]);
    await journal.close();
  });

  it("follow no symbolic link to a folder", async () => {
    await mkdir(join(folder, "target"));
    await symlink(join(folder, "target"), join(folder, "link"));
    await expect(openJournal({ directory: join(folder, "link") })).rejects.toMatchObject({
      code: "unusable",
      fields: { fault: "ELOOP" },
    });
  });

  it("follow no symbolic link to a file, and leave it where it is", async () => {
    const directory = join(folder, "journal");
    await (await openJournal({ directory })).close();
    await writeFile(join(folder, "victim"), "victim");
    const names = ["0000000000000000-00000000.log", "delivery.cursor-0", "delivery.cursor-1"];
    for (const name of names) await symlink(join(folder, "victim"), join(directory, name));
    const journal = await openJournal({ directory });
    await commit(journal, "a");
    await expect((await journal.cursor("delivery")).advance(1)).rejects.toMatchObject({ code: "unsaved" });
    expect((await readAll(journal)).texts).toEqual(["a"]);
    await journal.close();
    expect((await systemFiles.stat(join(folder, "victim"))).bytes).toBe(6);
  });

  it("say that a file in the folder's place cannot be used", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(openJournal({ directory: join(folder, "file") })).rejects.toMatchObject({ code: "unusable" });
  });

  it("hold a journal over reopening, cursors and deletion", async () => {
    const directory = join(folder, "journal");
    const texts = Array.from({ length: 50 }, (_, index) => `${index}`.padEnd(1000, "."));
    const journal = await openJournal({ directory, segmentBytes: 8192 });
    const cursor = await journal.cursor("delivery");
    await commit(journal, ...texts);
    await cursor.advance(40, Buffer.from("memo"));
    await journal.close();
    const again = await openJournal({ directory, segmentBytes: 8192 });
    const found = await again.cursor("delivery");
    expect([found.position, Buffer.from(found.memo ?? []).toString()]).toEqual([40, "memo"]);
    expect((await readAll(again, 40)).texts).toEqual(texts.slice(40));
    await found.advance(50);
    await again.close();
    expect((await systemFiles.list(directory)).map(({ name }) => name).toSorted()).toEqual([
      "delivery.cursor-0",
      "delivery.cursor-1",
    ]);
  });
});

describe("a process that exits", () => {
  it("leaves what it appended in its last turn, if it writes now", async () => {
    const directory = join(folder, "journal");
    const source = new URL("../dist/index.js", import.meta.url);
    const script = `import(${JSON.stringify(source.href)}).then(async ({ openJournal }) => {
      const journal = await openJournal({ directory: ${JSON.stringify(directory)} });
      process.on("exit", () => journal.writeNow());
      for (let index = 0; index < 1000; index += 1) journal.append([Buffer.from(String(index))]);
      process.exit(3);
    });`;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "inherit", "inherit"] });
    expect(await once(child, "exit")).toEqual([3, null]);
    const journal = await openJournal({ directory });
    expect((await readAll(journal)).texts).toEqual(Array.from({ length: 1000 }, (_, index) => String(index)));
    await journal.close();
  });
});

describe("writing fully", () => {
  function taking(limits: readonly number[]): { readonly file: File; readonly content: Buffer } {
    const content = Buffer.alloc(100);
    const rest = [...limits];
    const never = (): Promise<never> => Promise.reject(new Error("not used"));
    const file: File = {
      async write(buffers, offset) {
        const bytes = Buffer.concat(buffers).subarray(0, rest.shift() ?? Infinity);
        return bytes.copy(content, offset);
      },
      read: async (target, offset) => content.subarray(offset, offset + 3).copy(target),
      sync: never,
      truncate: never,
      bytes: never,
      close: never,
    };
    return { file, content };
  }

  it("goes on after short writes, within and between buffers", async () => {
    const { file, content } = taking([1, 3, 2, 5]);
    await writeFully(
      file,
      ["abc", "", "defg", "hijklmnop"].map((text) => Buffer.from(text)),
      10,
    );
    expect(content.subarray(10, 26).toString()).toBe("abcdefghijklmnop");
  });

  it("takes a write without a byte for a full disk", async () => {
    const { file } = taking([2, 0]);
    await expect(writeFully(file, [Buffer.from("abc")], 0)).rejects.toMatchObject({ code: "ENOSPC" });
  });

  it("writes more buffers than one call takes", async () => {
    const path = join(folder, "many");
    const file = await systemFiles.open(path, "create");
    await writeFully(
      file,
      Array.from({ length: 3000 }, (_, index) => Buffer.from(String(index % 10))),
      0,
    );
    expect(await file.bytes()).toBe(3000);
    await file.close();
  });

  it("reads on after short reads", async () => {
    const { file, content } = taking([]);
    content.write("0123456789");
    expect((await readFully(file, Buffer.alloc(8), 1)).toString()).toBe("12345678");
  });
});
