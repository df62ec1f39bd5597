import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { readAll } from "./journal.fixture.js";
import { openJournal } from "./journal.js";
import { createMachine } from "./machine.js";

const built = new URL("../dist/index.js", import.meta.url).href;

/** Appends without end and prints every position that was committed. */
function writerScript(directory: string): string {
  return `import(${JSON.stringify(built)}).then(async ({ openJournal }) => {
    const journal = await openJournal({ directory: ${JSON.stringify(directory)}, segmentBytes: 16_384 });
    for (;;) {
      const position = journal.append([Buffer.from(journal.next + ":" + "x".repeat(journal.next % 1500))]);
      if (position % 3 === 0) continue;
      await journal.committed(position);
      process.stdout.write(position + "\\n");
    }
  });`;
}

/** Runs a writer until it has printed so many positions, kills it, and gives what it printed. */
async function killAfter(lines: number, directory: string): Promise<readonly number[]> {
  const child = spawn(process.execPath, ["-e", writerScript(directory)], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const committed: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    committed.push(Number(line));
    if (committed.length === lines) child.kill("SIGKILL");
  }
  expect(await exit).toEqual([null, "SIGKILL"]);
  return committed;
}

it("keeps every committed record of a process that is killed, again and again", async () => {
  const directory = await mkdtemp(join(tmpdir(), "journal-killed-"));
  const machine = createMachine(7);
  const committed = new Set<number>();
  for (let round = 0; round < 8; round += 1) {
    const printed = await killAfter(1 + Math.floor(machine.random() * 60), directory);
    for (const position of printed) committed.add(position);
    const journal = await openJournal({ directory });
    const { positions, texts, lost } = await readAll(journal);
    expect(lost).toEqual([]);
    expect(positions).toEqual(Array.from({ length: journal.next }, (_, position) => position));
    for (const [index, position] of positions.entries()) {
      expect(texts[index]).toBe(`${position}:${"x".repeat(position % 1500)}`);
    }
    expect([...committed].filter((position) => position >= journal.next)).toEqual([]);
    await journal.close();
  }
  expect(committed.size).toBeGreaterThan(100);
  await rm(directory, { recursive: true });
});
