/**
 * Installs what is missing and, with --build, builds. `npm test`, `npm run demo` and the others call it first, so that
 * each of them alone is enough on a fresh clone.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const marker = join(root, "node_modules", ".oncewire-installed");

requireNode(20, 19);
if (!isInstalled()) install();
if (process.argv.includes("--build")) run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b"]);

function requireNode(major, minor) {
  const [haveMajor, haveMinor] = process.versions.node.split(".").map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  fail(
    `Node ${major}.${minor} or newer is needed, this is ${process.versions.node}. Install a newer Node and try again.`,
  );
}

function lockHash() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

function isInstalled() {
  return existsSync(marker) && readFileSync(marker, "utf8") === lockHash();
}

function install() {
  process.stdout.write("Installing dependencies (npm ci) …\n");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(marker, lockHash());
}

function run(command, args) {
  // npm is a shell script on Windows.
  const shell = process.platform === "win32" && command === "npm";
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", shell });
  if (error) fail(`${command} could not be started: ${error.message}`);
  if (status !== 0) fail(`\`${command} ${args.join(" ")}\` ended with ${status}; see above.`);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
