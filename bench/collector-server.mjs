/**
 * Our side of bench/accept.mjs and bench/workers.mjs: a collector in a process of its own. `held` keeps its loader from
 * doing anything, so that what is left is the accept path alone; a number of workers may follow, and `keys`, so that the
 * keys of bench/requests.mjs name projects.
 */
import { startCollector } from "@oncewire/collector";
import { startCollectorWith } from "../packages/collector/dist/collector.js";
import { keys } from "./requests.mjs";

const [directory, loading = "loading", workers = "0", keyed = ""] = process.argv.slice(2);
const options = { dataDirectory: directory, port: 0, workers: Number(workers), keys: keyed === "keys" ? keys : {} };

const empty = { items: [], next: null };
const heldLoading = {
  reader: {
    events: () => Promise.resolve(empty),
    bad: () => Promise.resolve(empty),
    counts: () => Promise.resolve({ events: 0, bad: 0, duplicates: 0 }),
  },
  sql: () => Promise.reject(new Error("nothing is loaded")),
  people: () => Promise.reject(new Error("nothing is loaded")),
  advance: () => {},
  reached: () => Promise.resolve(),
  progress: () => ({ loadedTo: 0, sealedTo: 0, standstillMs: 0, forgotten: 0, failure: null }),
  seal: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

const collector =
  loading === "held"
    ? await startCollectorWith(options, { startLoading: () => Promise.resolve(heldLoading) })
    : await startCollector(options);

process.on("message", (message) => {
  switch (message) {
    case "stats":
      return process.send({ stats: collector.stats() });
    case "settle":
      return void collector.settled().then(() => process.send({ stats: collector.stats() }));
    default:
      return void collector.close().then(() => process.exit(0));
  }
});
process.send(Number(new URL(collector.url).port));
