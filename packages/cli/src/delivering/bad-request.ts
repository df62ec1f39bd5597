/** A bad event as the request that brings it again: through the same door as the first time. */
import type { ProtocolName } from "@oncewire/protocol";
import { CommandError } from "../command-error.js";

export interface DoorRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * `wire` is what was bad, mended or as it was: the event where it could be read as JSON, else the text of the body.
 *
 * @throws CommandError `usage` for a protocol that is not spoken.
 */
export function doorRequest(
  bad: { readonly protocol: ProtocolName; readonly wire: unknown },
  key: string,
): DoorRequest {
  const { protocol, wire } = bad;
  const json = { "content-type": "application/json" };
  switch (protocol) {
    case "rudderstack": {
      const headers = { ...json, authorization: `Basic ${Buffer.from(`${key}:`).toString("base64")}` };
      return { path: "/v1/batch", headers, body: typeof wire === "string" ? wire : JSON.stringify({ batch: [wire] }) };
    }
    case "a-track":
      return { path: `/${aTrackCall(wire)}`, headers: { ...json, "x-a-track-key": key }, body: asBody(wire) };
    case "snowplow": {
      const schema = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4";
      const body =
        isSelfDescribing(wire) || typeof wire === "string" ? asBody(wire) : JSON.stringify({ schema, data: [wire] });
      return { path: "/com.snowplowanalytics.snowplow/tp2", headers: json, body };
    }
  }
  throw new CommandError(
    "usage",
    `expected a bad event of rudderstack, a-track or snowplow, got ${JSON.stringify(protocol)}.`,
  );
}

/** A-Track's calls differ by their path; what was sent tells which it was. */
function aTrackCall(wire: unknown): "event" | "attributes" | "init" {
  if (typeof wire !== "object" || wire === null) return "event";
  if ("event" in wire) return "event";
  return "mode" in wire || "attributes" in wire ? "attributes" : "init";
}

function isSelfDescribing(wire: unknown): boolean {
  return typeof wire === "object" && wire !== null && "schema" in wire && "data" in wire;
}

function asBody(wire: unknown): string {
  return typeof wire === "string" ? wire : JSON.stringify(wire);
}
