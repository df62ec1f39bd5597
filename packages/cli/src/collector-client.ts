/** A running collector, as the commands see it: its read API and its live feed. */
import type { Command } from "commander";
import { CommandError } from "./command-error.js";
import { readServerSentEvents } from "./input/server-sent-events.js";
import type { ServerSentEvent } from "./input/server-sent-events.js";
import { isWebAddress } from "./input/web-address.js";
import type { Terminal } from "./terminal.js";

/** A list is one parameter, given several times. */
export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export interface CollectorClient {
  readonly url: string;
  /** The answer of a path of the API. */
  get<Answer>(path: string, query?: Query): Promise<Answer>;
  /** All items of a paged path, page by page. */
  pages<Item>(path: string, query?: Query): AsyncIterable<readonly Item[]>;
  /** The live feed until the signal, or until the connection ends. */
  live(options: { readonly signal: AbortSignal; readonly lastEventId: string }): AsyncIterable<ServerSentEvent>;
}

export interface ClientFlags {
  readonly url?: string;
  readonly secretKey?: string;
}

const defaultUrl = "http://127.0.0.1:4600";
const pageItems = 1_000;

export function addClientFlags(command: Command): Command {
  return command
    .option("-u, --url <url>", `the collector; also ONCEWIRE_URL (default: ${defaultUrl})`)
    .option("--secret-key <key>", "key that reads; better given as ONCEWIRE_SECRET_KEY");
}

export function createCollectorClient(flags: ClientFlags, { environment }: Terminal): CollectorClient {
  const url = (flags.url ?? environment["ONCEWIRE_URL"] ?? defaultUrl).replace(/\/+$/, "");
  if (!isWebAddress(url))
    throw new CommandError(
      "usage",
      `the collector's address must be an http or https address such as ${defaultUrl}, got ${url}.`,
    );
  const key = flags.secretKey ?? environment["ONCEWIRE_SECRET_KEY"];
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const ask = (path: string, more: Asked = {}): Promise<Response> =>
    request(url, path, { ...more, headers: { ...headers, ...more.headers } });
  const get = async <Answer>(path: string, query: Query = {}): Promise<Answer> => {
    const response = await ask(`${path}?${queryText(query)}`);
    return (await response.json()) as Answer;
  };
  return {
    url,
    get,
    async *pages<Item>(path: string, query: Query = {}) {
      let cursor: string | undefined;
      do {
        const page: Page<Item> = await get(path, { limit: pageItems, ...query, cursor });
        yield page.items;
        cursor = page.next ?? undefined;
      } while (cursor !== undefined);
    },
    async *live({ signal, lastEventId }) {
      const response = await ask("/api/live", {
        signal,
        headers: lastEventId === "" ? {} : { "last-event-id": lastEventId },
      });
      if (response.body !== null) yield* readServerSentEvents(response.body);
    },
  };
}

interface Asked {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

async function request(url: string, path: string, init: Asked): Promise<Response> {
  const response = await fetch(url + path, init).catch((error: unknown) => {
    if (init.signal?.aborted === true) throw error;
    throw new CommandError(
      "unreachable",
      `no collector answers at ${url}: ${reasonOf(error)}. Start one with \`oncewire serve\`, or say where it is with --url.`,
      error,
    );
  });
  if (response.ok) return response;
  const text = await response.text();
  throw refusal(response.status, messageIn(text), url);
}

function refusal(status: number, message: string, url: string): CommandError {
  if (status === 400) return new CommandError("usage", message);
  if (status === 401 || status === 403 || status === 421) {
    return new CommandError(
      "failed",
      `${url} does not let us read: ${message}. Give its secret key as ONCEWIRE_SECRET_KEY.`,
    );
  }
  return new CommandError("failed", `${url} answered ${status}: ${message}`);
}

function messageIn(text: string): string {
  try {
    const value = JSON.parse(text) as { error?: { message?: unknown } };
    if (typeof value.error?.message === "string") return value.error.message;
  } catch {
    // Not one of the collector's answers: something else listens there.
  }
  return text.slice(0, 200).trim();
}

function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  if (typeof cause === "object" && cause !== null && "code" in cause) return String(cause.code);
  return error instanceof Error ? error.message : String(error);
}

function queryText(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value = []]): [string, string][] =>
    [value].flat().map((one) => [name, String(one)]),
  );
  return new URLSearchParams(given).toString();
}
