/**
 * What the requests of web frameworks tell, as input of `buildInitPayload`. The frameworks are described by the few
 * fields that are read, so that none of them is a dependency. Nothing here throws, whatever is passed.
 *
 * The address of a visitor is the one the framework vouches for (`trust proxy` in Express, `trustProxy` in Fastify, the
 * socket otherwise). Where it knows none, or knows only a proxy, `ipHeader` names the header that the proxy sets.
 */
import { defined } from "./defined.js";
import type { RequestContextInput } from "./init-payload.js";
import { fieldOf, headerOf, objectOf, textOf } from "./safe-read.js";

export interface RequestInputOptions {
  /**
   * A header that your proxy sets: `cf-connecting-ip`, `x-forwarded-for`. Of a list the first address counts, which a
   * visitor can forge where the proxy only adds to what came.
   * @default none
   */
  readonly ipHeader?: string | undefined;
}

/** A request of node:http, and of the many frameworks that pass it on: Connect, Koa's `ctx.req`, Next's pages. */
export interface NodeRequest {
  readonly url?: string | undefined;
  readonly headers: object;
  readonly socket?: { readonly remoteAddress?: string | undefined } | null | undefined;
}

export interface ExpressRequest extends NodeRequest {
  /** The address before a router cut its part off. */
  readonly originalUrl?: string | undefined;
  readonly hostname?: string | undefined;
  readonly ip?: string | undefined;
}

export interface FastifyRequest {
  readonly url: string;
  readonly originalUrl?: string | undefined;
  readonly hostname?: string | undefined;
  readonly headers: object;
  readonly ip: string;
}

/** The web's own Request: Next's route handlers and middleware, Remix, SvelteKit, Bun, Deno. */
export interface FetchRequest {
  readonly url: string;
  readonly headers: { get(name: string): string | null };
}

export interface HonoContext {
  readonly req: { readonly raw: FetchRequest };
}

export function fromNode(request: NodeRequest, options: RequestInputOptions = {}): RequestContextInput {
  return inputOf(request, options, { ip: textOf(fieldOf(request, "socket"), "remoteAddress", maxLength) });
}

export function fromExpress(request: ExpressRequest, options: RequestInputOptions = {}): RequestContextInput {
  const socket = fieldOf(request, "socket");
  const ip = textOf(request, "ip", maxLength) ?? textOf(socket, "remoteAddress", maxLength);
  return inputOf(request, options, { ip, host: textOf(request, "hostname", maxLength) });
}

export function fromFastify(request: FastifyRequest, options: RequestInputOptions = {}): RequestContextInput {
  const ip = textOf(request, "ip", maxLength);
  return inputOf(request, options, { ip, host: textOf(request, "hostname", maxLength) });
}

export function fromFetch(request: FetchRequest, options: RequestInputOptions = {}): RequestContextInput {
  return inputOf(request, options, {});
}

export function fromHono(context: HonoContext, options: RequestInputOptions = {}): RequestContextInput {
  return inputOf(fieldOf(fieldOf(context, "req"), "raw"), options, {});
}

/** A request of Next's app router, or of its pages. */
export function fromNext(request: FetchRequest | NodeRequest, options: RequestInputOptions = {}): RequestContextInput {
  return inputOf(request, options, { ip: textOf(fieldOf(request, "socket"), "remoteAddress", maxLength) });
}

const maxLength = 16_384;

interface Vouched {
  readonly ip?: string | undefined;
  readonly host?: string | undefined;
}

function inputOf(request: unknown, options: RequestInputOptions, { ip, host }: Vouched): RequestContextInput {
  const headers = objectOf(request, "headers");
  const url = textOf(request, "originalUrl", maxLength) ?? textOf(request, "url", maxLength);
  return defined({
    // To a server `//x/y` is a path; to a reader of addresses it would be a host.
    url: url?.replace(/^\/(?=\/)/, "/./"),
    ipAddress: addressIn(headers, options) ?? ip,
    host,
    headers,
  });
}

function addressIn(headers: unknown, options: RequestInputOptions): string | undefined {
  const name = textOf(options, "ipHeader", maxLength);
  if (name === undefined) return undefined;
  return headerOf(headers, name.toLowerCase())?.split(",", 1)[0]?.trim() || undefined;
}
