import type { FailedRequest } from "../../delivery/destination.js";

/** A request that failed: the data plane's answer, or why there was none. */
export class APIError extends Error {
  override readonly name = "APIError";
  /** The HTTP status; 0 when no answer came. */
  readonly status: number;
  /**
   * What the answer calls its error, where it is JSON with a `code`; else `unknown`. When no answer came: `timeout`,
   * `refused`, `reset`, `dns`, `tls`, `unreachable`, `bad-reply` or `aborted`.
   */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What went wrong with a request, in the data plane's own words where it has some. */
export function apiError({ reply, outcome }: Pick<FailedRequest, "reply" | "outcome">): APIError {
  if (reply?.kind === "failed") return new APIError(0, reply.reason, reply.detail);
  if (reply === null) return new APIError(0, "unknown", "reason" in outcome ? outcome.reason : "no request was made");
  const { status, body } = reply.response;
  const text = new TextDecoder().decode(body).trim();
  const { code = "unknown", message = text } = readJsonError(text);
  return new APIError(status, code, message === "" ? `HTTP ${status}` : message);
}

function readJsonError(text: string): { readonly code?: string; readonly message?: string } {
  const value = parse(text);
  if (typeof value !== "object" || value === null) return {};
  const named = (name: string): unknown => Reflect.get(value, name);
  const code = named("code");
  const message = named("message");
  return {
    ...(typeof code === "string" ? { code } : {}),
    ...(typeof message === "string" ? { message } : {}),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
