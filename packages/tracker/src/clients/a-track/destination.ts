/** A-Track as a destination: its API, or anything that speaks it. */
import { baseUrlFor, createATrackEncoder, type Endpoints, type Geo } from "@oncewire/protocol/a-track";
import type { WireRequest, WireResponse } from "@oncewire/protocol";
import type { Destination } from "../../delivery/destination.js";
import { TrackerError } from "../../errors.js";
import { HttpTransport } from "../../transport/http-transport.js";
import type { Transport } from "../../transport/transport.js";
import { resolveProxy, type ProxyOption } from "../../transport/proxy.js";

export interface ATrackOptions {
  /** The project's public key, such as `pub_xxxxx`. */
  readonly publicKey: string;
  /** The region whose host takes the requests, such as `fra`; `https://api.a-track.io` where it is not said. */
  readonly geo?: Geo | undefined;
  /** An address instead of A-Track's own, such as a collector's; a path in it is kept. Counts before `geo`. */
  readonly baseUrl?: string | URL | undefined;
  /** Paths other than `/init`, `/attributes` and `/event`. */
  readonly endpoints?: Partial<Endpoints> | undefined;
  /** What `sdkVersion` of each request says; oncewire's version where it is not said. */
  readonly sdkVersion?: string | undefined;
  /** Names the destination in reports and statistics. @default "a-track" */
  readonly name?: string | undefined;
  /** Whether bodies of 1 KiB and more are gzipped. A-Track does not say that it takes them; our collector does. @default false */
  readonly gzip?: boolean | undefined;
  /** An event of more bytes is rejected as `too-large`. At most 1,048,576. @default 262144 */
  readonly maxEventBytes?: number | undefined;
  /**
   * The proxy that requests go through, such as `http://user:password@proxy:3128`; null goes directly. What is not said
   * is read from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
   */
  readonly proxy?: ProxyOption;
}

/** Told of every answer that came, with the request it is to. */
export type AnswerListener = (request: WireRequest, response: WireResponse) => void;

const gzipSettings = { minBytes: 1024, level: 3 };

/** Throws a `TrackerError` for an option that is missing or of the wrong form. */
export function aTrack(options: ATrackOptions): Destination {
  return aTrackHeard(options, () => undefined);
}

/** The same, for a client that reads the answers. */
export function aTrackHeard(options: ATrackOptions, onAnswer: AnswerListener): Destination {
  const { name = "a-track", gzip = false } = options;
  const url = addressOf(options);
  const proxy = resolveProxy(options.proxy, url);
  return {
    name,
    encoder: encoderFor(options),
    openTransport: (needs) =>
      heard(new HttpTransport({ ...needs, url, proxy, gzip: gzip ? gzipSettings : null }), onAnswer),
  };
}

function heard(transport: Transport, onAnswer: AnswerListener): Transport {
  return {
    async send(request) {
      const reply = await transport.send(request);
      if (reply.kind === "answered") onAnswer(request, reply.response);
      return reply;
    },
    abort: () => transport.abort(),
  };
}

/** Where the requests go. Throws a `TrackerError` for what is no address and no region. */
export function addressOf({ geo, baseUrl }: Pick<ATrackOptions, "geo" | "baseUrl">): URL {
  const hosted = baseUrlFor(geo);
  if (!hosted.ok) throw new TrackerError("E_OPTION", "geo", `\`geo\`: ${hosted.problems[0].message}`);
  const text = String(baseUrl ?? hosted.value);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && (url.protocol === "https:" || url.protocol === "http:")) return url;
  const message = "`baseUrl` must be an http or https address, such as http://127.0.0.1:4600.";
  throw new TrackerError("E_OPTION", "baseUrl", message);
}

function encoderFor({ publicKey, sdkVersion, endpoints, maxEventBytes }: ATrackOptions): Destination["encoder"] {
  try {
    return createATrackEncoder({ publicKey, sdkVersion, endpoints, maxEventBytes });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new TrackerError("E_OPTION", /`([\w.]+)`/.exec(message)?.[1] ?? "publicKey", message);
  }
}
