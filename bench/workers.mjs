/**
 * What worker processes gain, and what handing requests on costs: a collector with two workers against one without, both
 * with their loaders held back. Rates share the machine's cores with the client that drives them: with two cores there is
 * little to gain. What says how far it goes on more of them is the CPU of the one process that has the log.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { row, start, stop } from "./accept.mjs";
import { drive } from "./load-generator.mjs";
import { loads, prepareRequests } from "./requests.mjs";
import { childrenOf, mainThreadCpuUs } from "./thread-cpu.mjs";

const roundMs = 2_000;
const rounds = 3;
const workers = 2;

export async function workerRows() {
  const folder = mkdtempSync(join(tmpdir(), "oncewire-bench-"));
  try {
    const rows = [];
    for (const load of [loads.rudderBatches, loads.rudderEvents]) rows.push(...(await measure(folder, load)));
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(folder, load) {
  const { perBatch, connections, name } = load;
  const next = prepareRequests(load);
  const place = (what) => join(folder, `${what}-${perBatch}`);
  const servers = {
    alone: await start("collector", [place("alone"), "held", "0"]),
    shared: await start("collector", [place("shared"), "held", String(workers)]),
  };
  const results = { alone: [], shared: [] };
  try {
    for (let round = 0; round <= rounds; round += 1) {
      results.alone.push(await runRound(servers.alone, { connections, next }));
      results.shared.push(await runRound(servers.shared, { connections, next }));
    }
  } finally {
    for (const server of Object.values(servers)) await stop(server);
  }
  // The first round of each is for the compiler.
  const warm = { alone: results.alone.slice(1), shared: results.shared.slice(1) };
  return rowsOf(warm, { perBatch, setting: `${name}, ${connections} connections` });
}

async function runRound({ child, port }, { connections, next }) {
  const workerPids = childrenOf(child.pid);
  const workersCpuUs = () => workerPids.reduce((sum, pid) => sum + mainThreadCpuUs(pid), 0);
  const [ownerBefore, workersBefore] = [mainThreadCpuUs(child.pid), workersCpuUs()];
  const { requests, seconds } = await drive({ port, connections, durationMs: roundMs, next });
  const ownerUs = (mainThreadCpuUs(child.pid) - ownerBefore) / requests;
  return { rate: requests / seconds, ownerUs, allUs: ownerUs + (workersCpuUs() - workersBefore) / requests };
}

function rowsOf({ alone, shared }, { perBatch, setting }) {
  const most = (results) => Math.max(...results.map(({ rate }) => rate)) * perBatch;
  const least = (results, field) => Math.min(...results.map((result) => result[field]));
  const cpuRow = (what, field, wanted) =>
    row(`${what}, ${workers} workers against none: ${setting}`, {
      ours: least(shared, field),
      floor: least(alone, field),
      unit: "µs",
      wanted,
    });
  return [
    row(`durable accept, ${workers} workers against none: ${setting}`, {
      ours: most(shared),
      floor: most(alone),
      unit: "events/s",
      wanted: "more where there are cores for it",
    }),
    cpuRow("CPU per request of the process that has the log", "ownerUs", "≤ 0.5: as many times more fit through it"),
    cpuRow("CPU per request of all processes", "allUs", "≤ 1.5"),
  ];
}
