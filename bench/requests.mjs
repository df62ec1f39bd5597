/** Whole requests of each wire, made once: making them must not be what is measured. */
import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { sampleEvent } from "./sample-event.mjs";

/**
 * Bodies are prepared, and sent round after round. The events of a round are new nevertheless: each is of a project of its
 * own, which its key names, and an id is one event's within a project.
 */
const projects = 100;
const keyOf = (project) => `bench-${String(project).padStart(2, "0")}`;
export const keys = Object.fromEntries(
  Array.from({ length: projects }, (_, project) => [keyOf(project), keyOf(project)]),
);

const snowplowBatches = {
  name: "Snowplow, self-describing events, 100 to a request",
  perBatch: 100,
  connections: 16,
  bodies: 600,
  request: () => snowplowRequest(100),
};

/** What the accept path is measured with. */
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
  snowplowBatches,
  /** Each sender waits for the disk: how many do tells what the disk takes, and what the senders do. */
  snowplowBatchesOfMore: { ...snowplowBatches, connections: 32 },
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

/** Gives the requests of a load one after the other, round after round. */
export function prepareRequests({ bodies, request }) {
  const requests = Array.from({ length: bodies }, (_, number) => request(number));
  let sent = 0;
  return () => {
    const round = Math.floor(sent / bodies);
    const next = requests[sent % bodies];
    sent += 1;
    if (round > 0) ofProject(next, round % projects);
    return next;
  };
}

/** The request, with the key of another project in the place of its own. */
function ofProject(request, project) {
  const at = request.indexOf(authorization);
  if (at !== -1) request.write(basicAuth(project), at + authorization.length, "latin1");
}

const authorization = "authorization: ";

function basicAuth(project) {
  return `Basic ${Buffer.from(`${keyOf(project)}:`).toString("base64")}`;
}

function rudderRequest(number, perBatch) {
  const batch = Array.from({ length: perBatch }, (_, index) => ({
    type: "track",
    messageId: `${perBatch}-${number}-${index}`,
    ...sampleEvent(index),
  }));
  const json = Buffer.from(JSON.stringify({ batch }));
  const headers = { authorization: basicAuth(0), ...(perBatch > 1 ? { "content-encoding": "gzip" } : {}) };
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
