/**
 * A backend written from the page of A-Track's SDK and nothing else: the header, the three paths, the fields of each
 * body. It is strict, so that a client which passes here says what the page says: a field too few or too many, or one of
 * another type, is a fault. Attributes are kept by `mode`.
 */
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";

type Body = Readonly<Record<string, unknown>>;

export interface SeedEvent {
  readonly uuid: string;
  readonly event: string;
  readonly attributes: object;
  readonly timestamp: string;
  readonly context: object;
}

export interface SeedServer extends AsyncDisposable {
  readonly url: string;
  /** What clients did that the page does not say, in words. */
  readonly faults: readonly string[];
  /** The attributes of each user. */
  readonly users: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  readonly inits: readonly Body[];
  readonly events: readonly SeedEvent[];
}

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const isMode = (value: unknown): boolean => value === "merge" || value === "replace";
const isBoolean = (value: unknown): boolean => typeof value === "boolean";
const isTimestamp = (value: unknown): boolean =>
  typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** "Suggested backend contract": each body's fields. */
const contract: Readonly<Record<string, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  "/init": {
    sdkVersion: isText,
    uuid: isText,
    isNewUser: isBoolean,
    mode: isMode,
    context: isObject,
    attributes: isObject,
    profile: isObject,
  },
  "/attributes": { sdkVersion: isText, uuid: isText, mode: isMode, attributes: isObject, profile: isObject },
  "/event": {
    sdkVersion: isText,
    uuid: isText,
    event: isText,
    attributes: isObject,
    timestamp: isTimestamp,
    context: isObject,
  },
};

/** What is wrong with a request by the page; null where nothing is. */
function faultOf(request: http.IncomingMessage, body: unknown, publicKey: string): string | null {
  const { method, url = "", headers } = request;
  const fields = contract[url];
  if (method !== "POST" || fields === undefined) return `${method} ${url} is none of the three calls`;
  if (headers["x-a-track-key"] !== publicKey) return `${url}: x-a-track-key is not the public key`;
  if (!isObject(body)) return `${url}: the body is no JSON object`;
  const names = Object.keys(fields);
  const others = Object.keys(body).filter((name) => !names.includes(name));
  if (others.length > 0) return `${url}: has also ${others.join(", ")}`;
  const wrong = names.filter((name) => !fields[name]?.(body[name]));
  return wrong.length > 0 ? `${url}: lacks, or has in another form, ${wrong.join(", ")}` : null;
}

export async function startSeedServer(publicKey: string): Promise<SeedServer> {
  const faults: string[] = [];
  const users = new Map<string, Record<string, unknown>>();
  const inits: Body[] = [];
  const events: SeedEvent[] = [];

  function take(path: string | undefined, body: Body): void {
    if (path === "/event") events.push(body as unknown as SeedEvent);
    else {
      const uuid = String(body["uuid"]);
      const before = body["mode"] === "replace" ? {} : users.get(uuid);
      users.set(uuid, { ...before, ...(body["attributes"] as object) });
    }
    if (path === "/init") inits.push(body);
  }

  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = parse(Buffer.concat(chunks).toString("utf8"));
      const fault = faultOf(request, body, publicKey);
      if (fault === null) take(request.url, body as Body);
      else faults.push(fault);
      // The page shows no answer: any success has to do, and its body may be empty.
      response.writeHead(fault === null ? 200 : 400).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    users,
    inits,
    events,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
