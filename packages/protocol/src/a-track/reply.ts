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

const jsonHeaders: WireHeaders = Object.freeze({ "content-type": "application/json" });

export function jsonReply(status: number, value: object, headers?: WireHeaders): WireResponse {
  const body = encoder.encode(JSON.stringify(value));
  return { status, headers: headers === undefined ? jsonHeaders : { ...jsonHeaders, ...headers }, body };
}

export function errorReply(status: number, error: ErrorBody, headers?: WireHeaders): WireResponse {
  return jsonReply(status, { error }, headers);
}
