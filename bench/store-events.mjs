/** Events as many shops send them over a week: the same at every run, each with an id of its own. */
import { randomUUID } from "node:crypto";

export const eventsPerBatch = 100;
/** Five million a week. */
const eventEveryMs = 120.96;
const startMs = Date.UTC(2026, 10, 1);
const eventsOfAUser = 100;
const eventsOfAVisit = 10;
const visitsAtOnce = 500;
const names = [
  "Order Completed",
  "Product Viewed",
  "Product Added",
  "Cart Viewed",
  "Checkout Started",
  "Products Searched",
  "Coupon Applied",
  "Signed Up",
];

/** Spreads events over users who come again and again, so that those of one user are in every part of the log. */
let users = 1;

export function spreadOver(events) {
  users = Math.max(1, Math.floor(events / eventsOfAUser));
}

export function userOf(index) {
  const block = Math.floor(index / (visitsAtOnce * eventsOfAVisit));
  const visit = block * visitsAtOnce + (index % visitsAtOnce);
  return `customer-${(visit * 7_919) % users}`;
}

export function batchOf(first, count) {
  const receivedAtMs = startMs + Math.floor(first * eventEveryMs);
  const sentAt = new Date(receivedAtMs).toISOString();
  const batch = Array.from({ length: count }, (_, at) => eventOf(first + at, sentAt));
  return { body: JSON.stringify({ batch, sentAt }), receivedAtMs };
}

function eventOf(index, originalTimestamp) {
  const mix = (index * 2_654_435_761) % 4_294_967_296;
  return {
    type: "track",
    messageId: randomUUID(),
    userId: userOf(index),
    event: names[mix % names.length],
    originalTimestamp,
    properties: {
      orderId: `o-${mix.toString(36)}`,
      total: (mix % 50_000) / 100,
      currency: "EUR",
      coupon: null,
      products: [
        { sku: `mug-${mix % 97}`, name: "Enamel mug", category: "Kitchen", price: 14, quantity: 1 + (mix % 3) },
        { sku: `lamp-${mix % 89}`, name: "Desk lamp", category: "Office", price: 74.5, quantity: 1 },
      ],
    },
    context: {
      ip: `203.0.113.${mix % 256}`,
      userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
      locale: "en-GB",
      page: { path: `/checkout/${mix % 311}`, referrer: "https://shop.example/cart" },
    },
  };
}
