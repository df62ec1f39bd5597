/**
 * Proves that the simulator and the tests would notice: makes each defect of scripts/defects/list.mjs in a copy of the
 * sources, builds it, and demands that it is found.
 *
 *     npm run simulate:defects [-- <words of a defect>] [--every <n>: one of so many]
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { defects } from "./defects/list.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const defaultSeeds = 3000;
/** Longer runs than a seed has otherwise: a defect is to be found in few seeds. */
const steps = 200;
const maxRunMs = 300_000;
const packages = { protocol: "@oncewire/protocol", journal: "@oncewire/journal", tracker: "oncewire" };

const { values, positionals } = parseArgs({
  options: { every: { type: "string", default: "1" } },
  allowPositionals: true,
});
const wanted = positionals.join(" ");
const chosen = defects
  .filter(({ what }) => what.includes(wanted))
  .filter((_defect, index) => index % Number(values.every) === 0);
const house = mkdtempSync(join(tmpdir(), "oncewire-defects-"));
try {
  copySources();
  process.exitCode = runAll() ? 0 : 1;
} finally {
  rmSync(house, { recursive: true, force: true });
}

function copySources() {
  for (const file of ["package.json", "tsconfig.base.json", "vitest.config.ts"])
    cpSync(join(root, file), join(house, file));
  for (const name of Object.keys(packages)) {
    const filter = (path) => !path.includes("node_modules");
    cpSync(join(root, "packages", name), join(house, "packages", name), { recursive: true, filter });
  }
  linkModules(join(root, "node_modules"), join(house, "node_modules"));
  for (const [name, module] of Object.entries(packages)) {
    symlinkSync(join(house, "packages", name), join(house, "node_modules", module));
  }
}

/** All that is installed, except our own packages: those of the copy take their place. */
function linkModules(from, to) {
  mkdirSync(join(to, "@oncewire"), { recursive: true });
  for (const name of readdirSync(from)) {
    if (name !== "@oncewire" && name !== "oncewire") symlinkSync(join(from, name), join(to, name));
  }
}

function runAll() {
  const tests = [...new Set(chosen.flatMap((defect) => defect.tests ?? []))];
  const sound = (build() && findBySimulation({ kind: undefined, seeds: 100 })) ?? findByTests(tests);
  if (sound !== null) return report("without any defect", { found: false, by: `fails already: ${sound}` });
  const results = chosen.map((defect) => report(defect.what, find(defect)));
  const missed = results.filter((isFound) => !isFound).length;
  console.log(`${results.length - missed} of ${results.length} defects were found`);
  return missed === 0;
}

function report(what, { found, by }) {
  console.log(`${found ? "found " : "MISSED"}  ${what.padEnd(72)}  ${by}`);
  return found;
}

function find(defect) {
  const path = join(house, defect.file);
  const sound = readFileSync(path, "utf8");
  if (sound.split(defect.find).length !== 2) return { found: false, by: `${defect.file} has changed: mend the list` };
  writeFileSync(
    path,
    sound.replace(defect.find, () => defect.replace),
  );
  try {
    const by = defect.tests === undefined ? build() && findBySimulation(defect) : findByTests(defect.tests);
    return { found: by !== null, by: by ?? "nobody noticed" };
  } finally {
    writeFileSync(path, sound);
  }
}

/** A defect need not satisfy the compiler, only come out of it. */
function build() {
  const { error } = run([join(root, "node_modules/typescript/bin/tsc"), "-b", "packages/tracker"]);
  if (error !== undefined) throw error;
  return true;
}

function findBySimulation({ kind, seeds = defaultSeeds }) {
  const script = join(root, "scripts/simulate.mjs");
  const ofKind = kind === undefined ? [] : ["--kind", kind];
  const runs = ["--seeds", String(seeds), "--steps", String(steps), ...ofKind];
  const { status, stdout } = run([script, "--first", "--root", house, ...runs]);
  return status === 0 ? null : (stdout.split("\n")[0] ?? "").slice(0, 130);
}

function findByTests(tests) {
  if (tests.length === 0) return null;
  const { status, stderr } = run([join(root, "node_modules/vitest/vitest.mjs"), "run", "--root", house, ...tests]);
  if (status === 0) return null;
  return (/FAIL .*/.exec(stderr)?.[0] ?? `vitest ends with ${status}`).slice(0, 160);
}

function run(args) {
  return spawnSync(process.execPath, args, { cwd: house, encoding: "utf8", timeout: maxRunMs, env: withoutColor() });
}

function withoutColor() {
  return { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" };
}
