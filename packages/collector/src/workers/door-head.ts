/**
 * How a request goes on from a worker to the collector's own process. Headers that are about one connection only (RFC
 * 9110, 7.6.1) stay behind; one of ours comes first: whose connection it is, and the token that shows that a worker says
 * so.
 */
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

const doorHeader = "oncewire-door";

const ofOneConnection: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "upgrade",
  // The worker has answered it already.
  "expect",
  doorHeader,
]);

export interface DoorPass {
  readonly token: string;
  /** Of the client's connection. */
  readonly remoteAddress: string;
}

/** At most so many come before the request's own. */
export const maxAddedHeaders = 3;

/** A request's headers as they go on: names and values in turn. */
export function passOn({ headers, rawHeaders }: IncomingMessage, { token, remoteAddress }: DoorPass): string[] {
  const added = [doorHeader, `${token} ${remoteAddress}`, "connection", "close"];
  // An answer that does not want the body must not end the connection while it is being sent.
  if (hasBody(headers)) added.push("expect", "100-continue");
  const own = ownHeaders(rawHeaders);
  // HTTP/1.0 needs none, as the probes of some load balancers know; between these two it is HTTP/1.1.
  if (headers.host === undefined) own.push("host", "");
  return [...added, ...own];
}

export function hasBody(headers: IncomingMessage["headers"]): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** An answer's headers as they go back. */
export function passBack(rawHeaders: readonly string[]): string[] {
  return ownHeaders(rawHeaders, "transfer-encoding");
}

/**
 * Makes the request what it was at the worker, its connection's address included.
 *
 * @returns false for a request that does not come from a worker of ours.
 */
export function receiveAtDoor(request: IncomingMessage, token: string): boolean {
  const { headers, rawHeaders, socket } = request;
  const [given = "", remoteAddress = ""] = String(headers[doorHeader] ?? "").split(" ");
  if (!isSame(given, token)) return false;
  rawHeaders.splice(0, headers["expect"] === undefined ? 4 : 6);
  delete headers[doorHeader];
  delete headers["expect"];
  // Whoever asks for the address of this connection means the client's.
  Object.defineProperty(socket, "remoteAddress", { value: remoteAddress, configurable: true });
  return true;
}

function isSame(given: string, token: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(token)];
  return one.byteLength === other.byteLength && timingSafeEqual(one, other);
}

function ownHeaders(rawHeaders: readonly string[], ...without: readonly string[]): string[] {
  const dropped = new Set([...without, ...namedInConnection(rawHeaders)]);
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = "", value = ""] = rawHeaders.slice(index, index + 2);
    const lower = name.toLowerCase();
    if (!ofOneConnection.has(lower) && !dropped.has(lower)) kept.push(name, value);
  }
  return kept;
}

/** A sender may name more headers that are for the next one only; the body's length is not one of them. */
function namedInConnection(rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders
    .filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === "connection")
    .flatMap((value) => value.split(",").map((name) => name.trim().toLowerCase()))
    .filter((name) => name !== "content-length" && name !== "transfer-encoding" && name !== "host");
}
