import { fileURLToPath } from "node:url";

/**
 * The compiled file that a thread or a process is to run: `new URL("./thread.js", import.meta.url)` names it beside the
 * module. Where the sources themselves are run, as tests do, it is the one in the build, for Node runs nothing else.
 */
export function builtFile(besideModule: URL): string {
  return fileURLToPath(besideModule.href.replace(/\/src\/([^/]+\/[^/]+\.js)$/, "/dist/$1"));
}
