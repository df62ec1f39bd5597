import { setField } from "./set-field.js";

/** Header names in lower case; a header that came more than once is joined with ", ". */
export type WireHeaders = Readonly<Record<string, string>>;

/** What can be known of a request before its body is read. */
export interface RequestHead {
  /** In capitals. */
  readonly method: string;
  /** Percent-encoded as on the wire, begins with `/`, without the query. Outgoing: relative to the destination. */
  readonly path: string;
  /** Percent-encoded, without the `?`; empty when there is none. */
  readonly query: string;
  readonly headers: WireHeaders;
}

/** A request with its body unpacked: `content-encoding` has been undone, or not been applied yet. */
export interface WireRequest extends RequestHead {
  readonly body: Uint8Array;
}

/** An answer. Of an answer that came, at most the first 64 KiB of the body, never unpacked. */
export interface WireResponse {
  readonly status: number;
  readonly headers: WireHeaders;
  /** Values of `set-cookie`, the one header that cannot be joined: a line for each. Only of answers that are given. */
  readonly cookies?: readonly string[];
  readonly body: Uint8Array;
}

/** All headers but those. */
export function headersWithout(headers: WireHeaders, names: ReadonlySet<string>): WireHeaders {
  const kept: Record<string, string> = {};
  for (const name in headers) if (!names.has(name)) setField(kept, name, headers[name]);
  return kept;
}
