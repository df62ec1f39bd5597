/** Encoded events as payloads again: the pairs that a collector gets, for whoever wants to see them. */
import type { EncodedEvent, WireRequest } from "@oncewire/protocol";
import type { Payload } from "@oncewire/protocol/snowplow";

const decoder = new TextDecoder();

/** The payload of an event that was encoded for POST or for GET. */
export function payloadOf({ bytes }: Pick<EncodedEvent, "bytes">): Payload {
  const text = decoder.decode(bytes);
  return text.startsWith("{") ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
}

/** The payloads of a request, with the time at which it was sent. */
export function payloadsOf({ method, query, body }: WireRequest): readonly Payload[] {
  if (method === "GET") return [Object.fromEntries(new URLSearchParams(query))];
  const { data }: { readonly data: readonly Payload[] } = JSON.parse(decoder.decode(body));
  return data;
}
