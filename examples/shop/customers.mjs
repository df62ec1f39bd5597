/** Simulated customers: each visits the shop over real HTTP, looks around, and sometimes buys. */
import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { products } from "./catalogue.mjs";

const people = [
  "ada@lovelace.example",
  "grace@hopper.example",
  "alan@turing.example",
  "katherine@johnson.example",
  "edsger@dijkstra.example",
];
const agents = [
  "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
  "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
];

/**
 * @param {{ shopUrl: string, atOnce?: number }} options how many customers are in the shop at the same time
 */
export function startCustomers({ shopUrl, atOnce = 6 }) {
  const connections = new Agent({ keepAlive: true, maxSockets: atOnce });
  const leaving = new AbortController();
  const count = { visits: 0, failures: 0 };
  const visitors = Array.from({ length: atOnce }, () =>
    keepVisiting({ shopUrl, connections, leaving: leaving.signal, count }),
  );
  return {
    count,
    /** Every customer finishes the request in progress and leaves. */
    async stop() {
      leaving.abort();
      await Promise.all(visitors);
      connections.destroy();
    },
  };
}

async function keepVisiting(shop) {
  while (!shop.leaving.aborted) {
    try {
      await visit(shop);
      shop.count.visits += 1;
    } catch {
      shop.count.failures += 1;
      await pause(200, shop.leaving);
    }
  }
}

async function visit({ shopUrl, connections, leaving }) {
  const headers = { "x-visitor": randomUUID(), "user-agent": pick(agents), "accept-language": "en-GB" };
  const call = (method, path, body) => send({ url: new URL(path, shopUrl), method, headers, body, connections });
  const wanted = Array.from({ length: 1 + Math.floor(Math.random() * 3) }, () => pick(products).sku);
  const steps = [
    () => call("GET", "/"),
    ...wanted.map((sku) => () => call("GET", `/products/${sku}`)),
    async () => {
      const { customer } = await call("POST", "/login", { email: pick(people) });
      headers["x-customer"] = customer;
    },
    ...wanted.map((sku) => () => call("POST", "/cart", { sku })),
    () => (Math.random() < 0.6 ? call("POST", "/checkout", { skus: wanted }) : call("GET", "/app/Wishlist")),
  ];
  for (const step of steps) {
    if (leaving.aborted) return;
    await step();
    await pause(20 + Math.random() * 80, leaving);
  }
}

function send({ url, method, headers, body, connections }) {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: connections }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const answer = JSON.parse(Buffer.concat(chunks).toString());
        if (response.statusCode === 200) resolve(answer);
        else reject(new Error(`${method} ${url.pathname} was answered ${response.statusCode}`));
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Waits, or stops waiting when the shop closes. */
function pause(delayMs, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}

function pick(list) {
  return list[Math.floor(Math.random() * list.length)];
}
