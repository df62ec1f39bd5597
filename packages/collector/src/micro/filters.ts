/** What is asked for, in Micro's words: as the JSON of a POST, or as the query of a GET. */
import type { RequestHead } from "@oncewire/protocol";
import { MicroRefusal } from "./micro-refusal.js";

export interface GoodFilter {
  readonly eventId: string | null;
  /** `page_view`, or the trackers' `pv`. */
  readonly eventType: string | null;
  readonly schema: string | null;
  /** Entities of all of these schemas must be there. */
  readonly contexts: readonly string[];
  readonly limit: number;
}

export interface BadFilter {
  readonly vendor: string | null;
  readonly version: string | null;
  readonly limit: number;
}

/** Events in one answer, at most. */
export const maxLimit = 10_000;

export function readGoodFilter(head: RequestHead, body: Uint8Array): GoodFilter {
  const given = new GivenFilters(head, body, ["event_id", "event_type", "schema", "contexts", "limit"]);
  const schema = given.text("schema");
  return {
    eventId: given.text("event_id")?.toLowerCase() ?? null,
    eventType: given.text("event_type"),
    schema: schema === null ? null : withScheme(schema),
    contexts: given.texts("contexts").map(withScheme),
    limit: given.limit(),
  };
}

export function readBadFilter(head: RequestHead, body: Uint8Array): BadFilter {
  const given = new GivenFilters(head, body, ["vendor", "version", "limit"]);
  return { vendor: given.text("vendor"), version: given.text("version"), limit: given.limit() };
}

/** Micro's own documentation leaves `iglu:` out. */
function withScheme(uri: string): string {
  return uri.startsWith("iglu:") ? uri : `iglu:${uri}`;
}

class GivenFilters {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(head: RequestHead, body: Uint8Array, known: readonly string[]) {
    this.#values = head.method === "POST" ? jsonValues(body) : queryValues(head.query);
    checkNames(this.#values, known);
  }

  text(name: string): string | null {
    const value = this.#values[name] ?? null;
    if (value === null || typeof value === "string") return value;
    throw invalid(`\`${name}\` must be a text`);
  }

  texts(name: string): readonly string[] {
    const value = this.#values[name] ?? [];
    if (Array.isArray(value) && value.every((one): one is string => typeof one === "string")) return value;
    throw invalid(`\`${name}\` must be a list of texts`);
  }

  limit(): number {
    const value = this.#values["limit"] ?? maxLimit;
    if (Number.isInteger(value) && Number(value) >= 0) return Math.min(Number(value), maxLimit);
    throw invalid("`limit` must be an integer of 0 or more");
  }
}

/** Throws for a name that is none of these. */
export function checkNames(values: object, known: readonly string[]): void {
  for (const name of Object.keys(values)) {
    if (known.includes(name)) continue;
    throw invalid(`\`${name}\` is not a filter; expected one of: ${known.join(", ")}`);
  }
}

export function jsonValues(body: Uint8Array): Readonly<Record<string, unknown>> {
  const text = new TextDecoder().decode(body);
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below, as for JSON that is another value.
  }
  throw invalid("expected filters as a JSON object, got another body");
}

function queryValues(query: string): Readonly<Record<string, unknown>> {
  const parameters = new URLSearchParams(query);
  const values = Object.fromEntries(parameters);
  const limit = parameters.get("limit");
  return {
    ...values,
    ...(limit === null ? {} : { limit: /^\d{1,9}$/.test(limit) ? Number(limit) : limit }),
    ...(parameters.has("contexts") ? { contexts: parameters.getAll("contexts") } : {}),
  };
}

export function invalid(message: string): MicroRefusal {
  return new MicroRefusal(400, "invalid-filter", message);
}
