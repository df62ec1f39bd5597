/** Our side of bench/accept.mjs: a collector in a process of its own. */
import { startCollector } from "@oncewire/collector";

const collector = await startCollector({ dataDirectory: process.argv[2], port: 0 });
process.on("message", () => {
  void collector.close().then(() => process.exit(0));
});
process.send(Number(new URL(collector.url).port));
