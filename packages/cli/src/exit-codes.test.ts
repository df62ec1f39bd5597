import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { exitCodes } from "./exit-codes.js";
import { main } from "./program.js";
import { createTestTerminal } from "./test-terminal.fixture.js";

const document = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");

describe("docs/cli.md", () => {
  it("lists exactly the exit codes there are", () => {
    const section = document.split("## Exit codes")[1]?.split("\n## ")[0] ?? "";
    const codes = [...section.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(exitCodes));
  });

  it("lists exactly the commands there are, and each shows an example", async () => {
    const terminal = createTestTerminal();
    await main(["--help"], terminal);
    const commands = [...terminal.output().matchAll(/^ {2}(?!help)(\w+) /gm)].map(([, name = ""]) => name);
    const table = document.split("## Exit codes")[0] ?? "";
    const documented = [...table.matchAll(/^\| `(\w+)/gm)].map(([, name = ""]) => name);
    expect(new Set(documented)).toEqual(new Set(commands));
    for (const name of new Set(documented)) {
      const help = createTestTerminal();
      const [group, command] = [name, { config: ["print"], spool: ["inspect"], store: ["rebuild"] }[name] ?? []];
      expect(await main([group, ...command, "--help"], help), name).toBe(0);
      expect(help.output(), name).toMatch(/Examples:\n +\$ (\w+=\S+ )?oncewire /);
    }
  });
});
