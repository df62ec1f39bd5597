/** Answers as JSON. A-Track's pages show none; the form of errors is ours, and its SDKs depend on no body. */
import type { WireHeaders, WireResponse } from "../http.js";

export interface ErrorBody {
  /** From a closed list: the codes of validate.ts and decode.ts, and the kinds of refusals. */
  readonly code: string;
  readonly message: string;
  /** The field that is wrong; empty for the request as a whole. */
  readonly field: string;
}

const encoder = new TextEncoder();

export function jsonReply(status: number, value: object, headers: WireHeaders = {}): WireResponse {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: encoder.encode(JSON.stringify(value)),
  };
}

export function errorReply(status: number, error: ErrorBody, headers: WireHeaders = {}): WireResponse {
  return jsonReply(status, { error }, headers);
}
