/** The request that brought an event, as Micro shows it. What only the log knows is missing once the log has let go of it. */
import type { JsonValue } from "@oncewire/protocol";
import type { LoggedRequest } from "../log/accept-log.js";

export interface Api {
  readonly vendor: string;
  readonly version: string;
}

export const collectorName = "oncewire";
const source = { name: collectorName, encoding: "UTF-8", hostname: null } as const;
const snowplowVendor = "com.snowplowanalytics.snowplow";
const unknownAddress = "unknown";

/** `/i` is the first version of the tracker protocol; other paths say what they are. */
export function apiOf(request: LoggedRequest | null): Api {
  const [, vendor, version] = request?.head.path.split("/") ?? [];
  if (vendor !== undefined && version !== undefined) return { vendor, version };
  return { vendor: snowplowVendor, version: request === null ? "tp2" : "tp1" };
}

/** What is known of the event or bad event itself. */
export interface Received {
  readonly receivedAt: string;
  readonly networkUserId: string | null;
}

export function rawEvent(parameters: JsonValue, request: LoggedRequest | null, received: Received): object {
  return {
    api: apiOf(request),
    parameters,
    contentType: header(request, "content-type"),
    source,
    context: contextOf(request, received),
  };
}

export function collectorPayload(request: LoggedRequest, body: string | null, received: Received): object {
  return {
    api: apiOf(request),
    querystring:
      request.head.query === "" ? [] : [...new URLSearchParams(request.head.query)].map((pair) => pair.join("=")),
    contentType: header(request, "content-type"),
    body,
    source,
    context: contextOf(request, received),
  };
}

function contextOf(request: LoggedRequest | null, { receivedAt, networkUserId }: Received): object {
  return {
    timestamp: receivedAt,
    ipAddress: request === null ? null : addressOf(request),
    useragent: header(request, "user-agent"),
    refererUri: header(request, "referer"),
    headers: Object.entries(request?.head.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    userId: networkUserId,
  };
}

/** Of a sender that asked to be anonymous, no address was kept. */
function addressOf(request: LoggedRequest): string {
  const forwarded = header(request, "x-forwarded-for")?.split(",")[0]?.trim();
  return forwarded || request.arrival.remoteAddress || unknownAddress;
}

function header(request: LoggedRequest | null, name: string): string | null {
  return request?.head.headers[name] ?? null;
}
