import type { JsonValue } from "@oncewire/protocol";
import { unpack } from "../log/unpack.js";
import type { LoggedRequest } from "../log/accept-log.js";
import type { StoredBadEvent } from "../store/event-store.js";
import { collectorName, collectorPayload, rawEvent } from "./raw-event.js";

const maxBodyBytes = 2_097_152;
/** Every bad event of a request shows the request's body. */
const maxShownCharacters = 100_000;

/** The bad rows that a pipeline would make, by the reason. Whatever is not here breaks the tracker protocol. */
const rowNames: ReadonlyMap<string, string> = new Map([
  ["schema-violation", "schema_violations/jsonschema/2-0-0"],
  ["unknown-schema", "schema_violations/jsonschema/2-0-0"],
  ["invalid-schema", "schema_violations/jsonschema/2-0-0"],
  ["wrong-format", "enrichment_failures/jsonschema/2-0-0"],
  ["unknown-adapter", "adapter_failures/jsonschema/1-0-0"],
]);
const protocolViolation = "tracker_protocol_violations/jsonschema/1-0-0";

/** A bad event as `/micro/bad` gives it. */
export async function badEvent(bad: StoredBadEvent, request: LoggedRequest | null): Promise<object> {
  const received = { receivedAt: bad.receivedAt, networkUserId: null };
  const isEvent = isPayload(bad);
  return {
    collectorPayload: request === null ? null : collectorPayload(request, await bodyText(request), received),
    rawEvent: isEvent ? rawEvent(bad.wire, request, received) : null,
    errors: [
      isEvent
        ? "Error while validating the event."
        : "Error while extracting event(s) from collector payload and validating it/them.",
      JSON.stringify(badRow(bad)),
    ],
  };
}

/** Whether it was the event that was wrong, and not its request. */
export function isPayload({ code, wire }: StoredBadEvent): boolean {
  return code !== "unknown-adapter" && isTexts(wire);
}

function isTexts(wire: JsonValue): boolean {
  if (typeof wire !== "object" || wire === null || Array.isArray(wire)) return false;
  return Object.values(wire).every((value) => typeof value === "string");
}

function badRow({ code, message, receivedAt, wire }: StoredBadEvent): object {
  return {
    schema: `iglu:com.snowplowanalytics.snowplow.badrows/${rowNames.get(code) ?? protocolViolation}`,
    data: {
      processor: { artifact: collectorName },
      failure: { timestamp: receivedAt, messages: [{ error: code, message }] },
      payload: wire,
    },
  };
}

async function bodyText({ head, body }: LoggedRequest): Promise<string | null> {
  if (body.byteLength === 0) return null;
  const limits = { maxBytes: maxBodyBytes, contentEncodings: ["gzip"] };
  const unpacked = await unpack(body, head.headers["content-encoding"], limits);
  if (unpacked.kind !== "unpacked") return null;
  const text = new TextDecoder().decode(unpacked.bytes);
  return text.length > maxShownCharacters ? `${text.slice(0, maxShownCharacters)}…` : text;
}
