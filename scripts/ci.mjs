/**
 * What `.ci/run` runs, in order: install, `npm test`, the other checks, the demo, the tests on newer Nodes, the browser
 * test, the official clients, and a little of what takes long in whole: simulations, planted defects, crashes. A step that
 * fails does not keep the others from being seen. The last line counts tests and steps.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const reports = join(root, "var", "ci");
/** The npm package `node` is a chooser among these: one package per platform, holding nothing but the binary. */
const newerNodes = ["22.23.3", "24.9.0"];
const nodePackage = `node-${process.platform}-${process.arch}`;

/** What a script ends with when it cannot run here and says why. */
const skippedCode = 77;

const fewCrashes = ["--kills=12", "--calls=12", "--cuts=3", "--collector-kills=4", "--worker-kills=4"];

const totals = { passed: 0, failed: 0, skipped: 0 };
const steps = [];
mkdirSync(reports, { recursive: true });

step("install", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
if (totals.failed > 0) finish();
testStep("npm test", "npm", ["test", "--"]);
step("format", "npm", ["run", "-s", "format:check"]);
step("lint", "npm", ["run", "-s", "lint"]);
step("types of the tests", "npm", ["run", "-s", "types"]);
step("unused code", "npm", ["run", "-s", "unused"]);
step("packages", "npm", ["run", "-s", "pack:check"]);
step("demo", "npm", ["run", "-s", "demo", "--", "--seconds", "10"]);
for (const version of newerNodes) onNode(version);
testStep("browser", process.execPath, ["scripts/test-browser.mjs"]);
testStep("official clients", process.execPath, ["scripts/test-clients.mjs"]);
step("simulation", "npm", ["run", "-s", "simulate", "--", "--seeds", "5000"]);
step("planted defects", "npm", ["run", "-s", "simulate:defects", "--", "--every", "9"]);
crashStep("crashes", "npm", ["run", "-s", "test:crash", "--", ...fewCrashes]);
finish();

function step(name, command, args) {
  const { status, seconds } = run(name, command, args);
  record(name, status === 0 ? "passed" : "failed", seconds);
  totals[status === 0 ? "passed" : "failed"] += 1;
}

/** A step that runs Vitest: its tests are counted, and a run without a test counts as failed. */
function testStep(name, command, args) {
  const report = join(reports, `${name.replace(/\W+/g, "-")}.json`);
  rmSync(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { status, seconds } = run(name, command, [...args, ...reporters]);
  if (status === skippedCode) return skip(name, "see above", seconds);
  const { passed, failed, skipped } = readCounts(report);
  const good = status === 0 && passed > 0;
  totals.passed += passed;
  totals.skipped += skipped;
  // A failure outside a test (a file that will not load, say) has no test to be counted by.
  totals.failed += good ? 0 : Math.max(failed, 1);
  record(name, good ? `passed, ${passed} tests` : "failed", seconds);
}

/** A step that says of each of its parts whether it passed, failed or was skipped, and why. */
function crashStep(name, command, args) {
  const { status, seconds, stdout } = run(name, command, args, "pipe");
  process.stdout.write(stdout);
  const parts = (verdict) => stdout.split("\n").filter((line) => line.startsWith(verdict));
  for (const part of parts("skipped ")) {
    const [what, why] = part.slice("skipped ".length).trim().split(": ");
    skip(`${name}, ${what}`, why ?? "see above", 0);
  }
  const passed = parts("passed ").length;
  const good = status === 0 && passed > 0;
  totals.passed += passed;
  totals.failed += good ? 0 : Math.max(parts("FAILED ").length, 1);
  record(name, good ? `passed, ${passed} parts` : "failed", seconds);
}

function readCounts(report) {
  if (!existsSync(report)) return { passed: 0, failed: 0, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, "utf8"));
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
}

function skip(name, why, seconds) {
  totals.skipped += 1;
  record(name, `skipped: ${why}`, seconds);
}

function onNode(version) {
  const name = `tests on Node ${version}`;
  const folder = mkdtempSync(join(tmpdir(), "oncewire-node-"));
  const install = [
    "i",
    "--prefix",
    folder,
    "--no-save",
    "--ignore-scripts",
    "--loglevel=error",
    `${nodePackage}@${version}`,
  ];
  const { status, seconds } = run(`install Node ${version}`, "npm", install);
  const binary = join(folder, "node_modules", nodePackage, "bin", "node");
  if (status !== 0 || !existsSync(binary)) {
    skip(name, `npm has no ${nodePackage}@${version} for this machine`, seconds);
  } else {
    testStep(name, binary, ["node_modules/vitest/vitest.mjs", "run"]);
  }
  rmSync(folder, { recursive: true, force: true });
}

function run(name, command, args, stdout = "inherit") {
  process.stdout.write(`\n=== ${name}: ${command} ${args.join(" ")}\n`);
  const start = performance.now();
  const shell = process.platform === "win32" && command === "npm";
  const stdio = ["ignore", stdout, "inherit"];
  const { status, error, stdout: said } = spawnSync(command, args, { cwd: root, stdio, shell, encoding: "utf8" });
  if (error) process.stdout.write(`${error.message}\n`);
  return { status, seconds: (performance.now() - start) / 1_000, stdout: said ?? "" };
}

function record(name, result, seconds) {
  steps.push(`${seconds.toFixed(0).padStart(5)} s  ${name}: ${result}`);
}

function finish() {
  process.stdout.write(`\n${steps.join("\n")}\n\n`);
  process.stdout.write(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
  process.exit(totals.failed === 0 ? 0 : 1);
}
