/** RudderStack as a destination: its data plane, or anything that speaks its HTTP API. */
import { createRudderStackEncoder, type TraitsPlace } from "@oncewire/protocol/rudderstack";
import type { Destination } from "../../delivery/destination.js";
import { TrackerError } from "../../errors.js";
import { HttpTransport } from "../../transport/http-transport.js";
import { resolveProxy, type ProxyOption } from "../../transport/proxy.js";

export interface RudderStackOptions {
  /** The source's write key. */
  readonly writeKey: string;
  /** The data plane's address, such as `https://hosted.rudderlabs.com`; a path in it is kept. */
  readonly dataPlaneUrl: string | URL;
  /** Names the destination in reports and statistics. @default "rudderstack" */
  readonly name?: string | undefined;
  /** Whether bodies of 1 KiB and more are gzipped. @default true */
  readonly gzip?: boolean | undefined;
  /** An event of more bytes is rejected as `too-large`. At most 4,095,900. @default 32768 */
  readonly maxEventBytes?: number | undefined;
  /** Events in one request, at most. @default 100 */
  readonly maxBatchEvents?: number | undefined;
  /** Bytes of one request's body before compression, at most. At most 4,096,000. @default 4096000 */
  readonly maxBatchBytes?: number | undefined;
  /** Where identify's traits stand; RudderStack reads them in the context. @default "context" */
  readonly identifyTraits?: TraitsPlace | undefined;
  /** Where events are posted, below `dataPlaneUrl`. @default "/v1/batch" */
  readonly path?: string | undefined;
  /**
   * The proxy that requests go through, such as `http://user:password@proxy:3128`; null goes directly. What is not said
   * is read from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
   */
  readonly proxy?: ProxyOption;
  /** How requests are carried, in place of HTTP over our own connections; `gzip` and `proxy` then have no meaning. */
  readonly transport?: Destination["openTransport"] | undefined;
}

const traitsPlaces: readonly TraitsPlace[] = ["context", "root", "both"];

const gzipSettings = { minBytes: 1024, level: 3 };

/** Throws a `TrackerError` for an option that is missing or of the wrong form. */
export function rudderStack(options: RudderStackOptions): Destination {
  const { name = "rudderstack", gzip = true, transport } = options;
  const url = addressOf(options.dataPlaneUrl);
  const proxy = resolveProxy(options.proxy, url);
  return {
    name,
    encoder: withPath(encoderFor(options), options.path),
    openTransport:
      transport ?? ((needs) => new HttpTransport({ ...needs, url, proxy, gzip: gzip ? gzipSettings : null })),
  };
}

function encoderFor(options: RudderStackOptions): Destination["encoder"] {
  const { writeKey, maxEventBytes, maxBatchEvents, maxBatchBytes, identifyTraits } = options;
  if (identifyTraits !== undefined && !traitsPlaces.includes(identifyTraits)) {
    const message = `\`identifyTraits\` must be one of ${traitsPlaces.join(", ")}.`;
    throw new TrackerError("E_OPTION", "identifyTraits", message);
  }
  try {
    return createRudderStackEncoder({
      writeKey,
      ...(maxEventBytes === undefined ? {} : { maxEventBytes }),
      ...(maxBatchEvents === undefined ? {} : { maxBatchEvents }),
      ...(maxBatchBytes === undefined ? {} : { maxBatchBytes }),
      ...(identifyTraits === undefined ? {} : { identifyTraits }),
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new TrackerError("E_OPTION", /`(\w+)`/.exec(message)?.[1] ?? "writeKey", message);
  }
}

function withPath(encoder: Destination["encoder"], path: string | undefined): Destination["encoder"] {
  if (path === undefined) return encoder;
  if (!/^\/[!-~]*$/.test(path)) {
    throw new TrackerError("E_OPTION", "path", "`path` must begin with a slash and have no spaces, such as /v1/batch.");
  }
  return { ...encoder, frame: (events, sentAtMs) => ({ ...encoder.frame(events, sentAtMs), path }) };
}

function addressOf(dataPlaneUrl: string | URL): URL {
  const url = URL.canParse(String(dataPlaneUrl)) ? new URL(dataPlaneUrl) : null;
  if (url !== null && (url.protocol === "https:" || url.protocol === "http:")) return url;
  const message = "`dataPlaneUrl` must be an http or https address, such as https://hosted.rudderlabs.com.";
  throw new TrackerError("E_OPTION", "dataPlaneUrl", message);
}
