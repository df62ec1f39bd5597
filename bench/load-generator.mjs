/**
 * Sends prepared requests over kept connections, one at a time on each, and counts the answers. It speaks as little HTTP
 * as it can: what a client costs comes off the cores that the server could have.
 */
import { connect } from "node:net";

/**
 * Drives `connections` connections until `durationMs` are over; `next` gives the bytes of each request. Resolves with
 * the number of requests that were answered 200 and the seconds that took.
 */
export async function drive({ port, connections, durationMs, next }) {
  const began = performance.now();
  const until = began + durationMs;
  const counts = await Promise.all(Array.from({ length: connections }, () => exchange({ port, until, next })));
  return { requests: counts.reduce((sum, count) => sum + count, 0), seconds: (performance.now() - began) / 1_000 };
}

function exchange({ port, until, next }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let requests = 0;
    let received = "";
    socket.setEncoding("latin1");
    socket.on("connect", () => socket.write(next()));
    socket.on("error", reject);
    socket.on("close", () => resolve(requests));
    socket.on("data", (chunk) => {
      received += chunk;
      if (!isWhole(received)) return;
      if (!received.startsWith("HTTP/1.1 200 ")) return socket.destroy(new Error(`answered ${received.slice(0, 80)}`));
      received = "";
      requests += 1;
      if (performance.now() < until) socket.write(next());
      else socket.end();
      return undefined;
    });
  });
}

function isWhole(received) {
  const end = received.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0);
  return received.length >= end + 4 + length;
}
