/** Reads query parameters: every one is known, and of its form, or the answer says which is not. */
import { eventKinds, isoTime, parseIsoTime } from "@oncewire/protocol";

/** Thrown at the parameter that is wrong, and answered as 400. Never leaves the API. */
export class BadQuery extends Error {}

/** What can be asked of an event, and its column. SQL is made of these columns and of nothing that came in. */
export const filterColumns = {
  project: "project",
  kind: "kind",
  name: "name",
  userId: "user_id",
  anonymousId: "anonymous_id",
  sessionId: "session_id",
  id: "id",
} as const;
export type FilterName = keyof typeof filterColumns;
export const filterNames = Object.keys(filterColumns) as readonly FilterName[];

export class QueryReader {
  readonly #parameters: URLSearchParams;

  constructor(query: string, known: readonly string[]) {
    this.#parameters = new URLSearchParams(query);
    for (const name of this.#parameters.keys()) {
      if (known.includes(name)) continue;
      throw new BadQuery(`\`${name}\` is not a parameter; expected one of: ${known.join(", ")}`);
    }
  }

  text(name: string): string | undefined {
    return this.#parameters.get(name) ?? undefined;
  }

  /** Each time it is given. */
  texts(name: string): readonly string[] {
    return this.#parameters.getAll(name);
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined || value === "") throw new BadQuery(`\`${name}\` is required`);
    return value;
  }

  integer(name: string, { least, most, byDefault }: IntegerBounds): number {
    const text = this.text(name) ?? String(byDefault);
    const value = Number(text);
    if (/^\d{1,16}$/.test(text) && value >= least && value <= most) return value;
    throw new BadQuery(`\`${name}\` must be an integer from ${least} to ${most}, got ${JSON.stringify(text)}`);
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    throw new BadQuery(`\`${name}\` must be one of ${choices.join(", ")}, got ${JSON.stringify(text)}`);
  }

  /** The time in UTC, which is also meant where it names no zone. */
  time(name: string): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const ms = parseIsoTime(text);
    if (ms !== null) return isoTime(ms);
    throw new BadQuery(`\`${name}\` must be an ISO 8601 time, got ${JSON.stringify(text)}`);
  }

  /** What of an event is asked for, `kind` being one of those that there are. */
  filters(): Partial<Record<FilterName, string>> {
    this.choice("kind", eventKinds);
    const given = filterNames.flatMap((name) => {
      const value = this.text(name);
      return value === undefined ? [] : [[name, value] as const];
    });
    return Object.fromEntries(given);
  }
}

interface IntegerBounds {
  readonly least: number;
  readonly most: number;
  readonly byDefault: number;
}
