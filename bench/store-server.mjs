/** The collector of bench/store.mjs, in a process of its own. */
import { startCollector } from "@oncewire/collector";

const collector = await startCollector({ dataDirectory: process.argv[2], port: 0, keys: { bench: "bench" } });
process.on("message", () => {
  void collector.close().then(() => process.disconnect());
});
const { user, system } = process.cpuUsage();
process.send({ url: collector.url, cpuMs: (user + system) / 1_000 });
