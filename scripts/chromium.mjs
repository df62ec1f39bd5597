/** Where the browser of the browser tests is. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The path of a Chromium: ONCEWIRE_CHROMIUM, else the first on PATH; null when there is none. */
export function findChromium(env = process.env) {
  if (env.ONCEWIRE_CHROMIUM) return env.ONCEWIRE_CHROMIUM;
  const folders = (env.PATH ?? "").split(delimiter).filter(Boolean);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable) ?? null;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
