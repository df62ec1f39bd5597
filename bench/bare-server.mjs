/** The floor of bench/accept.mjs: reads, unpacks, parses, appends, says ok; no check, no checksum, no sync. */
import { write } from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";

const file = await open(process.argv[2], "a");
const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    JSON.parse((request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString());
    write(file.fd, body, () => response.end("ok"));
  });
});
server.listen(0, "127.0.0.1", () => process.send(server.address().port));
process.on("message", (message) => {
  if (message !== "settle") process.exit(0);
  // What it left to the disk is not to be written, nor held in memory, while the others are measured.
  void file.truncate(0).then(() => process.send({ stats: null }));
});
