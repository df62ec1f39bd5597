/** A-Track, the sending half: options in, `Encoder` out. */
import { createByteSlab } from "../byte-slab.js";
import type { Encoder } from "../codec.js";
import { classify } from "./classify.js";
import { encode } from "./encode.js";
import type { EncodeTools } from "./encode.js";
import { isWellFormed } from "../well-formed.js";
import { callNames } from "./event.js";
import type { ATrackEvent } from "./event.js";
import { defaultEndpoints, frame, keyHeader } from "./frame.js";
import type { Address, Endpoints } from "./frame.js";
import { translate } from "./translate.js";

export interface ATrackEncoderOptions {
  /** The project's public key. It is in the header x-a-track-key of each request and nowhere else. */
  readonly publicKey: string;
  /** What `sdkVersion` of each call says. @default oncewire's version */
  readonly sdkVersion?: string | undefined;
  /** Paths other than `/init`, `/attributes` and `/event`, below the destination's address. */
  readonly endpoints?: Partial<Endpoints> | undefined;
  /** A call of more bytes is refused. A-Track names no limit; this one is ours. From 1 to 1,048,576. @default 262144 */
  readonly maxEventBytes?: number | undefined;
}

/** What this collector takes in one request. */
export const maxRequestBytes = 1_048_576;

/** Levels within each of a call's objects; A-Track names no limit, so it is the one of the other wires. */
const maxDepth = 198;

const defaults = { sdkVersion: "0.1.0", maxEventBytes: 262_144 } as const;

/** Throws a RangeError or a TypeError for an option that is out of its bounds. */
export function createATrackEncoder(options: ATrackEncoderOptions): Encoder<ATrackEvent> {
  const { sdkVersion = defaults.sdkVersion, maxEventBytes = defaults.maxEventBytes } = options;
  checkSize(maxEventBytes);
  const address: Address = {
    endpoints: resolveEndpoints(options.endpoints),
    headers: { [keyHeader]: checkKey(options.publicKey), "content-type": "application/json" },
  };
  const tools: EncodeTools = {
    opening: `{"sdkVersion":${JSON.stringify(checkVersion(sdkVersion))},"uuid":`,
    slab: createByteSlab(),
    limits: { maxBytes: maxEventBytes, maxDepth },
  };
  return {
    protocol: "a-track",
    limits: { maxEventBytes, maxBatchEvents: 1, maxBatchBytes: maxEventBytes },
    translate,
    encode: (event, stamp) => encode(event, stamp, tools),
    overheadBytes: () => 0,
    frame: (events) => frame(events, address),
    classify,
  };
}

function checkSize(maxEventBytes: number): void {
  if (!Number.isInteger(maxEventBytes) || maxEventBytes < 1 || maxEventBytes > maxRequestBytes) {
    throw new RangeError(
      `\`maxEventBytes\` must be a whole number from 1 to ${maxRequestBytes}, got ${maxEventBytes}.`,
    );
  }
}

function checkKey(publicKey: unknown): string {
  if (typeof publicKey === "string" && /^[!-~]+$/.test(publicKey)) return publicKey;
  throw new TypeError(
    "`publicKey` must be the public key of an A-Track project, such as pub_xxxxx: visible ASCII, no space.",
  );
}

function checkVersion(sdkVersion: unknown): string {
  if (typeof sdkVersion === "string" && isWellFormed(sdkVersion)) return sdkVersion;
  throw new TypeError("`sdkVersion` must be a text, such as 0.1.0.");
}

function resolveEndpoints(given: Partial<Endpoints> = {}): Endpoints {
  const endpoints = { ...defaultEndpoints };
  for (const call of callNames) {
    const path = given[call];
    if (path === undefined) continue;
    if (typeof path !== "string" || !/^\/[!-~]*$/.test(path) || /[?#]/.test(path)) {
      throw new TypeError(`\`endpoints.${call}\` must be a path that begins with "/", without a query.`);
    }
    endpoints[call] = path;
  }
  return Object.freeze(endpoints);
}
