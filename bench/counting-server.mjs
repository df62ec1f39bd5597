/** Receives batches as a destination does: unpacks, counts, says ok. */
import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    if (request.headers["content-encoding"] === "gzip") gunzipSync(body);
    response.end("ok");
  });
});
server.listen(0, "127.0.0.1", () => process.send(server.address().port));
process.on("message", () => process.exit(0));
// It does not outlive the measurement, however that ends.
process.on("disconnect", () => process.exit(0));
