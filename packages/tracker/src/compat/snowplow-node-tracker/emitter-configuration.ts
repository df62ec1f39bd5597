/** The options of @snowplow/node-tracker's emitters; what each means here is in docs/compat.md. */
import type { EmitterOptions } from "../../clients/snowplow.js";
import { TrackerError } from "../../errors.js";
import type { Runtime } from "../../runtime.js";
import type { CustomFetch } from "./fetch-transport.js";
import type { NodeEventStore } from "./node-event-store.js";
import type { Payload } from "./payload-builder.js";

const credentialModes = ["omit", "same-origin", "include"] as const;

export type EventBatch = readonly Payload[];

export interface RequestFailure {
  readonly events: EventBatch;
  readonly status?: number;
  readonly message?: string;
  readonly willRetry: boolean;
}

export interface EmitterConfiguration {
  /** The collector's host, or its address. */
  readonly endpoint: string;
  /** @default "https" */
  readonly protocol?: "http" | "https" | undefined;
  readonly port?: number | undefined;
  /** @default "post" */
  readonly eventMethod?: "get" | "post" | undefined;
  /** @default "/com.snowplowanalytics.snowplow/tp2" */
  readonly postPath?: string | undefined;
  /** Events that trigger a request, and the most that one holds. @default 10 */
  readonly bufferSize?: number | undefined;
  /** Bytes that trigger a request, and the most that one holds; an event of more goes alone. @default 40000 */
  readonly maxPostBytes?: number | undefined;
  /** An event whose query is longer is posted. @default none is */
  readonly maxGetBytes?: number | undefined;
  /** Milliseconds of one attempt. @default 5000 */
  readonly connectionTimeout?: number | undefined;
  readonly customHeaders?: Readonly<Record<string, string>> | undefined;
  /** Asks the collector to keep neither address nor cookie. @default false */
  readonly serverAnonymization?: boolean | undefined;
  /** @default true */
  readonly retryFailedRequests?: boolean | undefined;
  readonly retryStatusCodes?: readonly number[] | undefined;
  readonly dontRetryStatusCodes?: readonly number[] | undefined;
  readonly onRequestSuccess?: ((events: EventBatch) => unknown) | undefined;
  readonly onRequestFailure?: ((failure: RequestFailure) => unknown) | undefined;
  readonly customFetch?: CustomFetch | undefined;
  readonly eventStore?: NodeEventStore | undefined;
  /** Whether a query says when it was sent; what is posted always does. @default true */
  readonly useStm?: boolean | undefined;
  /** For `customFetch`: a server keeps no cookies, and our own connections send none. @default "same-origin" */
  readonly credentials?: (typeof credentialModes)[number] | undefined;
  /** For `customFetch`: requests over our own connections are brought to their end in any case. @default false */
  readonly keepalive?: boolean | undefined;
  /** An address that is asked with GET before the first request of events. @default none is */
  readonly idService?: string | undefined;
  /** Another name of `idService`, which goes first. */
  readonly cookieExtensionService?: string | undefined;
  /** Not an option of the original: a folder that keeps events until they are delivered. */
  readonly spool?: EmitterOptions["spool"];
  /** Not an option of the original: time, timers, chance and ids, for tests. */
  readonly runtime?: Runtime | undefined;
}

/** Every name that is known: forgetting one is an error of the compiler. */
const known: Readonly<Record<keyof EmitterConfiguration, true>> = {
  endpoint: true,
  protocol: true,
  port: true,
  eventMethod: true,
  postPath: true,
  bufferSize: true,
  maxPostBytes: true,
  maxGetBytes: true,
  connectionTimeout: true,
  customHeaders: true,
  serverAnonymization: true,
  retryFailedRequests: true,
  retryStatusCodes: true,
  dontRetryStatusCodes: true,
  onRequestSuccess: true,
  onRequestFailure: true,
  customFetch: true,
  eventStore: true,
  useStm: true,
  credentials: true,
  keepalive: true,
  idService: true,
  cookieExtensionService: true,
  spool: true,
  runtime: true,
};

/** A line for each option that changes nothing, so that nobody waits for it to. Throws a `TrackerError` for one that is none. */
export function unusedOptions(configuration: EmitterConfiguration): readonly string[] {
  const { customFetch, credentials = "omit", eventMethod, maxGetBytes, useStm } = configuration;
  if (!credentialModes.includes(credentials)) {
    const expected = credentialModes.join(", ");
    throw new TrackerError("E_OPTION", "credentials", `\`credentials\` must be one of ${expected}, got another value.`);
  }
  const unknown = Object.keys(configuration).filter((name) => !Object.hasOwn(known, name));
  const isPost = (eventMethod ?? "post") === "post";
  return [
    ...unknown.map((name) => `\`${name}\` is no option of an emitter and is not used`),
    ...(customFetch === undefined && credentials !== "omit"
      ? ["`credentials` has no effect without `customFetch`: a server has no cookies to send"]
      : []),
    ...(isPost && maxGetBytes !== undefined ? ['`maxGetBytes` has no effect but with `eventMethod: "get"`'] : []),
    ...(isPost && useStm === false ? ['`useStm` has no effect but with `eventMethod: "get"`'] : []),
  ];
}
