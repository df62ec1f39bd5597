/**
 * `npm run bench [name …]`: every measurement beside its floor, in the same run. Absolute figures belong to the machine;
 * the ratio is what counts. A row is { name, ours, floor, unit, ratio, wanted }.
 */
import { cpus } from "node:os";
import { acceptRows } from "./accept.mjs";
import { clientRows } from "./clients.mjs";
import { codecRows } from "./codecs.mjs";
import { deliveryRows } from "./delivery.mjs";
import { trackRows } from "./track.mjs";

const suites = { track: trackRows, clients: clientRows, delivery: deliveryRows, codecs: codecRows, accept: acceptRows };
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(`No measurement is called ${unknown.join(", ")}; there are: ${Object.keys(suites).join(", ")}.`);
  process.exit(2);
}

console.log(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}\n`);
for (const [name, measure] of Object.entries(suites)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  for (const row of await measure()) print(row);
}

function print({ name, ours, floor, unit, ratio, wanted }) {
  console.log(name);
  console.log(`  ours ${ours} ${unit}   floor ${floor} ${unit}   ratio ${ratio.toFixed(2)}   (wanted: ${wanted})\n`);
}
