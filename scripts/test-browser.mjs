/**
 * Runs the tests of the live page in a real Chromium. Where there is none it is installed (root on Debian or Ubuntu),
 * otherwise asked for; unlike in `npm test`, a missing browser is a failure here.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium } from "./chromium.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

if (findChromium() === null && canInstall()) install();
if (findChromium() === null) {
  fail("A Chromium is needed: install one (Debian: `apt-get install chromium`) or set ONCEWIRE_CHROMIUM to its path.");
}
run(process.execPath, [join(root, "scripts/setup.mjs"), "--build"]);
run(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", "test/browser", ...process.argv.slice(2)], {
  ONCEWIRE_BROWSER: "required",
});

function canInstall() {
  return process.getuid?.() === 0 && existsSync("/etc/debian_version");
}

function install() {
  process.stdout.write("Installing Chromium (apt-get) …\n");
  const options = { stdio: "inherit", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };
  spawnSync("apt-get", ["update", "-qq"], options);
  spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], options);
}

function run(command, args, env = {}) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
  if (status !== 0) process.exit(status ?? 1);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
