/**
 * A small shop with a real HTTP interface. It tracks on the server, in the request, and never waits for tracking.
 *
 *   GET  /                    home            → page
 *   GET  /products/:sku       a product       → page, Product Viewed
 *   POST /login               {email}         → identify, alias, group for company addresses
 *   POST /cart                {sku}           → Product Added
 *   POST /checkout            {skus}          → Order Completed
 *   GET  /app/:screen         its mobile app  → screen
 *
 * A visitor is known by the header `x-visitor`, a customer by `x-customer` once logged in.
 */
import { createServer } from "node:http";
import { createTracker, rudderStack } from "oncewire";
import { productBySku, products } from "./catalogue.mjs";

/**
 * @param {{ writeKey: string, dataPlaneUrl: string, port?: number }} options
 */
export async function startShop({ writeKey, dataPlaneUrl, port = 0 }) {
  const tracker = createTracker({ destinations: [rudderStack({ writeKey, dataPlaneUrl })] });
  const server = createServer((request, response) => {
    serve(tracker, request)
      .then(({ status, body }) =>
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
      )
      .catch((error) =>
        response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ error: String(error) })),
      );
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    tracker,
    /** Finishes the requests in progress, then delivers what was tracked; resolves with the tracker's ledger. */
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeIdleConnections();
      });
      return tracker.close({ timeoutMs: 10_000 });
    },
  };
}

async function serve(tracker, request) {
  const url = new URL(request.url, "http://shop.example");
  const visit = { who: whoIs(request), context: contextOf(request, url) };
  const [, first = "", second = ""] = url.pathname.split("/");
  switch (`${request.method} /${first}`) {
    case "GET /":
      return home(tracker, visit);
    case "GET /products":
      return viewProduct(tracker, visit, second);
    case "GET /app":
      return openScreen(tracker, visit, second);
    case "POST /login":
      return login(tracker, visit, await readJson(request));
    case "POST /cart":
      return addToCart(tracker, visit, await readJson(request));
    case "POST /checkout":
      return checkout(tracker, visit, await readJson(request));
    default:
      return { status: 404, body: { error: "no such page" } };
  }
}

function home(tracker, { who, context }) {
  tracker.page({ ...who, name: "Home", context });
  return { status: 200, body: { products: products.map(({ sku, name }) => ({ sku, name })) } };
}

function viewProduct(tracker, { who, context }, sku) {
  const product = productBySku.get(sku);
  if (product === undefined) return { status: 404, body: { error: "no such product" } };
  tracker.page({ ...who, name: product.name, properties: { category: product.category }, context });
  tracker.track({ ...who, event: "Product Viewed", properties: describe(product), context });
  return { status: 200, body: product };
}

function openScreen(tracker, { who, context }, screen) {
  tracker.screen({ ...who, name: screen || "Start", context });
  return { status: 200, body: { screen } };
}

function login(tracker, { who, context }, { email }) {
  const userId = `customer-${email}`;
  tracker.identify({ ...who, userId, traits: { email }, context });
  if (who.anonymousId !== undefined) tracker.alias({ userId, previousId: who.anonymousId, context });
  const company = email.split("@")[1];
  tracker.group({ userId, groupId: company, traits: { name: company }, context });
  return { status: 200, body: { customer: userId } };
}

function addToCart(tracker, { who, context }, { sku }) {
  const product = productBySku.get(sku);
  if (product === undefined) return { status: 404, body: { error: "no such product" } };
  tracker.track({ ...who, event: "Product Added", properties: describe(product), context });
  return { status: 200, body: { added: sku } };
}

function checkout(tracker, { who, context }, { skus }) {
  const items = skus.map((sku) => productBySku.get(sku)).filter((product) => product !== undefined);
  const totalCents = items.reduce((sum, { priceCents }) => sum + priceCents, 0);
  tracker.track({
    ...who,
    event: "Order Completed",
    properties: { total: totalCents / 100, currency: "EUR", products: items.map(describe) },
    context,
  });
  return { status: 200, body: { totalCents } };
}

function describe({ sku, name, category, priceCents }) {
  return { sku, name, category, price: priceCents / 100, currency: "EUR" };
}

function whoIs({ headers }) {
  const anonymousId = headers["x-visitor"];
  const userId = headers["x-customer"];
  return { ...(anonymousId && { anonymousId }), ...(userId && { userId }) };
}

function contextOf({ headers, socket }, url) {
  return {
    ip: socket.remoteAddress,
    userAgent: headers["user-agent"],
    locale: headers["accept-language"],
    page: { path: url.pathname, url: url.href, referrer: headers["referer"] },
  };
}

async function readJson(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}
