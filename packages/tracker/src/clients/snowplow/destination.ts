/** Snowplow as a destination: a collector, or anything that takes the tracker protocol over HTTP. */
import {
  createSnowplowEncoder,
  type DataCheck,
  type Platform,
  type SnowplowEncoderOptions,
} from "@oncewire/protocol/snowplow";
import type { Destination } from "../../delivery/destination.js";
import { TrackerError } from "../../errors.js";
import { HttpTransport } from "../../transport/http-transport.js";
import { resolveProxy, type ProxyOption } from "../../transport/proxy.js";
import { withDataCheck } from "./data-check.js";
import { collectorUrl, type CollectorAddress } from "./collector-url.js";

export interface SnowplowOptions extends CollectorAddress {
  /** Names the tracker; several may send for one application. @default none is sent */
  readonly namespace?: string | undefined;
  /** Names the application. @default none is sent */
  readonly appId?: string | undefined;
  /** GET sends each event as a request of its own. @default "post" */
  readonly method?: "get" | "post" | undefined;
  /** Whether self-describing data and entities travel in base64. @default true */
  readonly encodeBase64?: boolean | undefined;
  /** Whether each request says of its events when it was sent: a collector corrects the device's clock by it. @default true */
  readonly stm?: boolean | undefined;
  /** Of events that name none. @default "srv" */
  readonly platform?: Platform | undefined;
  /** Where POST goes: a path of two segments that the collector knows. @default "/com.snowplowanalytics.snowplow/tp2" */
  readonly postPath?: string | undefined;
  /** Names the destination in reports and statistics. @default "snowplow" */
  readonly name?: string | undefined;
  /** Sent with every request beside its own. @default {} */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Whether bodies of 1 KiB and more are gzipped: ours unpacks them, Snowplow's collectors do not. @default false */
  readonly gzip?: boolean | undefined;
  /** An event of more bytes is rejected as `too-large`. At most 1,048,576; by GET 20,000. @default 131072; by GET 16384 */
  readonly maxEventBytes?: number | undefined;
  /** Events in one POST, at most. @default 100 */
  readonly maxBatchEvents?: number | undefined;
  /** Bytes of one POST's body, at most. At most 2,097,152. @default 1000000 */
  readonly maxBatchBytes?: number | undefined;
  /**
   * Asked about an event's own data and that of each of its entities before they are sent; what it finds wrong rejects
   * the event. Null checks no more than the wire asks. @default null
   */
  readonly checkData?: DataCheck | null | undefined;
  /**
   * The proxy that requests go through, such as `http://user:password@proxy:3128`; null goes directly. What is not said
   * is read from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
   */
  readonly proxy?: ProxyOption;
  /** How requests are carried, in place of HTTP over our own connections; `gzip` and `proxy` then have no meaning. */
  readonly transport?: Destination["openTransport"] | undefined;
}

const gzipSettings = { minBytes: 1024, level: 3 };

/** Throws a `TrackerError` for an option that is missing or of the wrong form. */
export function snowplow(options: SnowplowOptions): Destination {
  const { name = "snowplow", gzip = false, headers = {}, transport } = options;
  const url = collectorUrl(options);
  const proxy = resolveProxy(options.proxy, url);
  return {
    name,
    encoder: withHeaders(encoderFor(options), headers),
    openTransport:
      transport ?? ((needs) => new HttpTransport({ ...needs, url, proxy, gzip: gzip ? gzipSettings : null })),
  };
}

const encoderOptions = [
  "namespace",
  "appId",
  "method",
  "encodeBase64",
  "stm",
  "platform",
  "postPath",
  "trackerVersion",
  "maxEventBytes",
  "maxBatchEvents",
  "maxBatchBytes",
] as const satisfies readonly (keyof SnowplowEncoderOptions)[];

type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };

export type EncoderOptions = Loose<SnowplowEncoderOptions> & Pick<SnowplowOptions, "checkData">;

/** The wire's encoder; what it finds wrong with an option is thrown as a `TrackerError`. */
export function encoderFor(options: EncoderOptions): Destination["encoder"] {
  const { checkData = null } = options;
  const encoder = wireEncoder(options);
  return checkData === null ? encoder : withDataCheck(encoder, checkData);
}

function wireEncoder(options: EncoderOptions): Destination["encoder"] {
  const given = encoderOptions.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]));
  try {
    return createSnowplowEncoder(Object.fromEntries(given) as SnowplowEncoderOptions);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new TrackerError("E_OPTION", /`(\w+)`/.exec(message)?.[1] ?? "endpoint", message);
  }
}

function withHeaders(
  encoder: Destination["encoder"],
  headers: Readonly<Record<string, string>>,
): Destination["encoder"] {
  if (Object.keys(headers).length === 0) return encoder;
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    ...encoder,
    frame: (events, sentAtMs) => {
      const request = encoder.frame(events, sentAtMs);
      return { ...request, headers: { ...lower, ...request.headers } };
    },
  };
}
