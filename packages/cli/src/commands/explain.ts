import type { Command } from "commander";
import { addClientFlags, createCollectorClient } from "../collector-client.js";
import type { ClientFlags, CollectorClient } from "../collector-client.js";
import { CommandError } from "../command-error.js";
import { createColours, printable } from "../output/colours.js";
import type { Terminal } from "../terminal.js";

interface ExplainFlags extends ClientFlags {
  readonly json?: boolean;
}

/** `oncewire explain`: where an event is, and what became of each time it came. */
export function addExplain(program: Command, terminal: Terminal): void {
  const explain = program
    .command("explain")
    .description("tell where an event is: accepted when, stored, a duplicate of which, refused why")
    .argument("<id>", "the event's id, or the id of a bad event")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Looks in the store and, as far back as it reaches, in the accept log. A request that was refused was not kept, so it cannot
be found; /metrics counts them by reason. Exit code 4 when the id is nowhere.

Examples:
  $ oncewire explain 0b6e2a3c-6a1f-4f6e-9c1a-2f9f5f0f6a11`,
    );
  addClientFlags(explain).action((id: string, flags: ExplainFlags) => run(id, flags, terminal));
}

interface StoredEvent {
  readonly position: number;
  readonly project: string;
  readonly kind: string;
  readonly name: string | null;
  readonly time: string;
}

interface Arrival {
  readonly position: number;
  readonly protocol: string;
  readonly route: string;
  readonly project: string;
  readonly receivedAt: string;
}

interface Bad {
  readonly position: number;
  readonly code: string;
  readonly message: string;
}

interface Fate extends Arrival {
  readonly outcome: "stored" | "duplicate" | "bad" | "pending" | "mentioned";
  readonly detail: string;
}

interface Explanation {
  readonly id: string;
  readonly stored: readonly StoredEvent[];
  readonly arrivals: readonly Fate[];
  /** The log is kept from this position on; what came before cannot be listed. */
  readonly logFirst: number;
}

async function run(id: string, flags: ExplainFlags, terminal: Terminal): Promise<void> {
  const client = createCollectorClient(flags, terminal);
  const explanation = await explainId(client, id);
  if (flags.json === true) terminal.print(JSON.stringify(explanation));
  else for (const line of linesOf(explanation, terminal)) terminal.print(line);
  if (explanation.stored.length + explanation.arrivals.length === 0) {
    throw new CommandError(
      "notFound",
      `${printable(id)} is neither in the store nor in the accept log (kept from position ${explanation.logFirst} on).`,
    );
  }
}

async function explainId(client: CollectorClient, id: string): Promise<Explanation> {
  const { items: stored } = await client.get<{ items: StoredEvent[] }>("/api/events", { id, limit: 1_000 });
  const bad = await badWithId(client, id);
  const { arrivals, logFirst, loadedTo } = await findArrivals(client, id);
  const listed = new Set(arrivals.map(({ position }) => position));
  const badHere = [
    ...bad,
    ...(await badAt(
      client,
      arrivals.map(({ position }) => position),
      id,
    )),
  ];
  const unlisted = bad.filter(({ position }) => !listed.has(position)).map((one) => fateOfBad(one));
  const fates = arrivals.map((arrival): Fate => ({
    ...arrival,
    ...outcomeOf(arrival, { stored, bad: badHere, loadedTo }),
  }));
  return { id, stored, arrivals: [...unlisted, ...fates], logFirst };
}

function fateOfBad({ position, code, message }: Bad): Fate {
  return {
    position,
    protocol: "",
    route: "",
    project: "",
    receivedAt: "",
    outcome: "bad",
    detail: `${code}: ${message}`,
  };
}

interface Known {
  readonly stored: readonly StoredEvent[];
  readonly bad: readonly Bad[];
  readonly loadedTo: number;
}

function outcomeOf({ position, project }: Arrival, { stored, bad, loadedTo }: Known): Pick<Fate, "outcome" | "detail"> {
  const refused = bad.find((one) => one.position === position);
  if (refused !== undefined) return { outcome: "bad", detail: `${refused.code}: ${refused.message}` };
  if (stored.some((one) => one.position === position)) return { outcome: "stored", detail: "" };
  const first = stored.find((one) => one.project === project && one.position < position);
  if (first !== undefined) return { outcome: "duplicate", detail: `of the event stored at position ${first.position}` };
  if (position >= loadedTo) return { outcome: "pending", detail: "accepted, and not in the store yet" };
  return { outcome: "mentioned", detail: "the request holds this text, but not as an event's id" };
}

interface Found {
  readonly arrivals: readonly Arrival[];
  readonly logFirst: number;
  readonly loadedTo: number;
}

async function findArrivals(client: CollectorClient, id: string): Promise<Found> {
  const { pending } = await client.get<{ pending: number }>("/api/stats");
  const arrivals: Arrival[] = [];
  let next: number | null = 0;
  let [logFirst, durable] = [0, 0];
  while (next !== null) {
    const page: { items: Arrival[]; next: number | null; first: number; durable: number } = await client.get(
      "/api/requests",
      {
        from: next,
        limit: 1_000,
        containing: id,
      },
    );
    arrivals.push(...page.items);
    next = page.next;
    logFirst = page.first;
    durable = page.durable;
  }
  // Pending are events and not requests, so this is the least it can be: nothing stored is called pending by it.
  return { arrivals, logFirst, loadedTo: pending === 0 ? durable : durable - pending };
}

function badWithId(client: CollectorClient, id: string): Promise<readonly Bad[]> {
  return badWhere(client, `id = '${id.replaceAll("'", "''")}'`);
}

function badAt(client: CollectorClient, positions: readonly number[], id: string): Promise<readonly Bad[]> {
  if (positions.length === 0) return Promise.resolve([]);
  return badWhere(client, `position IN (${positions.join(", ")}) AND contains(wire, '${id.replaceAll("'", "''")}')`);
}

async function badWhere(client: CollectorClient, where: string): Promise<readonly Bad[]> {
  const query = `SELECT CAST(position AS DOUBLE), code, message FROM bad_events WHERE ${where} ORDER BY position`;
  const { rows } = await client.get<{ rows: readonly (readonly [number, string, string])[] }>("/api/sql", { query });
  return rows.map(([position, code, message]) => ({ position, code, message }));
}

function linesOf({ stored, arrivals }: Explanation, terminal: Terminal): readonly string[] {
  const colours = createColours(terminal.hasColour);
  const held = stored.map(
    ({ position, project, kind, name, time }) =>
      `${colours.green("stored")} in project ${printable(project)} as ${kind}${name === null ? "" : ` ${printable(name)}`}, of ${time}, from log position ${position}`,
  );
  const came = arrivals.map(({ position, receivedAt, protocol, route, outcome, detail }) => {
    const where = receivedAt === "" ? "" : ` at ${receivedAt} by ${protocol} ${route}`;
    const word = outcome === "bad" ? colours.red(outcome) : outcome;
    return `  position ${position}${where}: ${word}${detail === "" ? "" : ` (${printable(detail)})`}`;
  });
  return came.length === 0 ? held : [...held, "it came", ...came];
}
