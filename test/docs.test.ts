import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { collectorErrorCodes, storeErrorCodes } from "@oncewire/collector";
import { journalErrorCodes } from "@oncewire/journal";
import { errorCodes } from "oncewire";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const text = (path: string): string => readFileSync(join(root, path), "utf8");
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

describe("the documents", () => {
  it("list the options as the sources have them", () => {
    const current = execFileSync(process.execPath, [join(root, "scripts/options-doc.mjs"), "--print"], {
      encoding: "utf8",
    });
    expect(text("docs/options.md"), "run `node scripts/options-doc.mjs`").toBe(current);
  });

  it("list exactly the error codes there are", () => {
    const sections = text("docs/errors.md").split(/^## /m).slice(1);
    const documented = sections.map((section) => [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, code]) => code));
    expect(documented).toEqual([
      Object.keys(errorCodes),
      [...collectorErrorCodes],
      [...storeErrorCodes],
      [...journalErrorCodes],
    ]);
  });

  it.each(documents)("%s links only to what is there", (path) => {
    const links = [...text(path).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = ""]) => target);
    const dead = links.filter((target) => !existsSync(join(root, dirname(path), target)));
    expect(dead).toEqual([]);
  });

  it("keeps the README within 120 lines", () => {
    expect(text("README.md").split("\n").length).toBeLessThanOrEqual(120);
  });
});
