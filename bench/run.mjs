/**
 * `npm run bench [name …]`: every measurement beside its floor, in the same run. Absolute figures belong to the machine;
 * the ratio is what counts. A row is { name, ours, floor, unit, ratio, wanted }.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { acceptRows } from "./accept.mjs";
import { clientRows } from "./clients.mjs";
import { codecRows } from "./codecs.mjs";
import { deliveryRows } from "./delivery.mjs";
import { storeRows } from "./store.mjs";
import { trackRows } from "./track.mjs";
import { workerRows } from "./workers.mjs";

const { values, positionals: asked } = parseArgs({ allowPositionals: true, options: { events: { type: "string" } } });
const events = Number(values.events ?? 5_000_000);
const suites = {
  track: trackRows,
  clients: clientRows,
  delivery: deliveryRows,
  codecs: codecRows,
  accept: acceptRows,
  workers: workerRows,
};
/** Takes minutes and gigabytes: only when it is asked for. */
const onDemand = { store: () => storeRows({ events }) };
const unknown = asked.filter((name) => !(name in suites || name in onDemand));
if (unknown.length > 0) {
  console.error(
    `No measurement is called ${unknown.join(", ")}; there are: ${Object.keys({ ...suites, ...onDemand }).join(", ")}.`,
  );
  process.exit(2);
}

console.log(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}\n`);
const measured = asked.length === 0 ? suites : { ...suites, ...onDemand };
for (const [name, measure] of Object.entries(measured)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  for (const row of await measure()) print(row);
}

function print({ name, ours, floor, unit, ratio, wanted }) {
  console.log(name);
  const beside = floor === null ? "" : `   floor ${floor} ${unit}   ratio ${ratio.toFixed(2)}`;
  console.log(`  ours ${ours} ${unit}${beside}   (wanted: ${wanted})\n`);
}
