import { readDescribed, type DataCheck } from "@oncewire/protocol/snowplow";
import type { DestinationEncoder } from "../../delivery/destination.js";
import { payloadOf } from "./payload-text.js";

/** The encoder, which asks about the data of each event as it will be sent. */
export function withDataCheck(encoder: DestinationEncoder, check: DataCheck): DestinationEncoder {
  return {
    ...encoder,
    encode: (said, stamp) => {
      const encoded = encoder.encode(said, stamp);
      if (!encoded.ok) return encoded;
      const { event, entities } = readDescribed(payloadOf(encoded.value));
      for (const [index, described] of [event, ...entities].entries()) {
        const fault = described === null ? null : ask(check, described);
        if (fault === null) continue;
        const path = index === 0 ? "data" : `entities[${index - 1}].data`;
        return { ok: false, problems: [{ path, code: fault.code, message: fault.message }] };
      }
      return encoded;
    },
  };
}

/** A check that throws has found nothing: it is the caller's, and no event is lost for its sake. */
function ask(check: DataCheck, described: Parameters<DataCheck>[0]): ReturnType<DataCheck> {
  try {
    return check(described);
  } catch {
    return null;
  }
}
