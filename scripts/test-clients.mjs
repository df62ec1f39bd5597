/**
 * Drives the vendors' official SDKs against the collector: installs what test/clients/*.json names into var/clients, apart
 * from the workspace, and runs the tests there. Tests of what cannot be installed here are skipped, and that is said; the
 * others, A-Track's among them, need nothing that must be installed and run all the same. Another vendor is another `<vendor>.json` with its `<vendor>.test.ts`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tests = join(root, "test", "clients");
const folder = join(root, "var", "clients");

const wanted = readWanted();
mkdirSync(folder, { recursive: true });
const installed = { npm: install("npm", installNpm), python: install("python", installPython) };
if (!installed.npm && !installed.python) {
  process.stdout.write("No official SDK can be installed here: the tests that need none are run alone.\n");
}

run(process.execPath, [join(root, "scripts/setup.mjs"), "--build"]);
run(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", "test/clients", ...process.argv.slice(2)], {
  ONCEWIRE_CLIENTS: folder,
});

/** All vendors' packages and their versions. */
function readWanted() {
  const files = readdirSync(tests).filter((name) => name.endsWith(".json"));
  const each = files.map((name) => JSON.parse(readFileSync(join(tests, name), "utf8")));
  return {
    npm: Object.assign({}, ...each.map(({ npm }) => npm ?? {})),
    python: Object.assign({}, ...each.map(({ python }) => python ?? {})),
  };
}

/** Installs unless exactly this is there; says what went wrong. The marker is what the tests go by. */
function install(kind, work) {
  const marker = join(folder, `${kind}.installed.json`);
  const packages = JSON.stringify(wanted[kind]);
  if (existsSync(marker) && readFileSync(marker, "utf8") === packages) return true;
  rmSync(marker, { force: true });
  process.stdout.write(`Installing ${Object.keys(wanted[kind]).join(", ")} (${kind}) …\n`);
  const problem = work();
  if (problem === null) writeFileSync(marker, packages);
  else process.stdout.write(`Skipped: the ${kind} clients cannot be installed here: ${problem}\n`);
  return problem === null;
}

function installNpm() {
  const manifest = { private: true, dependencies: wanted.npm };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  const options = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error"];
  return failure("npm", ["install", "--prefix", folder, ...options]);
}

function installPython() {
  const environment = join(folder, "python");
  rmSync(environment, { recursive: true, force: true });
  const packages = Object.entries(wanted.python).map(([name, version]) => `${name}==${version}`);
  return (
    failure("python3", ["-m", "venv", environment]) ??
    failure(pythonOf(environment), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages])
  );
}

function pythonOf(environment) {
  return process.platform === "win32" ? join(environment, "Scripts", "python.exe") : join(environment, "bin", "python");
}

/** Null when the command went well, else the end of what it said. */
function failure(command, args) {
  const shell = process.platform === "win32" && command === "npm";
  const { status, error, stderr } = spawnSync(command, args, {
    cwd: folder,
    encoding: "utf8",
    shell,
    timeout: 300_000,
  });
  if (error) return error.message;
  const lines = stderr.trim().split("\n");
  return status === 0 ? null : (lines.find((line) => /\berror\b/i.test(line)) ?? `${command} ended with ${status}`);
}

function run(command, args, env = {}) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
  if (status !== 0) process.exit(status ?? 1);
}
