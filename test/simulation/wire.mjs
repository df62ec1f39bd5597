/** The wires of the simulation: a real vendor's codec, and one of its own that can answer event by event. */

const encode = new TextEncoder();
const decode = new TextDecoder();

/** `{"sentAt":<13 digits>,"events":[…]}` */
const frameBytes = 34;

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
      body: encode.encode(
        `{"sentAt":${sentAtMs},"events":[${events.map(({ bytes }) => decode.decode(bytes)).join(",")}]}`,
      ),
    }),
    classify: ({ status, headers, body }) => classify(status, headers, body),
  };
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

/** What a request holds: the number and id of each event, and its bytes without what belongs to the sending. */
export function readRequest(wire, body) {
  const request = JSON.parse(decode.decode(body));
  if (wire === "plain")
    return request.events.map((event) => ({ n: event.n, id: event.id, text: JSON.stringify(event) }));
  return request.batch.map((message) => {
    const { sentAt, ...rest } = message;
    if (typeof sentAt !== "string") throw new Error("an event was sent without sentAt");
    return { n: message.properties.n, id: message.messageId, text: JSON.stringify(rest) };
  });
}
