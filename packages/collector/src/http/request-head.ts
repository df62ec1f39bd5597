import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestHead } from "@oncewire/protocol";
import type { CutReason } from "../report.js";
import { sendAndClose, textReply } from "./reply.js";

/** A request line or header set that node:http lets pass and we do not. */
export interface HeadProblem {
  readonly status: 400 | 431 | 505;
  readonly message: string;
}

/** Far more than any client or chain of proxies sends. node:http drops what is over its own limit without a word. */
export const maxHeaders = 200;

/**
 * The head of a request, with what node:http forgives refused: several Host headers, an absolute or otherwise odd
 * target, a body framed as its version or this server cannot know (RFC 9112, 6.1), another version. Each is a way to make
 * two servers see two different requests.
 */
export function readHead(request: IncomingMessage): RequestHead | HeadProblem {
  const target = request.url ?? "";
  if (!target.startsWith("/") && target !== "*") {
    return { status: 400, message: "expected a request target that begins with `/`, got another form" };
  }
  const hosts = countHosts(request.rawHeaders);
  if (hosts > 1) return { status: 400, message: "expected one Host header, got several" };
  if (hosts === 0 && request.httpVersionMinor > 0) return { status: 400, message: "expected a Host header, got none" };
  if (request.rawHeaders.length > 2 * maxHeaders) {
    return { status: 431, message: `expected at most ${maxHeaders} headers, got more` };
  }
  const framing = framingProblem(request);
  if (framing !== null) return framing;
  const mark = target.indexOf("?");
  return {
    method: request.method ?? "GET",
    path: mark === -1 ? target : target.slice(0, mark),
    query: mark === -1 ? "" : target.slice(mark + 1),
    headers: flatten(request.headers),
  };
}

function framingProblem({ httpVersionMajor, httpVersionMinor, headers }: IncomingMessage): HeadProblem | null {
  if (httpVersionMajor !== 1) return { status: 505, message: "expected HTTP/1.1 or HTTP/1.0, got another version" };
  const { "transfer-encoding": coding } = headers;
  if (coding === undefined) return null;
  if (httpVersionMinor === 0) return { status: 400, message: "expected no Transfer-Encoding in HTTP/1.0, got one" };
  if (coding.toLowerCase() === "chunked") return null;
  return { status: 400, message: "expected the Transfer-Encoding `chunked` alone, got another" };
}

export function isHeadProblem(value: RequestHead | HeadProblem): value is HeadProblem {
  return "status" in value;
}

/** Says what is wrong and ends the connection: where the next request begins is not certain. */
export function refuseHead(
  { status, message }: HeadProblem,
  response: ServerResponse,
  onCut: (reason: CutReason) => void,
): void {
  onCut("malformed");
  sendAndClose(response, textReply(status, `${message}\n`));
}

function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (name.length === 4 && name.toLowerCase() === "host") count += 1;
  }
  return count;
}

/** node:http joins what is repeated, but for one name that only answers have. */
function flatten(headers: IncomingMessage["headers"]): Record<string, string> {
  const { "set-cookie": cookies } = headers;
  const joined = cookies === undefined ? headers : { ...headers, "set-cookie": cookies.join(", ") };
  return joined as Record<string, string>;
}
