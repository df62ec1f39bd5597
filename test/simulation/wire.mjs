/** The wires of the simulation: a real vendor's codec, and one of its own that can answer event by event. */

const encode = new TextEncoder();
const decode = new TextDecoder();

/** `{"sentAt":<13 digits>,"events":[…]}` */
const frameBytes = 34;
const comma = encode.encode(",");
const end = encode.encode("]}");

/** A destination judges each event of it for itself: 207 names by index what it refuses and what it wants again. */
export function createPlainEncoder() {
  return {
    translate: (event) => ({ ok: true, value: event }),
    encode: (event) => {
      if (event.userId === null) return problem("userId", "no-identity", "expected a userId, got none");
      const bytes = encode.encode(JSON.stringify({ id: event.id, lane: event.userId, ...event.properties }));
      return { ok: true, value: { id: event.id, lane: event.userId, bytes } };
    },
    overheadBytes: (count) => frameBytes + count,
    frame: (events, sentAtMs) => ({
      method: "POST",
      path: "/",
      query: "",
      headers: {},
      body: Buffer.concat([encode.encode(`{"sentAt":${sentAtMs},"events":[`), ...separated(events), end]),
    }),
    classify: ({ status, headers, body }) => classify(status, headers, body),
  };
}

function separated(events) {
  return events.flatMap(({ bytes }, index) => (index === 0 ? [bytes] : [comma, bytes]));
}

function problem(path, code, message) {
  return { ok: false, problems: [{ path, code, message }] };
}

function classify(status, headers, body) {
  const reason = `status ${status}`;
  if (status === 207) return { kind: "partial", ...JSON.parse(decode.decode(body)) };
  if (status < 300) return { kind: "delivered" };
  if (status === 413) return { kind: "split", reason };
  if (status === 401 || status === 403 || status < 400) return { kind: "denied", reason };
  if (status === 429 || status >= 500) {
    const seconds = headers["retry-after"];
    return seconds === undefined
      ? { kind: "retry", reason }
      : { kind: "retry", reason, afterMs: Number(seconds) * 1000 };
  }
  return { kind: "rejected", reason };
}

/** What a request holds: the number and id of each event, and its fields without what belongs to the sending. */
export function readRequest(wire, body) {
  const request = JSON.parse(decode.decode(body));
  if (wire === "plain") return request.events.map((event) => ({ n: event.n, id: event.id, fields: event }));
  return request.batch.map((message) => {
    if (typeof message.sentAt !== "string") throw new Error("an event was sent without sentAt");
    message.sentAt = undefined;
    return { n: message.properties.n, id: message.messageId, fields: message };
  });
}
