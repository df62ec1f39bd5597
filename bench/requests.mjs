/** Whole requests of each wire, made once: making them must not be what is measured. */
import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { sampleEvent } from "./sample-event.mjs";

const basicAuth = `Basic ${Buffer.from("bench:").toString("base64")}`;

/** What the accept path is measured with. `bodies` are prepared, so that most ids of a round come once. */
export const loads = {
  rudderBatches: {
    name: "RudderStack, batches of 100, gzip",
    perBatch: 100,
    connections: 16,
    bodies: 6_000,
    request: (number) => rudderRequest(number, 100),
  },
  rudderEvents: {
    name: "RudderStack, single events",
    perBatch: 1,
    connections: 64,
    bodies: 100_000,
    request: (number) => rudderRequest(number, 1),
  },
  snowplowBatches: {
    name: "Snowplow, self-describing events, 100 to a request",
    perBatch: 100,
    connections: 16,
    bodies: 600,
    request: () => snowplowRequest(100),
  },
  snowplowEvents: {
    name: "Snowplow, single self-describing events",
    perBatch: 1,
    connections: 64,
    bodies: 6_000,
    request: () => snowplowRequest(1),
  },
  aTrackEvents: {
    name: "A-Track, events",
    perBatch: 1,
    connections: 64,
    bodies: 6_000,
    request: aTrackRequest,
  },
};

/** Gives the requests of a load one after the other, round and round. */
export function prepareRequests({ bodies, request }) {
  const requests = Array.from({ length: bodies }, (_, number) => request(number));
  let sent = 0;
  return () => requests[sent++ % requests.length];
}

function rudderRequest(number, perBatch) {
  const batch = Array.from({ length: perBatch }, (_, index) => ({
    type: "track",
    messageId: `${perBatch}-${number}-${index}`,
    ...sampleEvent(index),
  }));
  const json = Buffer.from(JSON.stringify({ batch }));
  const headers = { authorization: basicAuth, ...(perBatch > 1 ? { "content-encoding": "gzip" } : {}) };
  return requestOf("/v1/batch", headers, perBatch > 1 ? gzipSync(json) : json);
}

function snowplowRequest(perBatch) {
  const vendor = "iglu:com.snowplowanalytics.snowplow";
  const data = Array.from({ length: perBatch }, (_, index) => {
    const event = { schema: "iglu:com.example/order/jsonschema/1-0-0", data: sampleEvent(index).properties };
    const wrapped = JSON.stringify({ schema: `${vendor}/unstruct_event/jsonschema/1-0-0`, data: event });
    return {
      e: "ue",
      eid: randomUUID(),
      tv: "bench",
      tna: "bench",
      aid: "bench",
      p: "srv",
      uid: `customer-${index}`,
      dtm: String(Date.UTC(2026, 10, 20)),
      ue_px: Buffer.from(wrapped).toString("base64url"),
    };
  });
  const body = JSON.stringify({ schema: `${vendor}/payload_data/jsonschema/1-0-4`, data });
  return requestOf("/com.snowplowanalytics.snowplow/tp2", {}, Buffer.from(body));
}

function aTrackRequest(number) {
  const { userId, event, properties } = sampleEvent(number);
  const body = JSON.stringify({ sdkVersion: "bench", uuid: userId, event, properties });
  const headers = { "x-a-track-key": "bench", "idempotency-key": randomUUID() };
  return requestOf("/event", headers, Buffer.from(body));
}

function requestOf(path, headers, body) {
  const all = {
    host: "127.0.0.1",
    "user-agent": "oncewire-bench",
    accept: "*/*",
    ...headers,
    "content-type": "application/json",
    "content-length": body.byteLength,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`), body]);
}
