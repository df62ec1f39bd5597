/** RudderStack as a destination: its data plane, or anything that speaks its HTTP API. */
import { createRudderStackEncoder } from "@oncewire/protocol/rudderstack";
import type { Destination } from "../delivery/destination.js";
import { TrackerError } from "../errors.js";
import { HttpTransport } from "../transport/http-transport.js";

export interface RudderStackOptions {
  /** The source's write key. */
  readonly writeKey: string;
  /** The data plane's address, such as `https://hosted.rudderlabs.com`; a path in it is kept. */
  readonly dataPlaneUrl: string | URL;
  /** Names the destination in reports and statistics. @default "rudderstack" */
  readonly name?: string | undefined;
  /** Whether bodies of 1 KiB and more are gzipped. @default true */
  readonly gzip?: boolean | undefined;
  /** An event of more bytes is rejected as `too-large`. @default 32768 */
  readonly maxEventBytes?: number | undefined;
}

const gzipSettings = { minBytes: 1024, level: 3 };

/** Throws a `TrackerError` for an option that is missing or of the wrong form. */
export function rudderStack(options: RudderStackOptions): Destination {
  const { writeKey, name = "rudderstack", gzip = true, maxEventBytes } = options;
  const url = addressOf(options.dataPlaneUrl);
  return {
    name,
    encoder: encoderFor(writeKey, maxEventBytes),
    openTransport: (needs) => new HttpTransport({ ...needs, url, gzip: gzip ? gzipSettings : null }),
  };
}

function encoderFor(writeKey: string, maxEventBytes: number | undefined): Destination["encoder"] {
  try {
    return createRudderStackEncoder({ writeKey, ...(maxEventBytes === undefined ? {} : { maxEventBytes }) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new TrackerError("E_OPTION", /`(\w+)`/.exec(message)?.[1] ?? "writeKey", message);
  }
}

function addressOf(dataPlaneUrl: string | URL): URL {
  const url = URL.canParse(String(dataPlaneUrl)) ? new URL(dataPlaneUrl) : null;
  if (url !== null && (url.protocol === "https:" || url.protocol === "http:")) return url;
  const message = "`dataPlaneUrl` must be an http or https address, such as https://hosted.rudderlabs.com.";
  throw new TrackerError("E_OPTION", "dataPlaneUrl", message);
}
