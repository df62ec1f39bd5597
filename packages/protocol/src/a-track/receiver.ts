/** A-Track, the receiving half: the contract of its SDKs' pages, for whoever speaks it. */
import type { Receiver, Refusal, Route } from "../codec.js";
import { headersWithout } from "../http.js";
import type { RequestHead, WireHeaders, WireResponse } from "../http.js";
import { failed, ok } from "../problem.js";
import type { Result } from "../problem.js";
import { decode } from "./decode.js";
import { enrich } from "./enrich.js";
import { maxRequestBytes } from "./encoder.js";
import { callNames } from "./event.js";
import { defaultEndpoints, idHeader, keyHeader } from "./frame.js";
import { errorReply } from "./reply.js";
import { skim } from "./skim.js";

const routes: readonly Route[] = callNames.map((name) => ({ name, methods: ["POST"], path: defaultEndpoints[name] }));

/** The key is a public one and browsers send it, so any page may call; no cookie is ever read. */
const corsHeaders: WireHeaders = Object.freeze({
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "POST, OPTIONS",
  "access-control-allow-headers": `content-type, content-encoding, ${keyHeader}, ${idHeader}`,
  "access-control-expose-headers": "retry-after",
  "access-control-max-age": "600",
});

export function createATrackReceiver(): Receiver {
  return {
    protocol: "a-track",
    routes,
    maxBodyBytes: maxRequestBytes,
    contentEncodings: ["gzip"],
    key,
    decode,
    skim,
    enrich,
    refuse,
    headers: () => corsHeaders,
    redact,
  };
}

function key(head: RequestHead): Result<string> {
  const value = head.headers[keyHeader];
  if (value !== undefined && value !== "") return ok(value);
  const message = `Expected the project's public key in the header ${keyHeader}, got none.`;
  return failed({ path: keyHeader, code: "unreadable-key", message });
}

/** The key, and a cookie, which no call of this wire needs. */
const unkept = new Set([keyHeader, "cookie"]);

function redact({ method, path, query, headers }: RequestHead): RequestHead {
  return { method, path, query, headers: headersWithout(headers, unkept) };
}

function refuse(refusal: Refusal): WireResponse {
  const { status, field, message, headers } = wording(refusal);
  return errorReply(status, { code: refusal.kind, message, field }, headers);
}

interface Wording {
  readonly status: number;
  readonly field: string;
  readonly message: string;
  readonly headers?: WireHeaders;
}

function wording(refusal: Refusal): Wording {
  switch (refusal.kind) {
    case "method-not-allowed":
      return {
        status: 405,
        field: "",
        message: `Expected the method ${refusal.allow.join(" or ")}, got another.`,
        headers: { allow: refusal.allow.join(", ") },
      };
    case "unreadable-key":
      return { status: 401, field: keyHeader, message: refusal.message };
    case "unknown-key":
      return { status: 401, field: keyHeader, message: "Expected the public key of a project, got one of none." };
    case "disabled-key":
      return {
        status: 401,
        field: keyHeader,
        message: "Expected the public key of an open project, got a closed one.",
      };
    case "too-large":
      return { status: 413, field: "", message: `Expected a body of at most ${refusal.maxBytes} bytes, got more.` };
    case "unreadable-body":
      return { status: 400, field: "", message: refusal.message };
    case "rate-limited":
      return later(429, "Expected fewer requests; send this one again later.", refusal.retryAfterSeconds);
    case "unavailable":
      return later(503, "Nothing can be kept now; send this request again later.", refusal.retryAfterSeconds);
  }
}

function later(status: number, message: string, retryAfterSeconds: number): Wording {
  return { status, field: "", message, headers: { "retry-after": String(retryAfterSeconds) } };
}
