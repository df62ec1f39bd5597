/**
 * Packs every package as npm would publish it and checks the tarball: exports and types that resolve (publint, attw), no
 * test in it, no install script. Then installs all of them in an empty folder, as a stranger would, imports every export
 * and asks the command for help. Prints the sizes.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => join(root, "node_modules", ".bin", name);
const installScripts = ["preinstall", "install", "postinstall", "prepare"];
const folder = mkdtempSync(join(tmpdir(), "oncewire-pack-"));
let failures = 0;

try {
  const packed = readdirSync(join(root, "packages")).map((name) => check(join(root, "packages", name)));
  if (failures === 0) installAsStranger(packed);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failures === 0 ? 0 : 1);

function check(directory) {
  const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", folder], directory));
  const tarball = join(folder, packed.filename);
  const paths = packed.files.map(({ path }) => path);
  console.log(`${manifest.name}: ${(packed.size / 1024).toFixed(1)} KiB packed, ${paths.length} files`);

  const strays = paths.filter((path) => /\.test\.|\.contract\.|tsbuildinfo|fixtures/.test(path));
  if (strays.length > 0) fail(manifest.name, `expected no test code in the tarball, found ${strays.join(", ")}`);
  const scripts = installScripts.filter((script) => manifest.scripts?.[script] !== undefined);
  if (scripts.length > 0) fail(manifest.name, `expected no install script, found ${scripts.join(", ")}`);
  if (!paths.includes("LICENSE")) fail(manifest.name, "expected the LICENSE in the tarball");
  attempt(manifest.name, bin("publint"), ["run", tarball, "--strict"]);
  attempt(manifest.name, bin("attw"), [tarball, "--profile", "esm-only", "--no-emoji", "--quiet"]);
  return { tarball, manifest };
}

function installAsStranger(packed) {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const tarballs = packed.map(({ tarball }) => tarball);
  run(
    "npm",
    ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", ...tarballs],
    folder,
  );
  const entries = packed.flatMap(({ manifest }) =>
    Object.keys(manifest.exports)
      .filter((entry) => !entry.endsWith(".json"))
      .map((entry) => entry.replace(/^\./, manifest.name)),
  );
  const script = entries.map((entry) => `await import(${JSON.stringify(entry)});`).join("\n");
  run(process.execPath, ["--input-type=module", "--eval", script], folder);
  run(join(folder, "node_modules", ".bin", "oncewire"), ["serve", "--help"], folder);
  console.log(`installed in an empty folder: ${entries.length} entries import, the command runs`);
}

function attempt(name, command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  if (status !== 0) fail(name, `${command.split("/").pop()}:\n${stdout}${stderr}`);
}

function run(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed in ${cwd}:\n${stderr}`);
  return stdout;
}

function fail(name, message) {
  failures += 1;
  console.error(`${name}: ${message}`);
}
