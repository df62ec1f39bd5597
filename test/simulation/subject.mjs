/** Loads the code under test from the builds in a folder laid out like this one. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export async function loadSubject(root) {
  const load = (path) => import(pathToFileURL(join(root, "packages", path)).href);
  const [tracker, http, endings, journal, files, rudderstack] = await Promise.all([
    load("tracker/dist/index.js"),
    load("tracker/dist/transport/http-transport.js"),
    load("tracker/dist/endings.js"),
    load("journal/dist/index.js"),
    load("journal/dist/testing.js"),
    load("protocol/dist/rudderstack/index.js"),
  ]);
  return {
    createTracker: tracker.createTracker,
    createHttpTransport: (options, route) => new http.HttpTransport(options, route),
    endings: endings.endings,
    openJournal: journal.openJournal,
    createMemoryFiles: files.createMemoryFiles,
    createFaultyFiles: files.createFaultyFiles,
    createRudderStackEncoder: rudderstack.createRudderStackEncoder,
  };
}
